// Which field of a form the API refused, by its words; null where it does not say.
import type { ApiProblem } from "@/shared/api/client";

export interface Flaw {
  /** The field's name in the form. */
  field: string;
  text: string;
}

/** `fields` are those that a form has to show it at. */
export function flawOf({ code, title, remedy }: ApiProblem, fields: string[]): Flaw | null {
  const ofUrl = code === "bad-url" ? (fields.includes(ENDPOINT) ? ENDPOINT : "location") : null;
  const field = ofUrl ?? fieldOf(title);
  return field !== null && fields.includes(field) ? { field, text: `${title} ${remedy}`.trim() } : null;
}

const ENDPOINT = "option.endpoint";
const ABOUT: [words: RegExp, field: string][] = [
  [/^There is a source named | cannot name a source\.$/, "name"],
  [/ may not read this folder\.$| is no absolute path\.$|^It is not said where |^Nothing is at a place |^A repository is read over https/, "location"],
  [/^The mailbox has no address |^A password is not sent without TLS|^The bucket or its region is none/, "location"],
  [/^The prefix is no path/, "option.prefix"],
  [/^The branch has no name/, "option.branch"],
  [/^An access key has two parts/, "option.key"],
  [/^\S+ is not allowed\.$/, ENDPOINT],
];

function fieldOf(title: string): string | null {
  const option = /^Option (\w+)/.exec(title)?.[1];
  if (option) return `option.${option}`;
  const own = /^`?(name|location|every_s)\b`?(?::| is )/.exec(title)?.[1];
  if (own) return own;
  return ABOUT.find(([words]) => words.test(title))?.[1] ?? null;
}
