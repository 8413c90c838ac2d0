// Files that are being sent, and those that the server refused, with its reason.
import { formatBytes, formatNumber } from "@/shared/text/format";
import { Button, IconButton } from "@/shared/ui/button";
import { SourceName } from "@/shared/ui/source-name";
import { CircleAlert, X } from "lucide-react";
import { type Upload, useUploads } from "./uploads";

export function UploadList() {
  const { uploads, again, dismiss } = useUploads();
  const shown = uploads.filter((each) => each.state === "sending" || each.state === "failed");
  const waiting = uploads.filter((each) => each.state === "waiting").length;
  const failed = uploads.filter((each) => each.state === "failed");
  const helped = failed.filter(mayHelp);
  if (uploads.length === 0) return null;
  return (
    <section aria-label="Uploads" className="mt-5">
      <div className="flex flex-wrap items-center gap-2">
        <p role="status" className="mr-auto text-[0.82rem] text-muted">
          {uploadWords(uploads)}
        </p>
        {helped.length > 1 && (
          <Button className="min-h-8! px-2.5! text-xs!" data-testid="send-all-again" onClick={() => again(helped.map(({ id }) => id))}>
            Send {formatNumber(helped.length)} again
          </Button>
        )}
        {failed.length > 1 && (
          <Button look="quiet" className="min-h-8! px-2.5! text-xs!" onClick={() => dismiss(failed.map(({ id }) => id))}>
            Dismiss all
          </Button>
        )}
      </div>
      {shown.length + waiting > 0 && (
        <ul className="mt-2 divide-y divide-line rounded-xl border border-line bg-raised">
          {shown.slice(0, 50).map((upload) => (
            <UploadRow key={upload.id} upload={upload} />
          ))}
          {shown.length > 50 && <li className="px-4 py-2 text-xs text-muted">and {shown.length - 50} more</li>}
          {waiting > 0 && <li className="px-4 py-2 text-xs text-muted">{formatNumber(waiting)} waiting</li>}
        </ul>
      )}
    </section>
  );
}

/** How the sending stands, in words. */
export function uploadWords(uploads: readonly Pick<Upload, "state" | "outcome">[]): string {
  const count = (state: Upload["state"]) => uploads.filter((each) => each.state === state).length;
  const unchanged = uploads.filter((each) => each.outcome === "unchanged").length;
  const part = (number: number, word: string) => (number ? `${formatNumber(number)} ${word}` : "");
  return [
    `${formatNumber(count("done"))} of ${formatNumber(uploads.length)} sent`,
    part(unchanged, "already here, unchanged"),
    part(count("failed"), "not taken"),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** The same bytes are refused again, but a busy or lost server may take them; so may one that was just deleting them. */
const mayHelp = ({ problem }: Upload): boolean =>
  !problem || problem.status < 400 || problem.status >= 500 || problem.status === 409 || problem.status === 429;

function UploadRow({ upload }: { upload: Upload }) {
  const { again, dismiss } = useUploads();
  const part = upload.size > 0 ? Math.min(1, upload.sent / upload.size) : 0;
  const failed = upload.state === "failed";
  return (
    <li data-testid="upload-row" data-state={upload.state} className="flex items-start gap-3 px-4 py-2.5 text-[0.86rem]">
      {failed && <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />}
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline justify-between gap-3">
          <SourceName source={upload.source} className="font-medium" />
          <span className="shrink-0 text-xs text-faint tabular-nums">{formatBytes(upload.size)}</span>
        </div>
        {upload.state === "sending" && (
          <progress className="upload-bar mt-1.5 block h-1 w-full" value={part} max={1} aria-label={`Sending ${upload.source}`} />
        )}
        {failed && (
          <div role="alert" className="mt-0.5 leading-relaxed text-muted">
            <p className="text-ink">{upload.problem?.title}</p>
            {upload.problem?.detail && upload.problem.detail !== upload.problem.title && <p>{upload.problem.detail}</p>}
            {upload.problem?.remedy && upload.problem.remedy !== upload.problem.detail && <p>{upload.problem.remedy}</p>}
            {mayHelp(upload) && (
              <Button className="mt-2 min-h-8! px-2.5! text-xs!" onClick={() => again([upload.id])}>
                Send again
              </Button>
            )}
          </div>
        )}
      </div>
      {failed && (
        <IconButton label={`Dismiss ${upload.source}`} className="-my-1.5" onClick={() => dismiss([upload.id])}>
          <X aria-hidden />
        </IconButton>
      )}
    </li>
  );
}
