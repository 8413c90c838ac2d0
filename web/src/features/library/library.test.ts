// What the Library does with events, filters and what people drop.
import { describe, expect, it } from "vitest";
import type { DocumentRow } from "@/shared/api/types";
import { pickedFiles } from "./files";
import { progressOf } from "./state-cell";
import { arrange, mergeDocument } from "./use-documents";

const row = (id: string, patch: Partial<DocumentRow> = {}): DocumentRow => ({
  id, collection_id: "c", source: `${id}.pdf`, file_type: "pdf", size_bytes: 1, state: "ready", pages_done: 1, pages_total: 1, chunks: 1,
  revision: id, revision_number: 1, serving: true, seconds: 1, problem: null, warnings: [], created_at: `2026-01-0${id.length}`, updated_at: "", version: 5, ...patch,
});

describe("mergeDocument", () => {
  const changed = (data: unknown) => ({ name: "document.changed", id: "1", data });

  it("takes newer rows, keeps newer ones, adds and removes", () => {
    const all = [row("a"), row("bb")];
    expect(mergeDocument(all, changed(row("a", { version: 6, state: "failed" })))[0]?.state).toBe("failed");
    expect(mergeDocument(all, changed(row("a", { version: 4, state: "failed" })))[0]?.state).toBe("ready");
    expect(mergeDocument(all, changed(row("ccc"))).map((each) => each.id)).toEqual(["ccc", "a", "bb"]);
    expect(mergeDocument(all, { name: "document.removed", id: "2", data: { id: "a" } }).map((each) => each.id)).toEqual(["bb"]);
  });
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
