// Offsets survive emoji, Markdown and claims that begin and end anywhere.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codePointIndex } from "./codepoints";
import { formatUsd } from "./format";
import { cutPieces } from "./pieces";
import { parseProse } from "./prose";

const words = fc.constantFrom("Leave", "is", "**paid**", "*fully*", "`code`", "👶", "16 %", "a | b", "-", "1.", "#", "\n", "\n\n", "- item", "2) two", "> said", "|---|---|", "```", ".");
const prose = fc.array(words, { maxLength: 30 }).map((parts) => parts.join(" "));
const claim = fc.tuple(fc.nat(120), fc.nat(120)).map(([a, b]) => ({ from: Math.min(a, b), at: Math.max(a, b) }));

describe("codePointIndex", () => {
  it("cuts where Python cuts", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(40), (text, offset) => {
        expect(text.slice(0, codePointIndex(text)(offset))).toBe([...text].slice(0, offset).join(""));
      }),
    );
  });
});

describe("cutPieces", () => {
  it("shows each pin exactly once and every run of text whole", () => {
    fc.assert(
      fc.property(prose, fc.array(claim, { maxLength: 6 }), (text, claims) => {
        const blocks = parseProse(text);
        const lines = blocks.flatMap((block) => block.lines);
        const pieces = cutPieces(text, blocks, claims);
        for (const line of lines) {
          const shown = (pieces.get(line) ?? []).map((piece) => (piece.kind === "text" ? piece.text : "")).join("");
          expect(shown).toBe(line.runs.map((run) => text.slice(run.start, run.end)).join(""));
        }
        const pins = [...pieces.values()].flat().filter((piece) => piece.kind === "pin");
        if (lines.length > 0) expect(new Set(pins.map((pin) => pin.claim))).toEqual(new Set(claims));
        if (lines.length > 0) expect(pins).toHaveLength(claims.length);
      }),
    );
  });

  it("puts the pin straight after the claim, before the next sentence", () => {
    const text = "Leave is **paid**. It is long.";
    const shown = [...cutPieces(text, parseProse(text), [{ from: 0, at: 19 }, { from: 19, at: 30 }]).values()].flat();
    const flat = shown.map((piece) => (piece.kind === "pin" ? `[${piece.claim.at}]` : piece.text)).join("");
    expect(flat).toBe("Leave is paid.[19] It is long.[30]");
  });
});

describe("parseProse", () => {
  it("loses nothing but white space and its own marks", () => {
    fc.assert(
      fc.property(prose, (text) => {
        const lines = parseProse(text).flatMap((block) => block.lines);
        const kept = lines.flatMap((line) => line.runs).map((run) => text.slice(run.start, run.end)).join("");
        const bare = (all: string) => all.replace(/[\s*`#|•>\d.):-]/g, "");
        expect(bare(kept)).toBe(bare(text));
      }),
    );
  });

  it("reads lists, headings and tables", () => {
    const kinds = parseProse("# Title\n\nText\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n3. c").map((block) => block.kind);
    expect(kinds).toEqual(["heading", "paragraph", "bullets", "table", "numbers"]);
  });

  it("keeps values of tables in their columns, where cells are empty too, and reads their marks", () => {
    const text = "| Who | Days | Paid |\n|---|---|---|\n| parent | | **yes** |\n  sibling | 5 |\n| | |  |";
    const [table] = parseProse(text);
    const rows = table?.kind === "table" ? table.rows : [];
    const said = rows.map((row) => row.map((cell) => cell.runs.map((run) => text.slice(run.start, run.end)).join("")));
    expect(said).toEqual([["Who", "Days", "Paid"], ["parent", "", "yes"], ["sibling", "5"], ["", "", ""]]);
    expect(rows[1]?.[2]?.runs[0]?.bold).toBe(true);
  });

  it("reads quotes, items within items, and no words in lines that part", () => {
    const text = "He says:\n> It is so,\n> and not else.\n\n---\n1. One\n   - under it\n\t\t* deeper\n2. Two\n***\nEnd";
    const blocks = parseProse(text);
    expect(blocks.map((block) => block.kind)).toEqual(["paragraph", "quote", "numbers", "bullets", "numbers", "paragraph"]);
    expect(blocks[1]?.lines.map((line) => text.slice(line.start, line.end))).toEqual(["It is so,", "and not else."]);
    expect(blocks[3]?.lines.map((line) => line.depth)).toEqual([1, 3]);
  });

  it("leaves links, images and HTML as text", () => {
    const text = "![x](https://evil.example/a.png) <img src=x onerror=alert(1)> [y](https://evil.example)";
    const [block] = parseProse(text);
    expect(block?.lines[0]?.runs.map((run) => text.slice(run.start, run.end)).join("")).toBe(text);
  });
});

describe("formatUsd", () => {
  it("shows of few dollars what they are, and of many what counts", () => {
    const said = [0, 0.0004, 0.000_431, 0.000_000_000_001, 0.0123, 0.25, 0.123_456, 1, 1234.5, 1_000_000].map(formatUsd);
    const few = ["$0.00", "$0.0004", "$0.00043", "$0.000000000001", "$0.0123", "$0.25", "$0.1235"];
    expect(said).toEqual([...few, "$1.00", "$1,234.50", "$1,000,000.00"]);
  });

  it("is never zero for what is not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9e15 }), (pico) => {
        expect(formatUsd(pico / 1e12)).toMatch(/[1-9]/);
      }),
    );
  });
});
