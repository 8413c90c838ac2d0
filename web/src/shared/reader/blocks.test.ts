// A page shows all of its text once, and marks exactly the passage.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Block } from "@/shared/api/types";
import { type Piece, type Shown, showBlocks } from "./blocks";
import { boxStyle } from "./geometry";

const kinds = ["heading", "paragraph", "list", "table", "code"];
const line = fc.array(fc.constantFrom("rate", "12 %", "é", "👶", "x | y", "to"), { minLength: 1, maxLength: 5 }).map((all) => all.join(" "));

/** A page of blocks, one empty line apart, as the readers of the server make it. */
const page = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.array(line, { minLength: 1, maxLength: 3 })), { maxLength: 6 }).map((parts) => {
  const blocks: Block[] = [];
  let text = "";
  for (const [kind, lines] of parts) {
    const start = [...text].length;
    text += lines.join("\n");
    blocks.push({ kind, start, end: [...text].length, level: 1 });
    text += "\n";
  }
  return { text, blocks };
});

const piecesOf = (shown: Shown): Piece[] => {
  if (shown.kind === "table") return shown.rows.flat(2);
  return shown.kind === "list" ? shown.items.flat() : shown.pieces;
};
const bare = (text: string) => text.replace(/[\s|]/g, "");

describe("showBlocks", () => {
  it("keeps the text and marks the range, in code points", () => {
    fc.assert(
      fc.property(page, fc.nat(80), fc.nat(80), fc.boolean(), ({ text, blocks }, a, b, structured) => {
        const mark = { start: Math.min(a, b), end: Math.max(a, b) };
        const pieces = showBlocks(text, structured ? blocks : [], mark).flatMap(piecesOf);
        expect(bare(pieces.map((piece) => piece.text).join(""))).toBe(bare(text));
        const marked = pieces.filter((piece) => piece.marked).map((piece) => piece.text).join("");
        expect(bare(marked)).toBe(bare([...text].slice(mark.start, mark.end).join("")));
      }),
    );
  });

  it("makes rows and cells of a table", () => {
    const text = "Service | Weeks\nunder 1 year | 8";
    const [table] = showBlocks(text, [{ kind: "table", start: 0, end: text.length }], null);
    expect(table?.kind === "table" && table.rows.map((row) => row.map((cell) => cell[0]?.text))).toEqual([
      ["Service", "Weeks"],
      ["under 1 year", "8"],
    ]);
  });
});

describe("boxStyle", () => {
  it("scales points to pixels from the top left", () => {
    expect(boxStyle({ x0: 10, y0: 20, x1: 110, y1: 32 }, 1.5)).toEqual({ left: 15, top: 30, width: 150, height: 18 });
  });
});
