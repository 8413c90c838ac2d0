// How a source stands and what its run did, in words; and what of its options is sent.
import { describe, expect, it } from "vitest";
import { ApiProblem } from "@/shared/api/client";
import { lookAgainMs, type Run, type Source } from "@/shared/api/sources";
import { formatMoment } from "@/shared/text/format";
import { flawOf } from "./flaw";
import { asText, changedOptions, KINDS, optionsOf } from "./kinds";
import { asksToDelete, everyWords, lastWords, nextWords, runWords, scheduleWords, standingOf } from "./words";

const RUN: Run = { number: 2, state: "done", found: 14, added: 0, changed: 0, removed: 0, failed: 0, problem: null, started_at: null, finished_at: null };
const HANDBOOK: Source = {
  id: "s", name: "handbook", kind: "folder", location: "/srv/handbook", options: {}, collection: "c", every_s: 300, state: "active", items: 14, run: RUN, next_at: null, created_at: "",
};
const of = (run: Partial<Run>, more: Partial<Source> = {}): Source => ({ ...HANDBOOK, ...more, run: { ...RUN, ...run } });
const problem = (code: string, remedy = "") => ({ code, message: "So it is.", remedy });

it("tells how a source stands", () => {
  expect(standingOf(of({}))).toBe("done");
  expect(standingOf(of({ number: 0, state: "never" }))).toBe("never");
  expect(standingOf(of({ state: "queued" }))).toBe("waiting");
  expect(standingOf(of({ state: "running" }))).toBe("running");
  expect(standingOf(of({ state: "failed", problem: problem("source-unreachable") }))).toBe("failed");
  expect(standingOf(of({ problem: problem("deletions-withheld") }))).toBe("warned");
  expect(standingOf(of({ failed: 1 }))).toBe("warned");
  expect(standingOf(of({ state: "running" }, { state: "leaving" }))).toBe("leaving");
  const stopped = { state: "failed", problem: problem("sync-stopped") } as const;
  expect([standingOf(of(stopped, { state: "paused" })), standingOf(of(stopped))]).toEqual(["paused", "waiting"]);
});

it("asks whether to delete only where a run would not by itself", () => {
  const withheld = { problem: problem("deletions-withheld", "`pincite sources sync handbook --delete` deletes them.") };
  expect(asksToDelete(of(withheld))).toBe(true);
  expect(asksToDelete(of(withheld, { state: "paused" }))).toBe(false);
  expect(asksToDelete(of({ problem: problem("more-pages", "Give it more pages.") }))).toBe(false);
  expect(asksToDelete(of({}))).toBe(false);
});

it("says what a run did", () => {
  expect(runWords({ ...RUN, found: 1240, added: 3, changed: 1, removed: 2, failed: 4 })).toBe("3 added · 1 changed · 2 removed · 1,232 unchanged · 4 not read");
  expect(runWords(RUN)).toBe("14 unchanged");
  expect(runWords({ ...RUN, found: 0 })).toBe("nothing found");
  expect(runWords({ ...RUN, found: 0, state: "failed" })).toBe("");
  expect(runWords({ ...RUN, found: 1, added: 2 })).toBe("2 added");
});

it("says when it ran and runs next", () => {
  const [ended, next] = [new Date(2026, 5, 3, 9, 5), new Date(2026, 5, 4, 0, 30)];
  const now = new Date(2026, 5, 3, 23, 59).getTime();
  const source = of({ finished_at: ended.toISOString() }, { next_at: next.toISOString() });
  const time = (moment: Date) => moment.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  expect(lastWords(source, now)).toEqual([`Last run today at ${time(ended)}`, "14 unchanged"]);
  expect(lastWords(of({ state: "running", started_at: ended.toISOString() }), now)).toEqual([`Running since today at ${time(ended)}`, "14 unchanged so far"]);
  expect(lastWords(of({ state: "queued", found: 0, started_at: ended.toISOString() }), now)).toEqual([`Waiting since today at ${time(ended)}`, ""]);
  expect(lastWords(of({ number: 0, state: "never" }), now)).toEqual(["", ""]);
  expect(nextWords(source, now)).toBe(`next tomorrow at ${time(next)}`);
  expect(nextWords({ ...source, next_at: ended.toISOString() }, now)).toBe("next at once");
  expect([nextWords({ ...source, next_at: null }), nextWords({ ...source, state: "paused" })]).toEqual(["", ""]);
  expect(scheduleWords(source, now)).toBe(`every 5 minutes and when it changes, next tomorrow at ${time(next)}`);
  expect(scheduleWords({ ...source, every_s: null, next_at: null })).toBe("only when asked");
  expect(formatMoment(ended.toISOString(), new Date(2026, 5, 4).getTime())).toBe(`yesterday at ${time(ended)}`);
  expect(formatMoment(ended.toISOString(), new Date(2026, 5, 5).getTime())).toContain("2026");
});

it("says how often it is looked at", () => {
  expect([300, 3600, 7200, 86_400, 604_800, 90, 0, null].map(everyWords)).toEqual([
    "every 5 minutes", "every hour", "every 2 hours", "every day", "every week", "every 90 seconds", "only when asked", "only when asked",
  ]);
});

it("asks often while something changes by itself, and seldom else", () => {
  const soon = (ms: number) => of({}, { next_at: new Date(Date.now() + ms).toISOString() });
  expect([[of({ state: "running" })], [of({ state: "queued" }, { state: "leaving" })], [soon(-5000)]].map(lookAgainMs)).toEqual([2000, 2000, 2000]);
  expect([[], undefined, [of({})], [soon(60_000)], [soon(-600_000)], [{ ...soon(-5000), state: "paused" as const }]].map(lookAgainMs)).toEqual(Array(6).fill(10_000));
});

describe("options", () => {
  const web = KINDS["web"]?.options ?? [];
  const feed = KINDS["feed"]?.options ?? [];
  const form = (fields: Record<string, string>) => (name: string) => fields[name] ?? "";
  const asIs = { sitemap: "true" };

  it("are sent where they are not as they are by themselves", () => {
    expect(optionsOf(web, form({ ...asIs, pages: "1000", depth: "", prefix: " " }))).toEqual({});
    expect(optionsOf(web, form({ pages: "50", pause_s: "0.5", prefix: " /docs/ ", depth: "0" }))).toEqual({ pages: 50, pause_s: 0.5, prefix: "/docs/", depth: 0, sitemap: false });
    expect(optionsOf(feed, form({ content: "page", keep: "true" }))).toEqual({});
    expect(optionsOf(feed, form({ content: "entry" }))).toEqual({ content: "entry", keep: false });
    expect(optionsOf(KINDS["folder"]?.options ?? [], form({ only: " *.pdf \n\n a b.md", hidden: "true" }))).toEqual({ only: ["*.pdf", "a b.md"], hidden: true });
  });

  it("are changed where they are others than before, and taken back where they were emptied", () => {
    const before = { pages: 50, prefix: "/docs/", sitemap: false };
    expect(changedOptions(web, optionsOf(web, form({ pages: "50", prefix: "/docs/" })), before)).toEqual({});
    expect(changedOptions(web, optionsOf(web, form({ ...asIs, pages: "", prefix: "/x/" })), before)).toEqual({ pages: null, prefix: "/x/", sitemap: null });
    expect(changedOptions(web, optionsOf(web, form(asIs)), {})).toEqual({});
    expect(changedOptions(web, optionsOf(web, form(asIs)), { sitemap: true, depth: 5, prefix: null })).toEqual({});
    expect([asText(["a", "b"]), asText(7), asText(false), asText(undefined)]).toEqual(["a\nb", "7", "", ""]);
  });
});

it("finds the field that was refused", () => {
  const fields = ["name", "location", "option.password", "option.only", "option.prefix"];
  const fieldOf = (title: string, code = "bad-source", more: string[] = []) => flawOf(new ApiProblem(422, { code, title, remedy: "Do so." }), [...fields, ...more])?.field;
  expect(fieldOf("Option password: it takes the name of a variable.")).toBe("option.password");
  expect(fieldOf("Option only.0: String should have at most 500 characters.")).toBe("option.only");
  expect(fieldOf("'a b' cannot name a source.")).toBe("name");
  expect(fieldOf("There is a source named handbook already.")).toBe("name");
  expect(fieldOf("location: String should have at most 2000 characters.")).toBe("location");
  expect(fieldOf("There is a collection named handbook already.")).toBeUndefined();
  expect(fieldOf("The prefix is no path.")).toBe("option.prefix");
  expect(fieldOf("The branch has no name that git knows.")).toBeUndefined();
  expect(fieldOf("No such address.", "bad-url")).toBe("location");
  expect(fieldOf("No such address.", "bad-url", ["option.endpoint"])).toBe("option.endpoint");
});
