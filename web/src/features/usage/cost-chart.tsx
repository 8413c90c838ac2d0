// Cost by day as bars, or tokens. Whoever cannot see them has the same as a table.
import { type CostFilter, type CostLine, costsQuery } from "@/shared/api/spending";
import { formatNumber, formatUsd } from "@/shared/text/format";
import { ErrorNotice } from "@/shared/ui/notice";
import { useQuery } from "@tanstack/react-query";
import { type PointerEvent, useState } from "react";
import { Choice } from "./choice";
import { formatDay } from "./period";
import { callsWords, costWords, doubtsOf } from "./words";

type Measure = "cost" | "tokens";
const MEASURES = [
  ["cost", "Cost"],
  ["tokens", "Tokens"],
] as const;
const HIGH = 100;

interface Day {
  day: string;
  line: CostLine | undefined;
}

const tokensOf = (line: CostLine | undefined): number => (line ? line.input_tokens + line.output_tokens : 0);
const amount = ({ line }: Day, measure: Measure): number => (measure === "tokens" ? tokensOf(line) : (line?.cost_usd ?? 0));
const format = (value: number, measure: Measure): string => (measure === "cost" ? formatUsd(value) : formatNumber(value));

function dayWords({ line }: Day, measure: Measure): string {
  if (!line) return "nothing";
  const spent = measure === "cost" ? costWords(line.cost_usd, line) : `${formatNumber(tokensOf(line))} tokens`;
  return [spent, callsWords(line), doubtsOf(line)].filter(Boolean).join(" · ");
}

export function CostChart({ days, filter }: { days: string[]; filter: CostFilter }) {
  const report = useQuery(costsQuery(["day"], filter));
  const [chosen, choose] = useState<Measure | null>(null);
  if (report.isError) return <ErrorNotice error={report.error} />;
  const lines = new Map((report.data ?? []).map((line) => [line.of.day, line]));
  const all = days.map((day) => ({ day, line: lines.get(day) }));
  const measure = chosen ?? (all.some((each) => amount(each, "cost") > 0) ? "cost" : "tokens");
  return (
    <section aria-label="By day" className="mt-8">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-serif text-xl font-semibold">By day</h2>
        <Choice label="Show" options={MEASURES} chosen={measure} onChoose={choose} />
      </div>
      <Bars all={all} measure={measure} />
      <AsTable all={all} measure={measure} />
    </section>
  );
}

function Bars({ all, measure }: { all: Day[]; measure: Measure }) {
  const [over, setOver] = useState<number | null>(null);
  const most = Math.max(...all.map((each) => amount(each, measure)));
  const shown = over === null ? undefined : all[over];
  const hasUnpriced = measure === "cost" && all.some(({ line }) => line && line.unpriced > 0);
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setOver(Math.min(all.length - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * all.length))));
  };
  return (
    <div aria-hidden className="mt-2 rounded-xl border border-line bg-raised px-4 pt-3 pb-2 text-xs text-muted">
      <p className="min-h-8 tabular-nums sm:min-h-4" data-testid="chart-day">
        {shown ? (
          <>
            <span className="font-medium text-ink">{formatDay(shown.day)}</span> {dayWords(shown, measure)}
          </>
        ) : (
          `Most on a day: ${format(most, measure)}`
        )}
      </p>
      <svg
        viewBox={`0 0 ${all.length} ${HIGH}`}
        preserveAspectRatio="none"
        className="mt-2 block h-40 w-full touch-pan-y border-b border-strong"
        data-testid="chart"
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setOver(null)}
      >
        {all.map((each, index) => (
          <Bar key={each.day} index={index} day={each} measure={measure} most={most} isOver={index === over} />
        ))}
      </svg>
      <div className="mt-1 flex justify-between gap-3">
        <span>{formatDay(all[0]?.day ?? "")}</span>
        {all.length > 1 && <span>{formatDay(all.at(-1)?.day ?? "")}</span>}
      </div>
      {hasUnpriced && (
        <p className="mt-1 flex items-center gap-1.5">
          <span className="inline-block size-2 bg-caution" /> with calls without a known price
        </p>
      )}
    </div>
  );
}

interface BarProps {
  index: number;
  day: Day;
  measure: Measure;
  most: number;
  isOver: boolean;
}

function Bar({ index, day, measure, most, isOver }: BarProps) {
  const value = amount(day, measure);
  const height = value > 0 ? Math.max(1.5, (value / most) * (HIGH - 2)) : 0;
  const isUnpriced = measure === "cost" && day.line !== undefined && day.line.unpriced > 0;
  return (
    <>
      {isOver && <rect x={index} y={0} width={1} height={HIGH} className="fill-sunken" />}
      <rect x={index + 0.12} y={HIGH - height} width={0.76} height={height} className="fill-accent" />
      {isUnpriced && <rect x={index + 0.12} y={HIGH - 6} width={0.76} height={6} className="fill-raised" />}
      {isUnpriced && <rect x={index + 0.12} y={HIGH - 4.5} width={0.76} height={4.5} className="fill-caution" />}
    </>
  );
}

function AsTable({ all, measure }: { all: Day[]; measure: Measure }) {
  return (
    <div className="relative">
      <div className="sr-only">
        <table>
          <caption>{measure === "cost" ? "Cost by day" : "Tokens by day"}; days that are left out had no call</caption>
          <tbody>
            {all
              .filter(({ line }) => line)
              .map((each) => (
                <tr key={each.day}>
                  <th scope="row">{formatDay(each.day)}</th>
                  <td>{dayWords(each, measure)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
