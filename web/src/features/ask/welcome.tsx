// Before the first question: what this is, how pins read, and what is on the shelf.
import { documentsQuery } from "@/shared/api/queries";
import { useViewer } from "@/shared/reader/target";
import { formatCount } from "@/shared/text/format";
import { ErrorNotice } from "@/shared/ui/notice";
import { SourceName } from "@/shared/ui/source-name";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

const LEGEND = [
  { verdict: "supported", sign: "1", words: "the passage says it" },
  { verdict: "partial", sign: "2", words: "it says a part of it" },
  { verdict: "unsupported", sign: "?", words: "nothing says it" },
];

export function Welcome({ composer, error }: { composer: ReactNode; error: unknown }) {
  const documents = useQuery(documentsQuery);
  const empty = documents.data?.length === 0;
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto flex min-h-full max-w-[45rem] flex-col justify-center px-4 py-12 sm:px-8">
        <h1 className="font-serif text-[2.4rem] leading-[1.1] font-semibold tracking-tight text-balance sm:text-[3.1rem]">
          Ask, and see where it&nbsp;says&nbsp;so.
        </h1>
        <p className="mt-4 mb-8 max-w-[34rem] font-serif text-lg leading-relaxed text-muted">
          Every sentence of an answer is pinned to the passage that supports it. When your documents do not say, Pincite tells you.
        </p>
        {empty ? <NothingYet /> : composer}
        {Boolean(error) && (
          <div className="mt-3">
            <ErrorNotice error={error} />
          </div>
        )}
        {!empty && (
          <ul className="mt-5 flex flex-wrap gap-x-6 gap-y-2 px-1 text-[0.82rem] text-muted" aria-label="How to read pins">
            {LEGEND.map(({ verdict, sign, words }) => (
              <li key={verdict} className="flex items-center gap-1.5">
                <span aria-hidden className="pin text-[0.7rem]!" data-verdict={verdict}>
                  {sign}
                </span>
                {words}
              </li>
            ))}
          </ul>
        )}
        {!empty && <Shelf />}
      </div>
    </div>
  );
}

function NothingYet() {
  return (
    <div className="rounded-2xl border border-line bg-raised p-6 shadow-sheet">
      <h2 className="font-serif text-xl font-semibold">First, something to read</h2>
      <p className="mt-1 text-sm leading-relaxed text-muted">
        Add PDFs, Word, Excel and PowerPoint files, web pages, mail or notes.
      </p>
      <Link
        to="/library"
        className="mt-4 inline-flex min-h-10 items-center rounded-lg bg-accent px-4 text-sm font-medium text-accent-ink hover:opacity-90"
      >
        Add documents
      </Link>
    </div>
  );
}

function Shelf() {
  const documents = useQuery(documentsQuery).data ?? [];
  const { open } = useViewer();
  const ready = documents.filter((document) => document.state === "ready");
  const recent = [...ready].sort((a, b) => b.updated_at.localeCompare(a.updated_at)).slice(0, 4);
  if (recent.length === 0) return null;
  return (
    <section className="mt-12" aria-label="Your library">
      <h2 className="flex items-baseline justify-between px-1 text-[0.82rem] text-faint">
        <span>{formatCount(ready.length, "document")} to ask</span>
        <Link to="/library" className="text-accent hover:underline">
          Library
        </Link>
      </h2>
      <ul className="mt-2 grid gap-x-6 sm:grid-cols-2">
        {recent.map((document) => (
          <li key={document.id} className="min-w-0 border-t border-line">
            <button
              type="button"
              onClick={() => open({ revision: document.revision, page: 1 })}
              className="flex w-full items-baseline gap-2 rounded px-1 py-2 text-left text-sm hover:bg-sunken"
            >
              <SourceName source={document.source} className="flex-1 truncate" />
              <span className="text-xs whitespace-nowrap text-faint">{formatCount(document.pages_total ?? document.pages_done, "page")}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
