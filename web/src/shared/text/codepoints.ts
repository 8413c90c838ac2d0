// Offsets of the API count code points; JavaScript strings count UTF-16 units. This is where one becomes the other.

const SURROGATE = /[\uD800-\uDBFF][\uDC00-\uDFFF]/;

/** Returns a function from a code point offset of `text` to its index, held inside the text. */
export function codePointIndex(text: string): (offset: number) => number {
  const clamp = (value: number, top: number) => Math.max(0, Math.min(top, Math.trunc(value) || 0));
  if (!SURROGATE.test(text)) return (offset) => clamp(offset, text.length);
  const starts: number[] = [];
  for (let index = 0; index < text.length; ) {
    starts.push(index);
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  starts.push(text.length);
  return (offset) => starts[clamp(offset, starts.length - 1)] ?? text.length;
}
