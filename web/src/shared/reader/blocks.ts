// Turns a page's text, its blocks and a marked range into pieces to show. Pure. Offsets come in as code points.
import type { Block } from "@/shared/api/types";
import { codePointIndex } from "@/shared/text/codepoints";

export interface Piece {
  text: string;
  marked: boolean;
}

export type Shown =
  | { kind: "heading"; level: number; pieces: Piece[] }
  | { kind: "paragraph" | "code"; pieces: Piece[] }
  | { kind: "list"; items: Piece[][] }
  | { kind: "table"; rows: Piece[][][] };

export interface Range {
  start: number;
  end: number;
}

const CELL = " | ";

/** Every character of `text` that is not white space between blocks is in exactly one piece, in order. */
export function showBlocks(text: string, blocks: readonly Block[], mark: Range | null): Shown[] {
  const index = codePointIndex(text);
  const marked = mark && { start: index(mark.start), end: index(mark.end) };
  const shown: Shown[] = [];
  let from = 0;
  for (const block of [...blocks].sort((a, b) => a.start - b.start)) {
    const start = Math.max(from, index(block.start));
    const end = index(block.end);
    if (end <= start) continue;
    addPlain(shown, text, { start: from, end: start }, marked);
    shown.push(showBlock(text, block, { start, end }, marked));
    from = end;
  }
  addPlain(shown, text, { start: from, end: text.length }, marked);
  return shown;
}

/** Text between blocks, and all text where there are no blocks: a paragraph at each empty line. */
function addPlain(shown: Shown[], text: string, range: Range, mark: Range | null): void {
  for (const part of splitAt(text, range, /\r?\n[ \t]*\r?\n\s*/g)) {
    if (text.slice(part.start, part.end).trim()) shown.push({ kind: "paragraph", pieces: pieces(text, part, mark) });
  }
}

function showBlock(text: string, block: Block, range: Range, mark: Range | null): Shown {
  const lines = () => splitAt(text, range, /\r?\n/g).filter((line) => text.slice(line.start, line.end).trim() !== "");
  switch (block.kind) {
    case "heading":
      return { kind: "heading", level: Math.min(6, Math.max(1, block.level ?? 2)), pieces: pieces(text, range, mark) };
    case "list":
      return { kind: "list", items: lines().map((line) => pieces(text, line, mark)) };
    case "table":
      return { kind: "table", rows: lines().map((line) => cells(text, line).map((cell) => pieces(text, cell, mark))) };
    case "code":
      return { kind: "code", pieces: pieces(text, range, mark) };
    default:
      return { kind: "paragraph", pieces: pieces(text, range, mark) };
  }
}

function cells(text: string, line: Range): Range[] {
  const found: Range[] = [];
  let start = line.start;
  for (let at = text.indexOf(CELL, start); at >= 0 && at < line.end; at = text.indexOf(CELL, start)) {
    found.push({ start, end: at });
    start = at + CELL.length;
  }
  found.push({ start: Math.min(start, line.end), end: line.end });
  return found;
}

function splitAt(text: string, range: Range, separator: RegExp): Range[] {
  const parts: Range[] = [];
  let start = range.start;
  for (const match of text.slice(range.start, range.end).matchAll(separator)) {
    parts.push({ start, end: range.start + match.index });
    start = range.start + match.index + match[0].length;
  }
  parts.push({ start, end: range.end });
  return parts;
}

function pieces(text: string, range: Range, mark: Range | null): Piece[] {
  const start = Math.min(Math.max(mark?.start ?? range.end, range.start), range.end);
  const end = Math.min(Math.max(mark?.end ?? range.end, start), range.end);
  const parts = [
    { text: text.slice(range.start, start), marked: false },
    { text: text.slice(start, end), marked: true },
    { text: text.slice(end, range.end), marked: false },
  ];
  return parts.filter((part) => part.text !== "");
}
