// The Library: what is there, how far it is, and the place to drop more.
import { collectionsQuery, MOST_DOCUMENTS } from "@/shared/api/queries";
import type { DocumentRow } from "@/shared/api/types";
import { useCanWrite } from "@/shared/share/use-can-write";
import { useIsAdmin } from "@/shared/share/use-is-admin";
import { formatCount } from "@/shared/text/format";
import { ErrorNotice } from "@/shared/ui/notice";
import { NobodyReads } from "@/shared/ui/nobody-reads";
import { PageHeader } from "@/shared/ui/page-header";
import { useTitle } from "@/shared/ui/use-title";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileText } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import { AddBar } from "./add-bar";
import { Batches } from "./batches";
import { DocumentTable } from "./document-table";
import { DropZone } from "./drop-zone";
import { ReadBefore } from "./read-before";
import type { LibrarySearch } from "./search";
import { ForAllShown } from "./stopping";
import { UploadList } from "./upload-list";
import { useView } from "./use-view";
import { arrange, type Shelf, shelfOf, type SortKey, useDocuments, type View } from "./use-documents";

const NONE: DocumentRow[] = [];

export function LibraryPage(search: LibrarySearch) {
  useTitle("Library");
  const documents = useDocuments();
  const collections = useQuery(collectionsQuery).data;
  const [view, change] = useView(search);
  const all = documents.data ?? NONE;
  const settled = useDeferredValue(view);
  // Thousands of rows are arranged and drawn when a word is typed, not with each letter.
  const shown = useMemo(() => arrange(all, settled), [all, settled]);
  const inCollection = useMemo(() => all.filter((each) => !view.collection || each.collection_id === view.collection), [all, view.collection]);
  const names = useMemo(() => new Map(collections?.map((each) => [each.id, each.name])), [collections]);
  const canWrite = useCanWrite();
  return (
    <DropZone collection={view.collection} takes={canWrite}>
      <div className="mx-auto max-w-[64rem] px-4 py-8 sm:px-8 sm:py-12">
        <PageHeader title="Library" says={documents.isSuccess && summary(all)}>
          <AddBar collection={view.collection} onCollection={(collection) => change({ collection })} />
        </PageHeader>
        <NobodyReads waiting={all.filter((each) => shelfOf(each) === "reading").length} what="document" />
        {canWrite && <ReadBefore />}
        <UploadList />
        <Batches />
        {documents.isPending && (
          <p role="status" className="late mt-8 text-sm text-muted">
            Looking what is here…
          </p>
        )}
        {documents.isError && (
          <div className="mt-6">
            <ErrorNotice error={documents.error} />
          </div>
        )}
        {documents.isSuccess && all.length === 0 && (canWrite ? <EmptyLibrary /> : <NothingShared />)}
        {all.length > 0 && (
          <>
            <Filters view={view} all={inCollection} onChange={change} />
            {canWrite && <ForAllShown shelf={view.shelf} documents={shown} />}
            {all.length >= MOST_DOCUMENTS && (
              <p className="mb-2 text-[0.82rem] text-muted">
                Only the newest {formatCount(all.length, "document")} are listed here; questions go to all. <code>pincite list</code> lists the others.
              </p>
            )}
            <DocumentTable documents={shown} names={names} />
            {shown.length === 0 && <p className="py-10 text-center text-sm text-muted">{nothing(view, inCollection.length, all.length >= MOST_DOCUMENTS)}</p>}
          </>
        )}
      </div>
    </DropZone>
  );
}

function nothing(view: View, there: number, cut: boolean): string {
  const among = cut ? " among those that are listed" : "";
  if ((view.text || view.shelf !== "all") && there > 0) return `No document fits${among}. Clear the filter to see all ${there.toLocaleString("en")}.`;
  return cut ? "Nothing of this collection is among the documents that are listed." : "There is no document in this collection yet.";
}

function summary(all: DocumentRow[]): string {
  const ready = all.filter((each) => shelfOf(each) === "ready");
  const pages = ready.reduce((sum, each) => sum + (each.pages_total ?? each.pages_done), 0);
  const reading = all.filter((each) => shelfOf(each) === "reading").length;
  return [formatCount(all.length, "document"), formatCount(pages, "page"), reading ? `${reading} being read` : ""].filter(Boolean).join(" · ");
}

const SHELVES: [Shelf, string][] = [
  ["all", "All"],
  ["reading", "Being read"],
  ["ready", "Ready"],
  ["failed", "Failed"],
  ["stopped", "Stopped"],
];

const SORTS: [SortKey, string][] = [
  ["added", "Newest"],
  ["name", "Name"],
  ["size", "Size"],
  ["pages", "Pages"],
  ["seconds", "Time taken"],
];

function Filters({ view, all, onChange }: { view: View; all: DocumentRow[]; onChange: (patch: Partial<View>) => void }) {
  const count = (shelf: Shelf) => (shelf === "all" ? all.length : all.filter((each) => shelfOf(each) === shelf).length);
  return (
    <div className="mt-8 mb-2 flex flex-wrap items-center gap-x-4 gap-y-2 text-[0.82rem]">
      <div role="group" aria-label="Show" className="flex gap-1">
        {SHELVES.filter(([shelf]) => shelf === "all" || shelf === view.shelf || count(shelf) > 0).map(([shelf, label]) => (
          <button
            key={shelf}
            type="button"
            aria-pressed={view.shelf === shelf}
            onClick={() => onChange({ shelf })}
            className="rounded-full px-3 py-1.5 text-muted hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:text-accent"
          >
            {label} <span className="tabular-nums">{count(shelf)}</span>
          </button>
        ))}
      </div>
      <input
        type="search"
        value={view.text}
        placeholder="Filter by name"
        aria-label="Filter by name"
        onChange={(event) => onChange({ text: event.target.value })}
        className="ml-auto min-h-9 w-44 rounded-lg border border-line bg-raised px-3"
      />
      <select
        aria-label="Sort by"
        value={view.sort}
        onChange={(event) => onChange({ sort: event.target.value as SortKey })}
        className="min-h-9 rounded-lg border border-line bg-raised px-2"
      >
        {SORTS.map(([sort, label]) => (
          <option key={sort} value={sort}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

function NothingShared() {
  return (
    <p className="mt-8 rounded-2xl border-2 border-dashed border-strong px-6 py-16 text-center text-sm text-muted" data-testid="nothing-shared">
      Nothing is shared with you yet. Ask whoever runs this installation, or manages the documents, to share some.
    </p>
  );
}

function EmptyLibrary() {
  const isAdmin = useIsAdmin();
  return (
    <div className="mt-8 grid place-items-center rounded-2xl border-2 border-dashed border-strong px-6 py-16 text-center" data-testid="empty-library">
      <FileText aria-hidden className="size-8 text-accent" strokeWidth={1.4} />
      <h2 className="mt-4 font-serif text-2xl font-semibold">Drop documents here</h2>
      <p className="mt-2 max-w-md text-sm leading-relaxed text-muted">
        PDF, Word, PowerPoint, Excel, OpenDocument, CSV, web pages, Markdown, text, JSON, code, mail, e-books and RTF; single files or whole folders. Each page can be asked as soon as it
        has been read.
      </p>
      <p className="mt-4 max-w-md text-sm leading-relaxed text-muted">
        Many at once? On the server, <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-xs">pincite add FOLDER</code> does the same.
        {isAdmin && (
          <>
            {" "}
            A folder, a web site, a repository or a mailbox can be kept in step as one of the{" "}
            <Link to="/sources" className="text-accent hover:underline">
              Sources
            </Link>
            .
          </>
        )}
      </p>
    </div>
  );
}
