// Cuts the lines of an answer at its claims: each piece is a stretch of text or a place for a pin. Pure; offsets UTF-16.
import type { Line, ProseBlock, Run } from "./prose";

export interface Claim {
  from: number;
  at: number;
}

export type Piece<C extends Claim> = { kind: "text"; run: Run; text: string; claim: C | null } | { kind: "pin"; claim: C };

/** Returns the pieces of every line; every claim has exactly one pin, after the last character that it covers. */
export function cutPieces<C extends Claim>(text: string, blocks: ProseBlock[], claims: readonly C[]): Map<Line, Piece<C>[]> {
  const lines = blocks.flatMap((block) => block.lines);
  const ordered = claims.map((claim) => ({ claim, at: lastCharacter(text, claim.at) })).sort((a, b) => a.at - b.at);
  const result = new Map<Line, Piece<C>[]>();
  let next = 0;
  lines.forEach((line, index) => {
    const stop = lines[index + 1]?.start ?? Infinity;
    const mine: { claim: C; at: number }[] = [];
    for (let each = ordered[next]; each && each.at <= stop; each = ordered[next]) {
      mine.push(each);
      next += 1;
    }
    result.set(line, cutLine(text, line, mine, claims));
  });
  return result;
}

function lastCharacter(text: string, at: number): number {
  let end = Math.min(at, text.length);
  while (end > 0 && /\s/.test(text[end - 1] ?? "")) end -= 1;
  return end;
}

function cutLine<C extends Claim>(
  text: string,
  line: Line,
  pins: { claim: C; at: number }[],
  claims: readonly C[],
): Piece<C>[] {
  const pieces: Piece<C>[] = [];
  let next = 0;
  const pinsUpTo = (position: number) => {
    for (let pin = pins[next]; pin && pin.at <= position; pin = pins[next]) {
      pieces.push({ kind: "pin", claim: pin.claim });
      next += 1;
    }
  };
  for (const run of line.runs) {
    const cuts = new Set([run.start, run.end]);
    for (const claim of claims) for (const cut of [claim.from, claim.at]) if (cut > run.start && cut < run.end) cuts.add(cut);
    for (const pin of pins) if (pin.at > run.start && pin.at < run.end) cuts.add(pin.at);
    const edges = [...cuts].sort((a, b) => a - b);
    edges.slice(0, -1).forEach((start, index) => {
      const end = edges[index + 1] ?? start;
      pinsUpTo(start);
      const claim = claims.find((each) => each.from <= start && end <= each.at) ?? null;
      pieces.push({ kind: "text", run, text: text.slice(start, end), claim });
    });
    pinsUpTo(run.end);
  }
  pinsUpTo(Infinity);
  return pieces;
}
