// How a source stands, what its newest run did and how often it is looked at, in words.
import type { Run, Source } from "@/shared/api/sources";
import { formatCount, formatMoment, formatNumber } from "@/shared/text/format";

export type Standing = "never" | "waiting" | "running" | "done" | "warned" | "failed" | "paused" | "leaving";

export const STANDING_WORDS: Record<Standing, string> = {
  never: "Not run yet",
  waiting: "Waiting",
  running: "Running",
  done: "In step",
  warned: "Needs a look",
  failed: "Failed",
  paused: "Paused",
  leaving: "Being removed",
};

/** A run that somebody stopped failed at nothing: another takes its place. */
const STOPPED = "sync-stopped";

export function standingOf({ state, run }: Source): Standing {
  if (state === "leaving" || state === "paused") return state;
  if (run.state === "never") return "never";
  if (run.state === "queued" || run.problem?.code === STOPPED) return "waiting";
  if (run.state === "running" || run.state === "failed") return run.state;
  return run.problem || run.failed > 0 ? "warned" : "done";
}

/** What there is to say of the newest run beside its counts; nothing where it was only stopped. */
export const problemOf = ({ run }: Source) => (run.problem?.code === STOPPED ? null : run.problem);

/** Whether only somebody's word deletes what is gone: the run would not by itself. */
export const asksToDelete = (source: Source): boolean =>
  source.state === "active" && Boolean(problemOf(source)?.remedy.includes("--delete"));

/** What a run did, or did so far. */
export function runWords(run: Run): string {
  const same = Math.max(0, run.found - run.added - run.changed - run.failed);
  const parts: [number, string][] = [
    [run.added, "added"],
    [run.changed, "changed"],
    [run.removed, "removed"],
    [same, "unchanged"],
    [run.failed, "not read"],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${formatNumber(count)} ${word}`);
  return said.join(" · ") || (run.state === "done" ? "nothing found" : "");
}

/** When the newest run was, and what it did; "" before the first one. */
export function lastWords({ run }: Source, now = Date.now()): [when: string, did: string] {
  const isOver = run.finished_at !== null;
  const moment = run.finished_at ?? run.started_at;
  const did = runWords(run);
  if (moment === null) return ["", ""];
  const word = isOver ? "Last run" : run.state === "queued" ? "Waiting since" : "Running since";
  return [`${word} ${formatMoment(moment, now)}`, isOver || !did ? did : `${did} so far`];
}

/** When it runs next; "" while it rests or goes, and where nobody knows. */
export function nextWords({ state, next_at }: Source, now = Date.now()): string {
  if (state !== "active" || next_at === null) return "";
  return new Date(next_at).getTime() <= now ? "next at once" : `next ${formatMoment(next_at, now)}`;
}

const UNITS: [number, string][] = [
  [604_800, "week"],
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** How often it is looked at and when next: "every 5 minutes and when it changes, next today at 14:05". */
export function scheduleWords(source: Source, now = Date.now()): string {
  const watched = source.kind === "folder" && source.every_s !== null ? " and when it changes" : "";
  return [everyWords(source.every_s) + watched, nextWords(source, now)].filter(Boolean).join(", ");
}

/** "every 5 minutes", "every day". */
export function everyWords(every_s: number | null): string {
  if (!every_s) return "only when asked";
  const [size, word] = UNITS.find(([unit]) => every_s % unit === 0) ?? [1, "second"];
  return every_s === size ? `every ${word}` : `every ${formatCount(every_s / size, word)}`;
}

export const RHYTHMS = [300, 900, 1800, 3600, 21_600, 43_200, 86_400, 604_800];
