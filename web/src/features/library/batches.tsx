// Files that were sent as one: how far they are, the time that is left, and what can be done about them.
import { type BatchAction, batchesQuery, changeBatch, keys } from "@/shared/api/queries";
import type { Batch } from "@/shared/api/types";
import { Button, IconButton } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";

const SHOWN = 3;

function timeLeft(seconds: number | null): string {
  if (seconds === null) return "time left not known yet";
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s left`;
  return seconds < 5400 ? `about ${Math.round(seconds / 60)} min left` : `about ${(seconds / 3600).toFixed(1)} h left`;
}

/** How far a batch is, in words. */
export function batchWords(batch: Batch): string {
  const { counts } = batch;
  const part = (count: number | undefined, word: string) => (count ? `${count.toLocaleString("en")} ${word}` : "");
  return [
    `${(counts.ready ?? 0).toLocaleString("en")} of ${batch.documents.toLocaleString("en")} ready`,
    part(batch.warned, "with warnings"),
    part(counts.failed, "failed"),
    part(counts.paused, "paused"),
    part(counts.cancelled, "cancelled"),
    batch.state === "reading" ? timeLeft(batch.seconds_left) : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** What can be done about a batch as it is. */
function actionsOf({ state, counts }: Batch): [BatchAction, string][] {
  const actions: [BatchAction, string][] = [];
  if (state === "reading") actions.push(["pause", "Pause"]);
  if (counts.paused) actions.push(["resume", "Resume"]);
  if (counts.failed || counts.cancelled) actions.push(["retry", counts.failed ? `Retry ${counts.failed} failed` : "Read after all"]);
  if (state === "reading" || state === "paused") actions.push(["cancel", "Cancel"]);
  return actions;
}

export function Batches() {
  const batches = useQuery(batchesQuery).data ?? [];
  const [all, setAll] = useState(false);
  if (batches.length === 0) return null;
  return (
    <section aria-label="Batches" className="mt-5 divide-y divide-line rounded-xl border border-line bg-raised" data-testid="batches">
      {batches.slice(0, all ? undefined : SHOWN).map((batch) => (
        <BatchRow key={batch.id} batch={batch} />
      ))}
      {!all && batches.length > SHOWN && (
        <Button look="quiet" className="w-full" onClick={() => setAll(true)}>
          {batches.length - SHOWN} earlier
        </Button>
      )}
    </section>
  );
}

function BatchRow({ batch }: { batch: Batch }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (action: BatchAction | "forget") => changeBatch(batch.id, action),
    onSettled: () => client.invalidateQueries({ queryKey: keys.batches }),
  });
  const over = batch.state === "done" || batch.state === "cancelled";
  return (
    <div className="px-4 py-3 text-[0.86rem]" data-testid="batch-row" data-state={batch.state}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1">
          <p className="truncate font-medium">{batch.name}</p>
          <p className="text-muted tabular-nums" role="status">
            {batchWords(batch)}
          </p>
        </div>
        {actionsOf(batch).map(([action, label]) => (
          <Button
            key={action}
            data-testid={`batch-${action}`}
            className="min-h-8! px-2.5! text-xs!"
            disabled={change.isPending}
            onClick={() => change.mutate(action)}
          >
            {label}
          </Button>
        ))}
        {over && (
          <IconButton label={`Take ${batch.name} off the list; its documents stay`} data-testid="batch-forget" onClick={() => change.mutate("forget")}>
            <X aria-hidden />
          </IconButton>
        )}
      </div>
      {!over && (
        <span
          role="progressbar"
          aria-label={`Progress of ${batch.name}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(batch.progress * 100)}
          className="mt-2 block h-1 overflow-hidden rounded-full bg-line"
        >
          <span className="block h-full rounded-full bg-accent transition-[width] duration-300" style={{ width: `${Math.round(batch.progress * 100)}%` }} />
        </span>
      )}
      {change.isError && <ErrorNotice error={change.error} />}
    </div>
  );
}
