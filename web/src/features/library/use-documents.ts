// The documents with their live progress, and the order in which they are shown.
import { documentsQuery, keys } from "@/shared/api/queries";
import type { Collection, DocumentRow, DocumentState } from "@/shared/api/types";
import { openStream, type StreamEvent } from "@/shared/events/stream";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

const EVENTS = ["document.changed", "document.removed"];

/** Apply events in their order, in one pass; a state that is older than what is known changes nothing. */
export function mergeEvents(all: readonly DocumentRow[], events: readonly StreamEvent[]): DocumentRow[] {
  const last = new Map<string, DocumentRow | null>();
  for (const event of events) {
    const changed = event.data as DocumentRow;
    last.set(changed.id, event.name === "document.removed" ? null : changed);
  }
  const merged: DocumentRow[] = [];
  for (const known of all) {
    const changed = last.get(known.id);
    last.delete(known.id);
    if (changed !== null) merged.push(changed && changed.version >= known.version ? changed : known);
  }
  return [...[...last.values()].filter((each) => each !== null).reverse(), ...merged];
}

/** Collections of documents in events that are in no list yet, such as one that a source or a command made. */
export function unlisted(events: readonly StreamEvent[], listed: readonly Pick<Collection, "id">[]): string[] {
  const known = new Set(listed.map((each) => each.id));
  const named = events.filter((each) => each.name === "document.changed").map((each) => (each.data as DocumentRow).collection_id);
  return [...new Set(named)].filter((id) => !known.has(id));
}

/** Documents that an upload came to, as events of the feed. */
export const asEvents = (documents: readonly DocumentRow[]): StreamEvent[] =>
  documents.map((data) => ({ name: "document.changed", id: String(data.version), data }));

/** Thousands of files change dozens of documents a second; the list is made anew a few times a second. */
const FLUSH_MS = 200;

export function useDocuments() {
  const client = useQueryClient();
  const documents = useQuery(documentsQuery);
  useEffect(() => {
    let waiting: StreamEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Asked for once: who was given a single document never sees its collection.
    const asked = new Set<string>();
    const flush = () => {
      const events = waiting;
      waiting = [];
      timer = undefined;
      const missing = unlisted(events, client.getQueryData<Collection[]>(keys.collections) ?? []).filter((id) => !asked.has(id));
      missing.forEach((id) => asked.add(id));
      if (missing.length > 0) void client.invalidateQueries({ queryKey: keys.collections });
      client.setQueryData<DocumentRow[]>(keys.documents, (all) => all && mergeEvents(all, events));
    };
    const close = openStream({
      url: "/v1/documents/events",
      names: EVENTS,
      onEvent: (event) => {
        waiting.push(event);
        timer ??= setTimeout(flush, FLUSH_MS);
      },
      onConnection: (state) => {
        // A new stream begins now; what happened before is in the list.
        if (state === "open") void client.invalidateQueries({ queryKey: keys.documents });
      },
    });
    return () => {
      clearTimeout(timer);
      close();
    };
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

const NAMES = new Intl.Collator(undefined, { numeric: true });
const plainly = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const ORDERS: Record<SortKey, (a: DocumentRow, b: DocumentRow) => number> = {
  added: (a, b) => plainly(b.created_at, a.created_at),
  name: (a, b) => NAMES.compare(a.source, b.source),
  size: (a, b) => b.size_bytes - a.size_bytes,
  pages: (a, b) => (b.pages_total ?? b.pages_done) - (a.pages_total ?? a.pages_done),
  seconds: (a, b) => (b.seconds ?? -1) - (a.seconds ?? -1),
};

/** As names are looked for: without capitals and accents, which not everybody types and some systems write apart. */
const folded = (text: string): string => {
  const small = text.toLowerCase();
  return PLAIN.test(small) ? small : small.normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss").replaceAll("ı", "i").replaceAll("ł", "l");
};
const PLAIN = /^[ -~]*$/;

export function arrange(all: readonly DocumentRow[], view: View): DocumentRow[] {
  const text = folded(view.text.trim());
  return all
    .filter((each) => !view.collection || each.collection_id === view.collection)
    .filter((each) => view.shelf === "all" || shelfOf(each) === view.shelf)
    .filter((each) => !text || folded(each.source).includes(text))
    .sort((a, b) => ORDERS[view.sort](a, b) || plainly(a.id, b.id));
}
