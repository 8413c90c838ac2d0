// What a time came to, at a glance, and what of that is not known.
import type { CostLine } from "@/shared/api/spending";
import { formatCount, formatNumber } from "@/shared/text/format";
import { cachedWords, costWords, savingsOf } from "./words";

export function Totals({ line }: { line: CostLine }) {
  return (
    <section aria-label="Totals" className="mt-5">
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line md:grid-cols-3" data-testid="totals">
        <Tile name="Cost" value={costWords(line.cost_usd, line)} note={savingsOf(line)} />
        <Tile name="Answers" value={formatNumber(line.answers)} />
        <Tile name="Cost per answer" value={costWords(line.cost_per_answer_usd, line)} />
        <Tile name="Tokens read" value={formatNumber(line.input_tokens)} note={cachedWords(line)} />
        <Tile name="Tokens written" value={formatNumber(line.output_tokens)} />
        <Tile name="Calls" value={formatNumber(line.calls)} note={line.running > 0 ? `${formatNumber(line.running)} under way` : ""} />
      </dl>
      {line.unpriced > 0 && (
        <p className="mt-3 text-sm leading-relaxed text-caution" data-testid="unpriced">
          {formatCount(line.unpriced, "call")} went to a model without a known price, and {line.unpriced === 1 ? "is" : "are"} not in the cost. Whoever runs
          Pincite can say what it costs in <code className="font-mono text-xs">PINCITE_MODEL_PRICES</code>.
        </p>
      )}
      {line.estimated > 0 && (
        <p className="mt-2 text-sm leading-relaxed text-muted" data-testid="estimated">
          Of {formatCount(line.estimated, "call")} the provider did not say what was used: their tokens and cost are estimated.
        </p>
      )}
    </section>
  );
}

function Tile({ name, value, note = "" }: { name: string; value: string; note?: string }) {
  return (
    <div className="bg-raised px-4 py-3">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="mt-0.5 text-lg font-medium break-words tabular-nums">
        {value}
        {note && <span className="block text-xs font-normal text-muted">{note}</span>}
      </dd>
    </div>
  );
}
