// The small numbers after a sentence, and the card with the quote that hovering or focusing one shows.
import { type Mark, type Source, VERDICT_WORDS } from "@/shared/answer/numbering";
import type { Span } from "@/shared/api/types";
import { flowing, placeOf } from "@/shared/text/format";
import { SourceName } from "@/shared/ui/source-name";
import { useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { VerdictIcon } from "./verdict";

interface PinProps {
  mark: Mark;
  /** None: no passage supports the claim. */
  source: Source | null;
  opened: boolean;
  onOpen: (span: Span) => void;
  onActive: (mark: Mark | null) => void;
}

const CLOSE_DELAY_MS = 140;

export function PinButton({ mark, source, opened, onOpen, onActive }: PinProps) {
  const [anchor, setAnchor] = useState<DOMRect | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const card = useId();
  useEffect(() => () => clearTimeout(timer.current), []);
  const show = (element: HTMLElement) => {
    clearTimeout(timer.current);
    setAnchor(element.getBoundingClientRect());
    onActive(mark);
  };
  const hide = () => {
    clearTimeout(timer.current);
    setAnchor(null);
    onActive(null);
  };
  const hideSoon = () => {
    timer.current = setTimeout(hide, CLOSE_DELAY_MS);
  };
  return (
    <>
      <button
        type="button"
        className="pin"
        data-testid={source ? "pin" : "pin-missing"}
        data-pin=""
        data-verdict={mark.verdict}
        aria-label={pinLabel(mark, source)}
        aria-pressed={opened}
        aria-describedby={anchor ? card : undefined}
        onPointerEnter={(event) => event.pointerType === "mouse" && show(event.currentTarget)}
        onPointerLeave={hideSoon}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && show(event.currentTarget)}
        onBlur={hide}
        onKeyDown={(event) => {
          if (event.key === "ArrowRight" || event.key === "ArrowLeft") walk(event, opened);
          else if (event.key === "Escape" && anchor) {
            event.preventDefault();
            hide();
          }
        }}
        onClick={() => {
          hide();
          if (source) onOpen(source.span);
        }}
      >
        {source?.n ?? "?"}
      </button>
      {anchor && <PinCard id={card} anchor={anchor} mark={mark} source={source} onEnter={() => clearTimeout(timer.current)} onLeave={hideSoon} />}
    </>
  );
}

function pinLabel(mark: Mark, source: Source | null): string {
  if (!source) return "No source found for this sentence, unsupported";
  return `Source ${source.n}: ${source.span.source}, ${placeOf(source.span)}, ${mark.verdict}`;
}

/** Moves to the neighbouring pin; while a document is open the document follows. */
function walk(event: React.KeyboardEvent<HTMLElement>, follow: boolean): void {
  const pins = [...document.querySelectorAll<HTMLElement>("[data-pin]")];
  const next = pins[pins.indexOf(event.currentTarget) + (event.key === "ArrowRight" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  if (follow) next.click();
}

const CARD_WIDTH = 352;
const GAP = 8;

interface CardProps {
  id: string;
  anchor: DOMRect;
  mark: Mark;
  source: Source | null;
  onEnter: () => void;
  onLeave: () => void;
}

function PinCard({ id, anchor, mark, source, onEnter, onLeave }: CardProps) {
  const width = Math.min(CARD_WIDTH, window.innerWidth - 2 * GAP);
  const left = Math.min(Math.max(GAP, anchor.left + anchor.width / 2 - width / 2), window.innerWidth - width - GAP);
  const below = anchor.top < window.innerHeight / 2;
  const place = below ? { top: anchor.bottom + GAP } : { bottom: window.innerHeight - anchor.top + GAP };
  return createPortal(
    <div
      id={id}
      role="tooltip"
      data-testid="pin-card"
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
      className="rise fixed z-50 rounded-xl border border-line bg-raised p-4 text-left shadow-card"
      style={{ width, left, ...place }}
    >
      {source ? (
        <>
          <blockquote className="line-clamp-6 border-l-2 border-accent pl-3 font-serif text-[0.95rem] leading-relaxed">
            {flowing(source.span.quote)}
          </blockquote>
          <p className="mt-3 flex flex-wrap items-baseline gap-x-2 text-xs text-muted">
            <SourceName source={source.span.source} className="font-medium text-ink" />
            <span className="min-w-0 break-words">{placeOf(source.span)}</span>
          </p>
        </>
      ) : (
        <p className="text-sm leading-relaxed">No passage of your documents supports this sentence. Read it with care.</p>
      )}
      <p className="mt-2 flex items-center gap-1.5 text-xs text-muted">
        <VerdictIcon verdict={mark.verdict} />
        {VERDICT_WORDS[mark.verdict]}
        {source && <span className="tabular-nums">· match {Math.round(mark.score * 100)} %</span>}
      </p>
    </div>,
    document.body,
  );
}
