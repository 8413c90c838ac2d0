// Grants in words.
import type { Grant, Grantee, Level } from "@/shared/api/people";
import type { PersonalDataPolicy } from "@/shared/api/types";

export const LEVEL_WORDS: Record<Level, string> = {
  viewer: "may read and ask",
  editor: "may change documents",
  manager: "may share it",
};

export const POLICY_WORDS: Record<PersonalDataPolicy, string> = {
  off: "is not looked for",
  flag: "is counted",
  "mask-answers": "is covered in answers",
  "mask-model": "is covered in answers and for models",
  refuse: "is refused: documents that hold any fail",
};

const KIND_WORDS: Record<string, string> = {
  card: "card numbers",
  iban: "IBANs",
  id: "national ids",
  ssn: "social security numbers",
  tel: "telephone numbers",
  mail: "e-mail addresses",
  ip: "IP addresses",
  url: "web addresses",
  licence: "driving licences",
  passport: "passports",
  born: "dates of birth",
  key: "keys and passwords",
};

/** How much personal data was found in a document, most of a kind first; "" where none was, or nobody looked. */
export function foundWords(counts: Readonly<Record<string, number>> | null): string {
  const kinds = Object.entries(counts ?? {}).sort((one, other) => other[1] - one[1]);
  return kinds.map(([kind, count]) => `${KIND_WORDS[kind] ?? kind} (${count})`).join(", ");
}

/** Whom a grant is for; a name that could not be looked up is said to be somebody. */
export function granteeName(grant: Pick<Grant, "kind" | "grantee">, names: ReadonlyMap<string, string>): string {
  if (grant.kind === "everyone") return "Everyone";
  const name = names.get(grant.grantee) ?? "somebody who is gone";
  return grant.kind === "group" ? `${name} (group)` : name;
}

/** What can be chosen from for what was typed: everyone too, where the word begins so. */
export function choices(typed: string, found: Grantee[]): Pick<Grant, "kind" | "grantee">[] {
  const begun = typed.trim().toLowerCase();
  const everyone = begun !== "" && "everyone".startsWith(begun) ? [{ kind: "everyone" as const, grantee: "all" }] : [];
  return [...everyone, ...found.map((each) => ({ kind: each.kind, grantee: each.id }))];
}
