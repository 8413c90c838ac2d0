// What an answer took: time by stage, tokens, cost. Closed until somebody wants to know.
import type { AnswerView } from "@/shared/answer/state";
import { formatMs, formatUsd } from "@/shared/text/format";
import { IconButton } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Timer } from "lucide-react";
import { useState } from "react";

export function Details({ view }: { view: AnswerView }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton label="Time and cost of this answer" data-testid="timings" onClick={() => setOpen(true)}>
        <Timer aria-hidden />
      </IconButton>
      {open && (
        <Dialog title="Time and cost" onClose={() => setOpen(false)}>
          <Figures view={view} />
        </Dialog>
      )}
    </>
  );
}

function Figures({ view }: { view: AnswerView }) {
  const stages = Object.entries(view.timings_ms).filter(([name]) => name !== "total");
  const longest = Math.max(1, ...stages.map(([, ms]) => ms));
  const total = view.timings_ms["total"];
  return (
    <div className="mt-4 text-sm">
      <dl className="space-y-2">
        {stages.map(([name, ms]) => (
          <div key={name} className="grid grid-cols-[7rem_1fr_4.5rem] items-center gap-3">
            <dt className="text-muted">{name.replaceAll("_", " ")}</dt>
            <dd aria-hidden className="h-1.5 rounded-full bg-sunken">
              <div className="h-full rounded-full bg-accent" style={{ width: `${Math.max(1, (ms / longest) * 100)}%` }} />
            </dd>
            <dd className="text-right tabular-nums">{formatMs(ms)}</dd>
          </div>
        ))}
      </dl>
      <dl className="mt-4 space-y-1 border-t border-line pt-4 text-muted">
        {total !== undefined && <Fact name="Total" value={formatMs(total)} />}
        {view.assistant && <Fact name="Assistant" value={`${view.assistant.name}, version ${view.assistant.version}`} />}
        <Fact name="Written by" value={view.mode === "extractive" ? "quotation, no model" : (view.model ?? "a model")} />
        {view.usage && view.mode === "model" && (
          <Fact
            name={view.usage.estimated ? "Tokens (estimated)" : "Tokens"}
            value={`${view.usage.input_tokens.toLocaleString("en")} in, ${view.usage.output_tokens.toLocaleString("en")} out`}
          />
        )}
        {view.cost_usd !== null && view.mode === "model" && <Fact name="Cost" value={formatUsd(view.cost_usd)} />}
      </dl>
    </div>
  );
}

const Fact = ({ name, value }: { name: string; value: string }) => (
  <div className="flex justify-between gap-4">
    <dt>{name}</dt>
    <dd className="text-right text-ink tabular-nums">{value}</dd>
  </div>
);
