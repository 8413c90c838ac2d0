// Gives each cited passage its number, in the order in which the answer first needs it.
import type { Pin, Span, Verdict } from "@/shared/api/types";

export interface Source {
  n: number;
  span: Span;
  verdict: Verdict;
  /** A claim that is pinned here was marked with other passages by the model. */
  corrected: boolean;
}

/** One claim's pins: `at` and `from` are offsets of the answer in code points. */
export interface Mark {
  from: number;
  at: number;
  verdict: Verdict;
  score: number;
  sources: Source[];
}

export interface Numbered {
  sources: Source[];
  marks: Mark[];
}

const RANK: Record<Verdict, number> = { supported: 0, partial: 1, unsupported: 2 };

export const spanKey = (span: Span): string => `${span.revision}/${span.page}/${span.start}-${span.end}`;

/** Number the spans of `pins`; the same passage keeps its number, and the best verdict it was given. */
export function numberPins(pins: readonly Pin[]): Numbered {
  const known = new Map<string, Source>();
  const ordered = [...pins].sort((a, b) => a.claim[1] - b.claim[1] || a.claim[0] - b.claim[0]);
  const marks = ordered.map((pin): Mark => {
    const sources = new Set<Source>();
    for (const span of pin.spans) {
      const key = spanKey(span);
      const source = known.get(key) ?? { n: known.size + 1, span, verdict: pin.verdict, corrected: false };
      source.corrected ||= pin.corrected ?? false;
      if (RANK[pin.verdict] < RANK[source.verdict]) source.verdict = pin.verdict;
      known.set(key, source);
      sources.add(source);
    }
    return { from: pin.claim[0], at: pin.claim[1], verdict: pin.verdict, score: pin.score, sources: [...sources] };
  });
  return { sources: [...known.values()], marks };
}

export const VERDICT_WORDS: Record<Verdict, string> = {
  supported: "Supported",
  partial: "Partly supported",
  unsupported: "Not supported",
};

/** How many claims got which verdict. */
export function countVerdicts(pins: readonly Pin[]): Record<Verdict, number> {
  const counts = { supported: 0, partial: 0, unsupported: 0 };
  for (const pin of pins) counts[pin.verdict] += 1;
  return counts;
}
