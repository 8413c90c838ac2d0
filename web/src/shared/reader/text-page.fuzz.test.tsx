// Whatever a document holds and whatever blocks are said to lie over it: text in elements of a short list, all of it.
import fc from "fast-check";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import type { Block, PassageView } from "@/shared/api/types";
import { bare, shownText, strangers, written } from "@/shared/text/hostile";
import { TextPage } from "./text-page";

const TAGS = new Set(["div", "p", "h2", "h3", "h4", "h5", "h6", "ul", "li", "pre", "table", "thead", "tbody", "tr", "th", "td", "mark"]);
const ATTRIBUTES = new Set(["class", "style", "scope", "data-testid", "data-page"]);

const offset = fc.integer({ min: -3, max: 120 });
const block = fc.record({
  kind: fc.constantFrom("heading", "paragraph", "list", "table", "code", "margin", "note", "hidden", "script"),
  start: offset,
  end: offset,
  level: fc.option(fc.integer({ min: -2, max: 9 }), { nil: undefined }),
});

describe("TextPage", () => {
  it("shows a page's text as text, all of it", () => {
    fc.assert(
      fc.property(written, fc.array(block, { maxLength: 5 }), offset, offset, (text, blocks, start, end) => {
        const passage = { text, blocks: blocks as Block[], start, end, page: 1, label: "", links: [] } as unknown as PassageView;
        const markup = renderToStaticMarkup(<TextPage passage={passage} zoom={1} />);
        expect(strangers(markup, TAGS, ATTRIBUTES)).toEqual([]);
        for (const style of markup.matchAll(/ style="([^"]*)"/g)) expect(style[1]).toMatch(/^font-size:[\d.]+rem$/);
        const shown = bare(shownText(markup));
        expect(text.trim() === "" ? "" : shown).toBe(bare(text));
      }),
    );
  });
});
