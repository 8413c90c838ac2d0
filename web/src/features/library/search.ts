// What the Library shows, kept in the address: it is there again after a refresh, and can be sent to somebody.
import type { Shelf, SortKey, View } from "./use-documents";

export interface LibrarySearch {
  /** Id of the collection. */
  collection?: string | undefined;
  /** What the names hold. */
  name?: string | undefined;
  shelf?: Shelf | undefined;
  sort?: SortKey | undefined;
}

const SHELVES: readonly Shelf[] = ["reading", "ready", "failed", "stopped"];
const SORTS: readonly SortKey[] = ["name", "size", "pages", "seconds"];

const text = (value: unknown): string | undefined => (typeof value === "string" || typeof value === "number" ? String(value) : undefined);

export function readLibrarySearch(search: Record<string, unknown>): LibrarySearch {
  const { collection, name, shelf, sort } = search;
  return { collection: text(collection), name: text(name), shelf: SHELVES.find((each) => each === shelf), sort: SORTS.find((each) => each === sort) };
}

export const viewOf = ({ collection = "", name = "", shelf = "all", sort = "added" }: LibrarySearch): View => ({ text: name, collection, shelf, sort });

/** The address of a view; what is as it begins is left out. */
export const searchOf = ({ text, collection, shelf, sort }: View): LibrarySearch => ({
  ...(collection && { collection }),
  ...(text && { name: text }),
  ...(shelf !== "all" && { shelf }),
  ...(sort !== "added" && { sort }),
});
