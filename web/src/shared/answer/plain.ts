// An answer as plain text with its citations, for the clipboard.
import type { Answer } from "@/shared/api/types";
import { codePointIndex } from "@/shared/text/codepoints";
import { flowing, placeOf } from "@/shared/text/format";
import { numberPins } from "./numbering";

/** The answer with [1] after each claim, then the numbered sources with place and quote. */
export function answerAsText(answer: Pick<Answer, "answer" | "pins">): string {
  const { sources, marks } = numberPins(answer.pins);
  const index = codePointIndex(answer.answer);
  let text = "";
  let from = 0;
  for (const mark of marks) {
    const at = Math.max(from, index(mark.at));
    const numbers = mark.sources.map((source) => `[${source.n}]`).join("");
    text += answer.answer.slice(from, at) + (numbers || " [no source]");
    from = at;
  }
  text += answer.answer.slice(from);
  const list = sources.map(({ n, span }) => `[${n}] ${span.source}, ${placeOf(span)}: “${flowing(span.quote)}”`);
  return list.length ? `${text.trim()}\n\n${list.join("\n")}\n` : `${text.trim()}\n`;
}
