// Whatever a model writes and wherever its pins lie: elements of a short list, no attribute that loads or leads
// anywhere, and every character of the text.
import fc from "fast-check";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import type { Pin } from "@/shared/api/types";
import { bare, withoutFences, shownText, strangers, written } from "@/shared/text/hostile";
import { AnswerText } from "./answer-text";

const TAGS = new Set(["div", "p", "h3", "ul", "ol", "li", "pre", "table", "thead", "tbody", "tr", "th", "td", "span", "button"]);
const ATTRIBUTES = new Set([
  ...["class", "start", "scope", "type", "aria-hidden", "aria-label", "aria-pressed"],
  ...["data-testid", "data-pin", "data-verdict"],
]);

const span = { document: "d", revision: "r", source: "<b>.pdf", page: 1, start: 0, end: 1, quote: "<script>" };
const pins = fc.array(
  fc.tuple(fc.integer({ min: -3, max: 200 }), fc.integer({ min: -3, max: 200 }), fc.boolean()).map(
    ([from, at, carried]): Pin => ({ claim: [from, at], verdict: carried ? "supported" : "unsupported", score: 0.5, spans: carried ? [span] : [] }),
  ),
  { maxLength: 4 },
);

describe("AnswerText", () => {
  it("makes nothing but text of what a model wrote, and loses none of it", () => {
    fc.assert(
      fc.property(written, pins, fc.boolean(), (text, all, running) => {
        const began = performance.now();
        const markup = renderToStaticMarkup(<AnswerText text={text} pins={all} running={running} opened={null} onOpen={() => undefined} />);
        expect(performance.now() - began).toBeLessThan(1000);
        expect(strangers(markup, TAGS, ATTRIBUTES)).toEqual([]);
        expect(bare(shownText(markup))).toBe(bare(withoutFences(text)));
        const shown = text.trim() === "" ? 0 : (markup.match(/<button/g) ?? []).length;
        expect(shown).toBeLessThanOrEqual(all.length);
      }),
    );
  });
});
