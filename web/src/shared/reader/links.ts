// Which links of a page belong to the passage that is shown. Pure. Where they lead is the document's word: text to show.
import type { PassageLink, PassageView } from "@/shared/api/types";

const MOST = 5;

/** The links that share a character with the passage, each target once, the first few. */
export function linksWithin(passage: Pick<PassageView, "start" | "end" | "links">): PassageLink[] {
  const seen = new Set<string>();
  const within = passage.links.filter((link) => link.start < passage.end && link.end > passage.start);
  return within.filter((link) => !seen.has(targetOf(link)) && seen.add(targetOf(link))).slice(0, MOST);
}

export const targetOf = (link: PassageLink): string => link.url ?? `page ${link.page ?? ""}`;
