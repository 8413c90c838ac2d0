// Which field of a form the API refused, by its words; null where it does not say.
import type { ApiProblem } from "@/shared/api/client";

export interface Flaw {
  /** The field's name in the form. */
  field: string;
  text: string;
}

export function flawOf({ title, remedy }: ApiProblem): Flaw | null {
  const field = fieldOf(title);
  return field === null ? null : { field, text: `${title} ${remedy}`.trim() };
}

function fieldOf(title: string): string | null {
  const option = /^Option (\w+)/.exec(title)?.[1];
  if (option) return `option.${option}`;
  const own = /^`?(name|location|every_s)\b`?(?::| is )/.exec(title)?.[1];
  if (own) return own;
  return title.startsWith("There is a source named ") || title.endsWith(" cannot name a source.") ? "name" : null;
}
