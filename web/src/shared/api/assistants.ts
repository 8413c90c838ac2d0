// Assistants: named ways of answering, which admins set up and others choose.
import { queryOptions } from "@tanstack/react-query";
import { request } from "./client";
import type { AssistantNamed, Page } from "./types";

/** What a question calls the one that there always is: from all that the asker may read, by the model that is set up. */
export const BUILT_IN = "default";
export const BUILT_IN_WORDS = "Built-in assistant";

export const TIERS = ["cheap", "strong"] as const;
export type Tier = (typeof TIERS)[number];

export interface Assistant {
  id: string;
  name: string;
  description: string;
  /** Those that the asker sees; null for all that the asker may read. */
  collections: { id: string; name: string }[] | null;
  version: number;
  created_at: string;
  updated_at: string;
  /** How it is set up is told to admins alone. */
  instructions: string | null;
  model: string | null;
  tier: Tier | null;
  likeness: number | null;
}

/** How one is to be set up; collections by their ids. */
export interface AssistantWanted {
  name: string;
  description: string;
  instructions: string;
  collections: string[] | null;
  model: string | null;
  tier: Tier | null;
}

export const ASSISTANTS = ["assistants"] as const;
const part = encodeURIComponent;

export const assistantsQuery = queryOptions({
  queryKey: ASSISTANTS,
  queryFn: async () => (await request<Page<Assistant>>("/v1/assistants")).items,
});

export const makeAssistant = (wanted: AssistantWanted) => request<Assistant>("/v1/assistants", "POST", wanted);
export const changeAssistant = (id: string, changes: Partial<AssistantWanted>) => request<Assistant>(`/v1/assistants/${part(id)}`, "PATCH", changes);
export const removeAssistant = (id: string) => request<undefined>(`/v1/assistants/${part(id)}`, "DELETE");

/** What a question calls whoever gave an answer: the name that it has now, or had, as the server's words for what is gone say it. */
export function calledNow(named: AssistantNamed | null | undefined, known: Assistant[]): string {
  if (!named) return BUILT_IN;
  return known.find((each) => each.id === named.id)?.name ?? named.name;
}
