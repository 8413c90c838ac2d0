// What the Library does with events, filters and what people drop.
import { describe, expect, it } from "vitest";
import type { DocumentRow } from "@/shared/api/types";
import { pickedFiles } from "./files";
import { progressOf } from "./state-cell";
import { readLibrarySearch, searchOf, viewOf } from "./search";
import { arrange, mergeEvents, unlisted } from "./use-documents";
import { batchName } from "./files";
import { batchWords } from "./batches";
import { uploadWords } from "./upload-list";

const row = (id: string, patch: Partial<DocumentRow> = {}): DocumentRow => ({
  id, collection_id: "c", source: `${id}.pdf`, file_type: "pdf", size_bytes: 1, state: "ready", pages_done: 1, pages_total: 1, chunks: 1,
  revision: id, revision_number: 1, serving: true, serving_revision: id, batch: null, seconds: 1, problem: null, warnings: [], personal_data: null, created_at: `2026-01-0${id.length}`, updated_at: "", version: 5, ...patch,
});

describe("mergeEvents", () => {
  const changed = (data: unknown) => ({ name: "document.changed", id: "1", data });

  it("takes newer rows, keeps newer ones, adds and removes", () => {
    const all = [row("a"), row("bb")];
    const removed = (id: string) => ({ name: "document.removed", id: "2", data: { id } });
    const ids = (...events: Parameters<typeof mergeEvents>[1]) => mergeEvents(all, events).map((each) => each.id);
    expect(mergeEvents(all, [changed(row("a", { version: 6, state: "failed" }))])[0]?.state).toBe("failed");
    expect(mergeEvents(all, [changed(row("a", { version: 4, state: "failed" }))])[0]?.state).toBe("ready");
    expect(ids(changed(row("ccc")), changed(row("dddd")))).toEqual(["dddd", "ccc", "a", "bb"]);
    expect(ids(removed("a"))).toEqual(["bb"]);
    expect(ids(changed(row("ccc")), removed("ccc"), changed(row("a", { version: 9 })))).toEqual(["a", "bb"]);
  });
});

it("knows which collections are in no list yet", () => {
  const changed = (id: string, collection_id: string) => ({ name: "document.changed", id: "1", data: row(id, { collection_id }) });
  const removed = { name: "document.removed", id: "2", data: { id: "z" } };
  expect(unlisted([changed("a", "c"), changed("b", "new"), changed("d", "new"), removed], [{ id: "c" }])).toEqual(["new"]);
  expect(unlisted([], [])).toEqual([]);
});

describe("arrange", () => {
  const view = { text: "", collection: "", shelf: "all", sort: "added" } as const;
  const all = [row("a", { size_bytes: 9 }), row("bb", { state: "extracting" }), row("ccc", { state: "failed", collection_id: "x" })];
  const ids = (patch: object) => arrange(all, { ...view, ...patch }).map((each) => each.id);

  it("filters and sorts", () => {
    expect(ids({})).toEqual(["ccc", "bb", "a"]);
    expect(ids({ shelf: "reading" })).toEqual(["bb"]);
    expect(ids({ collection: "x" })).toEqual(["ccc"]);
    expect(ids({ text: "BB." })).toEqual(["bb"]);
    expect(ids({ sort: "size" })[0]).toBe("a");
  });

  it("finds names without their accents, however these are written", () => {
    const named = [row("a", { source: "Verträge/Größe.pdf" }), row("b", { source: "Vertra\u0308ge.pdf" }), row("c", { source: "İzin.pdf" })];
    const found = (text: string) => arrange(named, { ...view, text }).map((each) => each.id);
    expect(found("vertrage").sort()).toEqual(["a", "b"]);
    expect(found("VERTRÄGE").sort()).toEqual(["a", "b"]);
    expect(found("grosse")).toEqual(["a"]);
    expect(found("izin")).toEqual(["c"]);
  });
});

it("keeps what is shown in the address, and nothing of what it is anyway", () => {
  const view = { text: "a b", collection: "c", shelf: "failed", sort: "name" } as const;
  expect(viewOf(readLibrarySearch({ ...searchOf(view) }))).toEqual(view);
  expect(searchOf(viewOf({}))).toEqual({});
  expect(readLibrarySearch({ shelf: "nonsense", sort: 5, name: 17 })).toEqual({ name: "17" });
});

it("shows progress between 0 and 1, or none while the length is unknown", () => {
  expect(progressOf(row("a", { state: "extracting", pages_done: 50, pages_total: 100 }))).toBeCloseTo(0.45);
  expect(progressOf(row("a", { state: "extracting", pages_total: null }))).toBeNull();
  expect(progressOf(row("a"))).toBe(1);
});

it("leaves out what systems leave behind", () => {
  const files = ["a.pdf", ".DS_Store", "Thumbs.db", "~$draft.docx"].map((name) => new File(["x"], name));
  expect(pickedFiles(files as unknown as FileList).map((each) => each.source)).toEqual(["a.pdf"]);
});

it("sends many files as a batch, named after their folder or their number", () => {
  const sent = (...sources: string[]) => sources.map((source) => ({ source }));
  const many = (folder: string) => sent(...Array.from({ length: 12 }, (_, n) => `${folder}${n}.pdf`));
  expect(batchName(sent("a.pdf", "b.pdf"))).toBeNull();
  expect(batchName(many("contracts/2026/"), new Date(2026, 0, 2, 3, 4))).toMatch(/^contracts, .*2026/);
  expect(batchName(many(""))).toMatch(/^12 files, /);
});

it("says how far a batch is, and does not make up a time", () => {
  const batch = {
    id: "b", name: "import", state: "reading", created_at: "", documents: 100, warned: 2, progress: 0.5, seconds_left: 480,
    counts: { ready: 45, failed: 5, queued: 48, extracting: 2 },
  } as const;
  expect(batchWords(batch)).toBe("45 of 100 ready · 2 with warnings · 5 failed · about 8 min left");
  expect(batchWords({ ...batch, seconds_left: null })).toContain("time left not known yet");
  expect(batchWords({ ...batch, state: "paused", counts: { ready: 45, paused: 55 }, warned: 0 })).toBe("45 of 100 ready · 55 paused");
});

describe("uploadWords", () => {
  const sent = (state: "waiting" | "sending" | "done" | "failed", outcome: "created" | "unchanged" | null = null) => ({ state, outcome });

  it("counts what was sent, what was there already and what was not taken", () => {
    expect(uploadWords([sent("done", "created"), sent("waiting")])).toBe("1 of 2 sent");
    expect(uploadWords([sent("done", "unchanged"), sent("failed"), sent("failed")])).toBe("1 of 3 sent · 1 already here, unchanged · 2 not taken");
  });
});
