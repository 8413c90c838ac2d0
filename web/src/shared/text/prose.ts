// Reads the little Markdown that models write (headings, lists, quotes, tables, code, bold) as blocks that keep offsets.
// It never makes HTML, links or images: everything else stays the text it was. Offsets are UTF-16 indices.

export interface Run {
  start: number;
  end: number;
  bold: boolean;
  italic: boolean;
  code: boolean;
}

/** `depth` says of an item of a list within how many others it lies. */
export interface Line {
  start: number;
  end: number;
  runs: Run[];
  depth?: number;
}

export type ProseBlock =
  | { kind: "paragraph" | "heading" | "quote" | "code"; lines: Line[] }
  | { kind: "bullets" | "numbers"; lines: Line[]; first: number }
  | { kind: "table"; lines: Line[]; rows: Line[][] };

interface Raw {
  start: number;
  end: number;
  text: string;
}

const BULLET = /^(\s*)[-*•]\s+/;
const NUMBER = /^(\s*)(\d{1,3})[.)]\s+/;
const QUOTE = /^\s{0,3}>\s?/;
const RULE = /^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;
const DEEPEST = 3;
const HEADING = /^#{1,6}\s+/;
const FENCE = /^\s{0,3}```[\w+-]*\s*$/;
const DIVIDER = /^\s*\|?(\s*:?-{3,}:?\s*\|)+\s*:?-*:?\s*$/;
const INLINE = /`([^`\n]+)`|\*\*(?=\S)([^\n]+?)(?<=\S)\*\*|(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])/g;

export function parseProse(text: string): ProseBlock[] {
  const blocks: ProseBlock[] = [];
  const lines = rawLines(text);
  for (let index = 0; index < lines.length; ) {
    const line = lines[index];
    if (!line) break;
    if (line.text.trim() === "" || RULE.test(line.text)) index += 1;
    else if (FENCE.test(line.text)) index = readCode(lines, index, blocks);
    else if (line.text.includes("|") && DIVIDER.test(lines[index + 1]?.text ?? "")) index = readTable(text, lines, index, blocks);
    else index = readPlain(text, line, index, blocks);
  }
  return blocks;
}

function rawLines(text: string): Raw[] {
  const lines: Raw[] = [];
  let start = 0;
  while (start <= text.length) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    lines.push({ start, end, text: text.slice(start, end) });
    start = end + 1;
  }
  return lines;
}

function readPlain(text: string, line: Raw, index: number, blocks: ProseBlock[]): number {
  const heading = HEADING.exec(line.text);
  const bullet = BULLET.exec(line.text);
  const number = NUMBER.exec(line.text);
  const quote = QUOTE.exec(line.text);
  const skip = (heading ?? bullet ?? number ?? quote)?.[0].length ?? 0;
  const content = inline(text, line.start + skip, line.end);
  if (heading) blocks.push({ kind: "heading", lines: [content] });
  else if (bullet) addItem(blocks, "bullets", 1, indented(content, bullet[1]));
  else if (number) addItem(blocks, "numbers", Number(number[2]), indented(content, number[1]));
  else addText(text, blocks, quote ? "quote" : "paragraph", content, line.start);
  return index + 1;
}

function addItem(blocks: ProseBlock[], kind: "bullets" | "numbers", first: number, content: Line): void {
  const last = blocks.at(-1);
  if (last?.kind === kind) last.lines.push(content);
  else blocks.push({ kind, first, lines: [content] });
}

/** Two blanks or a tab are the least that an item of an item stands in. */
function indented(content: Line, blanks = ""): Line {
  return { ...content, depth: Math.min(DEEPEST, Math.floor(blanks.replaceAll("\t", "    ").length / 2)) };
}

function addText(text: string, blocks: ProseBlock[], kind: "quote" | "paragraph", content: Line, start: number): void {
  const last = blocks.at(-1);
  const goesOn = last?.kind === kind || (last?.kind === "quote" && kind === "paragraph");
  if (goesOn && touches(text, last.lines, start)) last.lines.push(content);
  else blocks.push({ kind, lines: [content] });
}

/** No empty line stands between the block's last line and `start`. */
function touches(text: string, lines: Line[], start: number): boolean {
  return !/\n\s*\n/.test(text.slice(lines.at(-1)?.end ?? 0, start));
}

function readCode(lines: Raw[], index: number, blocks: ProseBlock[]): number {
  const content: Line[] = [];
  let next = index + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next];
    if (!line || FENCE.test(line.text)) break;
    content.push({ start: line.start, end: line.end, runs: [plain(line.start, line.end)] });
  }
  blocks.push({ kind: "code", lines: content });
  return next + 1;
}

function readTable(text: string, lines: Raw[], index: number, blocks: ProseBlock[]): number {
  const rows: Line[][] = [];
  let next = index;
  for (; next < lines.length; next += 1) {
    const line = lines[next];
    if (!line?.text.includes("|")) break;
    if (next !== index + 1) rows.push(cells(text, line));
  }
  blocks.push({ kind: "table", rows, lines: rows.flat() });
  return next;
}

/** A cell without a word is one as well: what stands behind it belongs to the columns behind it. */
function cells(text: string, line: Raw): Line[] {
  const row = line.text.trim();
  const before = row.startsWith("|") ? 1 : 0;
  const inside = row.slice(before, row.length > before && row.endsWith("|") ? -1 : undefined);
  let start = line.start + line.text.length - line.text.trimStart().length + before;
  return inside.split("|").map((cell) => {
    const from = start + (cell.trim() ? cell.length - cell.trimStart().length : 0);
    start += cell.length + 1;
    return inline(text, from, from + cell.trim().length);
  });
}

const plain = (start: number, end: number): Run => ({ start, end, bold: false, italic: false, code: false });

function inline(text: string, start: number, end: number): Line {
  const runs: Run[] = [];
  let from = start;
  for (const match of text.slice(start, end).matchAll(INLINE)) {
    const at = start + match.index;
    const width = match[2] !== undefined ? 2 : 1;
    if (at > from) runs.push(plain(from, at));
    const styled = { bold: match[2] !== undefined, italic: match[3] !== undefined, code: match[1] !== undefined };
    runs.push({ start: at + width, end: at + match[0].length - width, ...styled });
    from = at + match[0].length;
  }
  if (from < end) runs.push(plain(from, end));
  return { start, end, runs };
}
