// Spending in words: what a line is of, and what of it is not known.
import { BUILT_IN, BUILT_IN_WORDS } from "@/shared/api/assistants";
import type { Budget, BudgetPeriod, CostLine, Grouping } from "@/shared/api/spending";
import { formatCount, formatNumber, formatUsd } from "@/shared/text/format";
import { formatDay } from "./period";

export const GROUPING_WORDS: Record<Grouping, string> = { day: "Day", user: "User", key: "Key", assistant: "Assistant", model: "Model", stage: "Stage" };

export const PERIOD_WORDS: Record<BudgetPeriod, string> = { hour: "each hour", day: "each day", month: "each month", total: "in total" };

const STAGES: Record<string, string> = {
  answer: "Answers",
  rewrite: "Follow-up questions",
  expansion: "Other words for questions",
  rerank: "Order of passages",
  "second-opinion": "Second opinions",
  context: "Context of passages",
  embedding: "Index",
};

/** Names by id; undefined while they are not known yet, or may not be. */
export interface Names {
  people: ReadonlyMap<string, string> | undefined;
  keys: ReadonlyMap<string, string> | undefined;
  /** The built-in one among them. */
  assistants: ReadonlyMap<string, string> | undefined;
}

const ending = (id: string): string => `…${id.slice(-6)}`;

export function nameOf(by: Grouping, value: string | null | undefined, { people, keys, assistants }: Names): string {
  if (!value) return by === "key" ? "without a key" : by === "assistant" ? "no assistant" : "none";
  switch (by) {
    case "day":
      return formatDay(value);
    case "user":
      if (value === "system") return "Pincite itself, reading documents";
      return people ? (people.get(value) ?? `somebody who is gone (${ending(value)})`) : ending(value);
    case "key":
      return keys ? (keys.get(value) ?? `a key that is gone (${ending(value)})`) : ending(value);
    case "assistant":
      return assistants ? (assistants.get(value) ?? `an assistant that is gone (${ending(value)})`) : value === BUILT_IN ? BUILT_IN_WORDS : ending(value);
    case "stage":
      return STAGES[value] ?? value;
    case "model":
      return value;
  }
}

/** Whom a budget bounds. */
export function subjectName({ subject, subject_id }: Pick<Budget, "subject" | "subject_id">, names: Names): string {
  if (subject === "tenant") return "The whole organisation";
  const name = nameOf(subject, subject_id, names);
  if (subject === "assistant" && subject_id !== BUILT_IN && names.assistants?.has(subject_id)) return `Assistant “${name}”`;
  return subject === "key" && names.keys?.has(subject_id) ? `Key “${name}”` : name;
}

/** Dollars of calls, some of which have no known price: that is never zero. */
export function costWords(usd: number | null, { unpriced }: Pick<CostLine, "unpriced">): string {
  if (usd === null) return "—";
  if (unpriced === 0) return formatUsd(usd);
  return usd === 0 ? "price unknown" : `${formatUsd(usd)} or more`;
}

/** What is not in a line's dollars, or not sure. */
export function doubtsOf({ unpriced, estimated, running }: Pick<CostLine, "unpriced" | "estimated" | "running">): string {
  const said = [unpriced && `${formatNumber(unpriced)} without a price`, estimated && `${formatNumber(estimated)} estimated`, running && `${formatNumber(running)} under way`];
  return said.filter(Boolean).join(" · ");
}

/** How much of what was read came from the provider's cache; "" where nothing was read. */
export function cachedWords({ input_tokens, cached_tokens }: Pick<CostLine, "input_tokens" | "cached_tokens">): string {
  if (input_tokens === 0) return "";
  const percent = (cached_tokens / input_tokens) * 100;
  if (percent > 0 && percent < 1) return "less than 1% from the provider’s cache";
  return `${cached_tokens < input_tokens ? Math.min(99, Math.round(percent)) : 100}% from the provider’s cache`;
}

const SAVINGS = [
  ["replies_usd", "by kept replies"],
  ["prompts_usd", "by providers’ caches"],
  ["routing_usd", "by cheaper models"],
] as const;

const signed = (usd: number): string => (usd < 0 ? `−${formatUsd(-usd)}` : formatUsd(usd));

/** What was saved beside the cost, and by what; "" where nothing was. */
export function savingsOf({ saved }: Pick<CostLine, "saved">): string {
  const said = SAVINGS.filter(([name]) => saved[name] !== 0).map(([name, how]) => `${signed(saved[name])} ${how}`);
  return said.length > 0 ? `saved ${said.join(" · ")}` : "";
}

export const callsWords = (line: CostLine): string => formatCount(line.calls, "call");
