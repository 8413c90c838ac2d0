// What the Library shows when it is opened, kept in the address: the documents of a source, say.

export interface LibrarySearch {
  /** Id of the collection. */
  collection?: string | undefined;
  /** What the names hold. */
  name?: string | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === "string" || typeof value === "number" ? String(value) : undefined);

export function readLibrarySearch(search: Record<string, unknown>): LibrarySearch {
  return { collection: text(search["collection"]), name: text(search["name"]) };
}
