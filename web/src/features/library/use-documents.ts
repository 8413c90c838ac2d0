// The documents with their live progress, and the order in which they are shown.
import { documentsQuery, keys } from "@/shared/api/queries";
import type { DocumentRow, DocumentState } from "@/shared/api/types";
import { openStream, type StreamEvent } from "@/shared/events/stream";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

const EVENTS = ["document.changed", "document.removed"];

/** Apply one event; an event that is older than what is known changes nothing. */
export function mergeDocument(all: DocumentRow[], event: StreamEvent): DocumentRow[] {
  const changed = event.data as DocumentRow;
  if (event.name === "document.removed") return all.filter((each) => each.id !== changed.id);
  const known = all.find((each) => each.id === changed.id);
  if (!known) return [changed, ...all];
  if (known.version > changed.version) return all;
  return all.map((each) => (each.id === changed.id ? changed : each));
}

export function useDocuments() {
  const client = useQueryClient();
  const documents = useQuery(documentsQuery);
  useEffect(() => {
    return openStream({
      url: "/v1/documents/events",
      names: EVENTS,
      onEvent: (event) => client.setQueryData<DocumentRow[]>(keys.documents, (all) => all && mergeDocument(all, event)),
      onConnection: (state) => {
        // A new stream begins now; what happened before is in the list.
        if (state === "open") void client.invalidateQueries({ queryKey: keys.documents });
      },
    });
  }, [client]);
  return documents;
}

export type SortKey = "added" | "name" | "size" | "pages" | "seconds";
export type Shelf = "all" | "reading" | "ready" | "failed" | "stopped";

const SHELF_OF: Record<DocumentState, Exclude<Shelf, "all">> = {
  queued: "reading",
  extracting: "reading",
  embedding: "reading",
  ready: "ready",
  failed: "failed",
  paused: "stopped",
  cancelled: "stopped",
};

export const shelfOf = (document: DocumentRow): Exclude<Shelf, "all"> => SHELF_OF[document.state];

export interface View {
  text: string;
  collection: string;
  shelf: Shelf;
  sort: SortKey;
}

const ORDERS: Record<SortKey, (a: DocumentRow, b: DocumentRow) => number> = {
  added: (a, b) => b.created_at.localeCompare(a.created_at),
  name: (a, b) => a.source.localeCompare(b.source, undefined, { numeric: true }),
  size: (a, b) => b.size_bytes - a.size_bytes,
  pages: (a, b) => (b.pages_total ?? b.pages_done) - (a.pages_total ?? a.pages_done),
  seconds: (a, b) => (b.seconds ?? -1) - (a.seconds ?? -1),
};

export function arrange(all: readonly DocumentRow[], view: View): DocumentRow[] {
  const text = view.text.trim().toLowerCase();
  return all
    .filter((each) => !view.collection || each.collection_id === view.collection)
    .filter((each) => view.shelf === "all" || shelfOf(each) === view.shelf)
    .filter((each) => !text || each.source.toLowerCase().includes(text))
    .sort((a, b) => ORDERS[view.sort](a, b) || a.id.localeCompare(b.id));
}
