// The document beside the answer: which page, how large, where the passage is, and how to leave.
import { passageQuery } from "@/shared/api/queries";
import type { PassageView } from "@/shared/api/types";
import { placeOf } from "@/shared/text/format";
import { IconButton } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { SourceName } from "@/shared/ui/source-name";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, ExternalLink, X, ZoomIn, ZoomOut } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { linksWithin, targetOf } from "./links";
import { type Target, useViewer } from "./target";
import { TextPage } from "./text-page";

const PdfPage = lazy(() => import("./pdf-page"));

const TURNED_MS = 250;
const ZOOMS = [0.6, 0.8, 1, 1.25, 1.5, 2, 2.5];

export function Reader({ target, onClose }: { target: Target; onClose: () => void }) {
  const { at, turned } = useViewer();
  const [place, setPlace] = useState({ target, page: at ?? target.page });
  const [zoom, setZoom] = useState(2);
  const [counted, setCounted] = useState<number | null>(null);
  if (place.target !== target) setPlace({ target, page: target.page });
  const { page } = place;
  const passage = useQuery({ ...passageQuery(target), placeholderData: (previous) => (previous?.revision === target.revision ? previous : undefined) });
  const found = passage.data;
  const pdf = found ? /pdf/i.test(found.file_type) : false;
  const pages = counted ?? found?.pages ?? page;
  // Of a page that was turned to nothing but the number is known here.
  const where = placeOf({ page, place: page === target.page && !passage.isPlaceholderData ? found?.place : "" });
  const turn = (to: number) => setPlace({ target, page: Math.min(Math.max(1, to), pages) });
  useReaderKeys(onClose, (by) => turn(page + by));
  // Where one has come to by turning is there again after a refresh; the address follows when the turning rests.
  const away = page === target.page ? undefined : page;
  useEffect(() => {
    if (away === at) return;
    const timer = setTimeout(() => turned(away), TURNED_MS);
    return () => clearTimeout(timer);
  }, [away, at, turned]);

  return (
    <section
      aria-label={found ? `Document ${found.source}` : "Document"}
      data-testid="viewer"
      className="rise fixed inset-0 z-30 flex flex-col bg-sunken lg:static lg:z-auto lg:h-dvh lg:min-w-0 lg:flex-[1.15] lg:border-l lg:border-line"
    >
      <header className="flex min-h-14 items-center gap-1 border-b border-line bg-paper px-2 sm:px-3">
        <div className="flex min-w-0 flex-1 flex-col px-1.5">
          <SourceName source={found?.source ?? "…"} className="truncate text-sm font-medium" />
          {found && (
            <span className="truncate text-xs text-faint" title={where} data-testid="viewer-place">
              {where}
            </span>
          )}
        </div>
        <PageTurner page={page} pages={pages} known={found !== undefined} onTurn={turn} />
        <span className="hidden sm:contents">
          <IconButton label="Zoom out" disabled={zoom === 0} onClick={() => setZoom(zoom - 1)}>
            <ZoomOut aria-hidden />
          </IconButton>
          <IconButton label="Zoom in" disabled={zoom === ZOOMS.length - 1} onClick={() => setZoom(zoom + 1)}>
            <ZoomIn aria-hidden />
          </IconButton>
        </span>
        <a
          href={`/v1/passages/${encodeURIComponent(target.revision)}/content`}
          target="_blank"
          rel="noopener noreferrer"
          aria-label="Open the original"
          title="Open the original"
          className="inline-grid size-9 shrink-0 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
        >
          <ExternalLink aria-hidden className="size-[1.1rem]" />
        </a>
        <IconButton label="Close the document" data-testid="viewer-close" onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </header>
      {found?.superseded_by && <Older by={found.superseded_by} page={page} />}
      {found && target.start !== undefined && !passage.isPlaceholderData && <Leads passage={found} onTurn={turn} />}
      <div className="flex-1 overflow-auto p-3 sm:p-6" tabIndex={0} aria-label="Page">
        {passage.isError && <ErrorNotice error={passage.error} />}
        {passage.isPending && <p className="p-4 text-sm text-muted">Opening the document…</p>}
        {found && pdf && (
          <Suspense fallback={<p className="p-4 text-sm text-muted">Opening the document…</p>}>
            <PdfPage
              key={target.revision}
              revision={target.revision}
              page={page}
              zoom={ZOOMS[zoom] ?? 1}
              passage={page === target.page && !passage.isPlaceholderData ? found : null}
              onPages={setCounted}
            />
          </Suspense>
        )}
        {found && !pdf && <TextPlace target={target} page={page} zoom={ZOOMS[zoom] ?? 1} />}
      </div>
    </section>
  );
}

/** What is shown is not what questions are answered from today. */
function Older({ by, page }: { by: NonNullable<PassageView["superseded_by"]>; page: number }) {
  const { open } = useViewer();
  return (
    <p role="note" data-testid="viewer-older" className="border-b border-line bg-paper px-4 py-1.5 text-xs text-muted">
      {by.same_bytes ? "This file was read anew since; this is how it was read then." : "An older version: a later one answers questions today."}{" "}
      <button type="button" className="underline hover:text-ink" onClick={() => open({ revision: by.revision, page: Math.min(page, by.pages) })}>
        Open what answers today
      </button>
    </p>
  );
}

/** Where the passage's links lead: a page of the document can be turned to, an address is shown and not made a link. */
function Leads({ passage, onTurn }: { passage: PassageView; onTurn: (page: number) => void }) {
  const links = linksWithin(passage);
  if (links.length === 0) return null;
  return (
    <ul aria-label="Links in the passage" className="flex flex-wrap gap-x-3 border-b border-line bg-paper px-4 py-1.5 text-xs text-muted">
      {links.map((link) => (
        <li key={targetOf(link)} className="max-w-full truncate select-all">
          {link.page ? (
            <button type="button" className="underline hover:text-ink" onClick={() => onTurn(link.page ?? 1)}>
              {targetOf(link)}
            </button>
          ) : (
            targetOf(link)
          )}
        </li>
      ))}
    </ul>
  );
}

function TextPlace({ target, page, zoom }: { target: Target; page: number; zoom: number }) {
  const wanted: Target = page === target.page ? target : { revision: target.revision, page };
  const passage = useQuery(passageQuery(wanted));
  const { data } = passage;
  // Without a range the server gives the whole page as one; that is nothing to be marked.
  const shown = useMemo(() => (data && wanted.start === undefined ? { ...data, start: 0, end: 0 } : data), [data, wanted.start]);
  if (passage.isError) return <ErrorNotice error={passage.error} />;
  return shown ? <TextPage key={`${page}-${target.start ?? ""}`} passage={shown} zoom={zoom} /> : null;
}

/** How many pages there are is `known` once the document is: before that none can be asked for. */
function PageTurner({ page, pages, known, onTurn }: { page: number; pages: number; known: boolean; onTurn: (page: number) => void }) {
  return (
    <nav aria-label="Pages" className="flex items-center">
      <IconButton label="Previous page" disabled={page <= 1} onClick={() => onTurn(page - 1)}>
        <ChevronLeft aria-hidden />
      </IconButton>
      <form
        className="flex items-center text-xs text-muted tabular-nums"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = Number(new FormData(event.currentTarget).get("page"));
          if (Number.isInteger(typed)) onTurn(typed);
          event.currentTarget.reset(); // the page that is shown, where none so called is there
        }}
      >
        <input
          key={page}
          name="page"
          defaultValue={page}
          disabled={!known}
          inputMode="numeric"
          aria-label={`Page, of ${pages}`}
          data-testid="viewer-page-number"
          className="w-10 rounded border border-transparent bg-transparent py-1 text-right text-ink hover:border-line"
        />
        <span className="pl-1 whitespace-nowrap">of {pages}</span>
      </form>
      <IconButton label="Next page" disabled={page >= pages} onClick={() => onTurn(page + 1)}>
        <ChevronRight aria-hidden />
      </IconButton>
    </nav>
  );
}

const TYPING = "input, textarea, select, [contenteditable]";

function useReaderKeys(onClose: () => void, onTurn: (by: number) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || document.querySelector("dialog[open]")) return;
      const typing = event.target instanceof Element && event.target.matches(TYPING);
      if (event.key === "Escape") onClose();
      else if (!typing && event.key === "PageDown") onTurn(1);
      else if (!typing && event.key === "PageUp") onTurn(-1);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}
