// For tests: text as somebody writes it who means harm, and what may be found in the markup that is made of it.
import fc from "fast-check";

const parts = [
  ...["word", "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</p>", "<b>", "<!--", "-->", "&lt;", "&amp;", "&#0;"],
  ...["![a](http://evil.example/a.png)", "[l](javascript:alert(1))", "<http://evil.example>", "data:text/html,x", "https://evil.example"],
  ...["# ", "###### ", "- ", "* ", "• ", "1. ", "999) ", "```", "```python", "`", "**", "*", "_", "|", "| a | b |", "|---|---|", "|:-:|"],
  ...["\n", "\n\n", "\r\n", "\r", "\t", "    ", " ", "\u00a0", "\u2028", "\u202e", "\u200b", "e\u0301", "👶", "\ud800", "\udfff", "\0", '"', "'"],
];
const some = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...parts) }, fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 24 });
const joined = some.map((all) => all.join(""));

/** Text of such parts, and now and then one of them again and again: what grows faster than it is long, shows. */
export const written = fc.oneof(
  { weight: 9, arbitrary: joined },
  fc.tuple(joined, fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 3 }), fc.integer({ min: 2, max: 400 }), joined).map(
    ([before, again, times, after]) => before + again.join("").repeat(times).slice(0, 4000) + after,
  ),
);

/** The tags and attributes of markup that are in neither list, and what is no tag at all. */
export function strangers(markup: string, tags: ReadonlySet<string>, attributes: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const [tag, name, inner] of markup.matchAll(/<\/?([^\s/>]*)([^>]*)>/g)) {
    if (!name || !tags.has(name)) found.push(tag);
    for (const [, attribute] of (inner ?? "").matchAll(/([^\s=]+)(?:="[^"]*")?/g)) {
      if (attribute && attribute !== "/" && !attributes.has(attribute)) found.push(attribute);
    }
  }
  return found;
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" };

/** The text of markup, but for pins. */
export function shownText(markup: string): string {
  const text = markup.replace(/<button[^>]*>[^<]*<\/button>/g, "").replace(/<[^>]*>/g, "");
  return text.replace(/&(amp|lt|gt|quot|#x27);/g, (_, name: string) => NAMED[name] ?? "");
}

/** An answer without the lines that are marks and nothing else: fences, with the language that they name. */
export const withoutFences = (text: string): string => {
  const lines = text.split("\n");
  return lines.filter((line) => !/^\s{0,3}```[\w+-]*\s*$/.test(line)).join("\n");
};

/** Text without what is a mark of Markdown, or white space. */
export const bare = (text: string): string => text.replace(/[\s*`#|•\d.):-]/g, "");
