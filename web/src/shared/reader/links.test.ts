import { describe, expect, it } from "vitest";
import { linksWithin, targetOf } from "./links";

const link = (start: number, end: number, url: string | null, page: number | null = null) => ({ start, end, url, page });

describe("linksWithin", () => {
  it("takes the links that the passage touches, each target once", () => {
    const links = [
      link(0, 5, "https://before.example"),
      link(8, 12, "https://a.example"),
      link(13, 15, "https://a.example"),
      link(16, 30, null, 7),
      link(20, 30, "https://behind.example"),
    ];
    const found = linksWithin({ start: 5, end: 20, links });
    expect(found.map(targetOf)).toEqual(["https://a.example", "page 7"]);
  });

  it("takes a few of very many", () => {
    const links = Array.from({ length: 50 }, (_, at) => link(at, at + 1, `https://example.org/${at}`));
    expect(linksWithin({ start: 0, end: 50, links })).toHaveLength(5);
  });
});
