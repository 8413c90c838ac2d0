// Under an answer: the passages that it cites, or the closest ones when the documents did not say.
import { numberPins, type Source, spanKey } from "@/shared/answer/numbering";
import type { OlderSpan, Pin, RetrievedPassage, Span } from "@/shared/api/types";
import type { Target } from "@/shared/reader/target";
import { flowing, placeOf } from "@/shared/text/format";
import { SourceName } from "@/shared/ui/source-name";
import { useMemo } from "react";

interface SourcesProps {
  pins: Pin[];
  opened: string | null;
  onOpen: (span: Span) => void;
}

export function Sources({ pins, opened, onOpen }: SourcesProps) {
  const { sources } = useMemo(() => numberPins(pins), [pins]);
  if (sources.length === 0) return null;
  return (
    <section aria-label="Sources" className="mt-7">
      <h3 className="text-xs font-medium tracking-wide text-faint">Sources</h3>
      <ol className="mt-1.5" data-testid="sources">
        {sources.map((source) => (
          <SourceRow key={source.n} source={source} opened={spanKey(source.span) === opened} onOpen={onOpen} />
        ))}
      </ol>
    </section>
  );
}

function SourceRow({ source, opened, onOpen }: { source: Source; opened: boolean; onOpen: (span: Span) => void }) {
  return (
    <li className="border-b border-line last:border-0">
      <button
        type="button"
        data-testid="source"
        aria-pressed={opened}
        onClick={() => onOpen(source.span)}
        className="group -mx-2 flex w-[calc(100%+1rem)] gap-3 rounded-lg px-2 py-2.5 text-left hover:bg-sunken aria-pressed:bg-sunken"
      >
        <span aria-hidden className="pin mt-1 shrink-0 self-start text-[0.72rem]!" data-verdict={source.verdict}>
          {source.n}
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-baseline gap-x-2 text-sm">
            <SourceName source={source.span.source} className="font-medium" />
            <span className="min-w-0 text-xs break-words text-muted">{placeOf(source.span)}</span>
            {source.corrected && (
              <span className="text-xs text-caution" data-testid="corrected">
                the model pointed elsewhere; this is where it stands
              </span>
            )}
          </span>
          <span dir="auto" className="mt-0.5 line-clamp-2 font-serif text-[0.95rem] leading-snug text-muted">{flowing(source.span.quote)}</span>
        </span>
      </button>
    </li>
  );
}

export function OlderVersions({ older, onOpen }: { older: OlderSpan[]; onOpen: (span: Span) => void }) {
  return <Quotes title={older.length === 1 ? "An older version says" : "Older versions say"} testId="older" spans={older} onOpen={onOpen} />;
}

/** The sentences that came closest to an answer, each opening its page at its words. */
export function Nearest({ spans, onOpen }: { spans: Span[]; onOpen: (span: Span) => void }) {
  return <Quotes title="The sentences that come closest" testId="nearest" spans={spans} onOpen={onOpen} />;
}

interface QuotesProps {
  title: string;
  testId: string;
  spans: readonly Span[];
  onOpen: (span: Span) => void;
}

function Quotes({ title, testId, spans, onOpen }: QuotesProps) {
  if (spans.length === 0) return null;
  return (
    <section aria-label={title} className="mt-6">
      <h3 className="text-xs font-medium tracking-wide text-faint">{title}</h3>
      <ul className="mt-1.5" data-testid={testId}>
        {spans.map((span) => (
          <li key={spanKey(span)} className="border-b border-line last:border-0">
            <button type="button" onClick={() => onOpen(span)} className="-mx-2 w-[calc(100%+1rem)] rounded-lg px-2 py-2.5 text-left hover:bg-sunken">
              <span className="flex flex-wrap items-baseline gap-x-2 text-sm">
                <SourceName source={span.source} className="font-medium" />
                <span className="min-w-0 text-xs break-words text-faint">{placeOf(span)}</span>
              </span>
              <span dir="auto" className="mt-0.5 line-clamp-2 font-serif text-[0.95rem] leading-snug text-muted">{flowing(span.quote)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ClosestProps {
  passages: RetrievedPassage[];
  onOpen: (target: Target) => void;
}

const SHOWN = 4;

export function ClosestPassages({ passages, onOpen }: ClosestProps) {
  if (passages.length === 0) return null;
  return (
    <section aria-label="The closest passages" className="mt-6">
      <h3 className="text-xs font-medium tracking-wide text-faint">The closest passages that were found</h3>
      <ul className="mt-1.5" data-testid="closest">
        {passages.slice(0, SHOWN).map((passage) => (
          <li key={passage.n} className="border-b border-line last:border-0">
            <button
              type="button"
              onClick={() => onOpen({ revision: passage.revision, page: passage.page })}
              className="-mx-2 w-[calc(100%+1rem)] rounded-lg px-2 py-2.5 text-left hover:bg-sunken"
            >
              <span className="flex flex-wrap items-baseline gap-x-2 text-sm">
                <SourceName source={passage.source} className="font-medium" />
                <span className="min-w-0 text-xs break-words text-faint">{placeOf(passage)}</span>
              </span>
              <span dir="auto" className="mt-0.5 line-clamp-2 font-serif text-[0.95rem] leading-snug text-muted">{flowing(passage.text)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
