// Sources: outside places that collections are kept in step with. Admins alone may see them.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { request } from "./client";

/** What went wrong, and what to do. */
export interface Trouble {
  code: string;
  message: string;
  remedy: string;
}

/** The newest look at a source; while it is under way, what it did so far. */
export interface Run {
  number: number;
  state: "never" | "queued" | "running" | "done" | "failed";
  found: number;
  added: number;
  changed: number;
  removed: number;
  failed: number;
  problem: Trouble | null;
  started_at: string | null;
  finished_at: string | null;
}

export interface Source {
  id: string;
  name: string;
  kind: string;
  location: string;
  /** Those that were set; of secrets the names of the variables that hold them. */
  options: Record<string, unknown>;
  collection: string;
  /** Null is only when asked. */
  every_s: number | null;
  state: "active" | "paused" | "leaving";
  /** How many documents come from it. */
  items: number;
  run: Run;
  next_at: string | null;
  created_at: string;
}

export interface SourceWanted {
  name: string;
  kind: string;
  location: string;
  collection: string;
  options: Record<string, unknown>;
  /** 0 is only when asked. */
  every_s: number;
}

/** What is to be another; an option that is null goes back to its default. */
export type SourceChanges = Partial<Pick<SourceWanted, "location" | "options" | "every_s">>;

export interface Unread {
  name: string;
  document: string | null;
  problem: Trouble | null;
}

export const SOURCES = ["sources"] as const;
const LIVE_MS = 2_000;
const QUIET_MS = 10_000;
const SOON_MS = 60_000;

export const isUnderWay = ({ run }: Source): boolean => run.state === "queued" || run.state === "running";

/** Whether its time has just come: a look begins within seconds, where anybody works. */
function isDue({ state, next_at }: Source, now = Date.now()): boolean {
  const late = next_at === null ? -1 : now - new Date(next_at).getTime();
  return state === "active" && late >= 0 && late < SOON_MS;
}

/** Asked for often while a source changes by itself. */
export const lookAgainMs = (sources: Source[] | undefined): number => (sources?.some((each) => isUnderWay(each) || isDue(each)) ? LIVE_MS : QUIET_MS);

export const sourcesQuery = queryOptions({
  queryKey: SOURCES,
  queryFn: async () => (await request<{ items: Source[] }>("/v1/sources")).items,
  refetchInterval: (query) => lookAgainMs(query.state.data),
  staleTime: 0,
});

const at = (id: string, more = "") => `/v1/sources/${encodeURIComponent(id)}${more}`;

/** What the newest run could not read; a hundred at most. */
export const unreadQuery = ({ id, run }: Source) =>
  queryOptions({
    queryKey: [...SOURCES, id, "troubled", run.number, run.state],
    queryFn: async () => (await request<{ items: Unread[] }>(at(id, "/troubled"))).items,
    placeholderData: keepPreviousData,
  });

export type SourceAction = "sync" | "pause" | "resume";

export const addSource = (wanted: SourceWanted) => request<Source>("/v1/sources", "POST", wanted);
export const changeSource = (id: string, changes: SourceChanges) => request<Source>(at(id), "PATCH", changes);
export const actOnSource = (id: string, action: SourceAction) => request<Source>(at(id, `/${action}`), "POST", {});
/** A run that deletes whatever is gone from the place, however much. */
export const syncAndDelete = (id: string) => request<Source>(at(id, "/sync"), "POST", { delete: true });
export const removeSource = (id: string, withDocuments: boolean) => request<undefined>(at(id, withDocuments ? "?documents=true" : ""), "DELETE");
