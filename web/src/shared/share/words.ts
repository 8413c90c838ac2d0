// Grants in words.
import type { Grant, Grantee, Level } from "@/shared/api/people";

export const LEVEL_WORDS: Record<Level, string> = {
  viewer: "may read and ask",
  editor: "may change documents",
  manager: "may share it",
};

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
