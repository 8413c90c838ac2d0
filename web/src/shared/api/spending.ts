// What models cost, and the budgets that bound it.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { request } from "./client";

export const GROUPINGS = ["day", "user", "key", "assistant", "model", "stage"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Calls that have in common what `of` says. `cost_usd` leaves out `unpriced` ones, whose model has no known price. */
export interface CostLine {
  of: Partial<Record<Grouping, string | null>>;
  calls: number;
  running: number;
  unpriced: number;
  estimated: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  cost_usd: number;
  answers: number;
  cost_per_answer_usd: number | null;
  /** Replies that were kept and given again: no calls. */
  hits: number;
  /** Dollars that were not spent: less where negative, as keeping a prompt costs that nobody reads again. */
  saved: Saved;
}

export interface Saved {
  replies_usd: number;
  prompts_usd: number;
  routing_usd: number;
}

/** Which calls: from a time on, and of a user or of everybody that one may see. */
export interface CostFilter {
  since: string;
  user: string | null;
}

export const SUBJECTS = ["tenant", "user", "key", "assistant"] as const;
export type Subject = (typeof SUBJECTS)[number];

export const PERIODS = ["hour", "day", "month", "total"] as const;
export type BudgetPeriod = (typeof PERIODS)[number];

export interface Amount {
  usd: number;
  tokens: number;
}

export interface BudgetWanted {
  subject: Subject;
  /** Left out where it is the whole tenant that is bounded. */
  subject_id?: string;
  period: BudgetPeriod;
  limit_usd: number | null;
  limit_tokens: number | null;
  warn_percent: number;
  cheaper_percent: number | null;
}

export interface Budget extends BudgetWanted {
  id: string;
  subject_id: string;
  spent: Amount;
  reserved: Amount;
}

export const BUDGETS = ["budgets"] as const;
const part = encodeURIComponent;

/** What costs are asked for with: the same for a report and its file. */
export function costsPath(by: readonly Grouping[], { since, user }: CostFilter, file = ""): string {
  const given = [...by.map((each) => `by=${each}`), `since=${part(since)}`, ...(user === null ? [] : [`user=${part(user)}`])];
  return `/v1/usage/costs${file}?${given.join("&")}`;
}

/** Never taken from what was read before: an answer may have cost something since. */
export const costsQuery = (by: readonly Grouping[], filter: CostFilter) =>
  queryOptions({
    queryKey: ["costs", ...by, filter.since, filter.user],
    queryFn: async () => (await request<{ items: CostLine[] }>(costsPath(by, filter))).items,
    staleTime: 0,
    placeholderData: keepPreviousData,
  });

export const budgetsQuery = queryOptions({
  queryKey: BUDGETS,
  queryFn: async () => (await request<{ items: Budget[] }>("/v1/budgets")).items,
  staleTime: 0,
});

export const setBudget = (wanted: BudgetWanted) => request<Budget>("/v1/budgets", "POST", wanted);
export const removeBudget = (id: string) => request<undefined>(`/v1/budgets/${part(id)}`, "DELETE");
