// How far a document is, in words, shape and a bar.
import type { DocumentRow } from "@/shared/api/types";
import { formatCount } from "@/shared/text/format";
import { CircleAlert, CircleCheck, CirclePause, Clock, TriangleAlert } from "lucide-react";

function words(document: DocumentRow): string {
  switch (document.state) {
    case "queued":
      return "Waiting";
    case "extracting":
      return document.pages_total ? `Reading ${document.pages_done} of ${document.pages_total}` : `Reading page ${document.pages_done + 1}`;
    case "embedding":
      return "Indexing";
    case "ready":
      return "Ready";
    case "paused":
      return document.pages_done ? `Paused at page ${document.pages_done}` : "Paused";
    case "cancelled":
      return "Cancelled";
    default:
      return "Failed";
  }
}

/** 0 to 1; reading is most of the way. Null when the length is not known yet. */
export function progressOf(document: DocumentRow): number | null {
  if (document.state === "embedding") return 0.92;
  if (document.state !== "extracting") return document.state === "queued" ? 0 : 1;
  return document.pages_total ? (0.9 * document.pages_done) / document.pages_total : null;
}

export function StateCell({ document }: { document: DocumentRow }) {
  const { state } = document;
  if (state === "ready") {
    const noticed = document.warnings.length;
    return (
      <span className="inline-flex items-center gap-1.5 text-muted">
        {noticed ? <TriangleAlert aria-hidden className="size-4 text-caution" /> : <CircleCheck aria-hidden className="size-4 text-accent" />}
        {noticed ? `Ready, ${formatCount(noticed, "warning")}` : "Ready"}
      </span>
    );
  }
  if (state === "paused" || state === "cancelled") {
    return (
      <span className="inline-flex items-center gap-1.5 text-muted">
        <CirclePause aria-hidden className="size-4" /> {words(document)}
      </span>
    );
  }
  if (state === "failed") {
    return (
      <span className="inline-flex items-center gap-1.5 text-bad">
        <CircleAlert aria-hidden className="size-4" /> Failed
      </span>
    );
  }
  if (state === "queued") {
    return (
      <span className="inline-flex items-center gap-1.5 text-muted">
        <Clock aria-hidden className="size-4" /> {words(document)}
      </span>
    );
  }
  const progress = progressOf(document);
  return (
    <span className="block w-full max-w-40">
      <span className="text-muted tabular-nums">{words(document)}</span>
      <span
        role="progressbar"
        aria-label={`Reading ${document.source}`}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(progress !== null && { "aria-valuenow": Math.round(progress * 100) })}
        className="mt-1 block h-1 overflow-hidden rounded-full bg-line"
      >
        <span
          className={`block h-full rounded-full bg-accent transition-[width] duration-300 ${progress === null ? "animate-pulse" : ""}`}
          style={{ width: `${Math.round((progress ?? 0.3) * 100)}%` }}
        />
      </span>
    </span>
  );
}
