// Spending as a table that is put together by what one chooses, and the same as a file.
import { type CostFilter, type CostLine, costsPath, costsQuery, type Grouping, GROUPINGS } from "@/shared/api/spending";
import { formatNumber } from "@/shared/text/format";
import { Button } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { CHIP } from "./choice";
import { costWords, doubtsOf, GROUPING_WORDS, nameOf, type Names } from "./words";

const STEP = 50;
const FIGURES = ["Tokens read", "Cached", "Tokens written", "Calls", "Answers", "Per answer"];

interface Props {
  filter: CostFilter;
  names: Names;
  isAdmin: boolean;
}

/** What lines are put together by: while others are fetched, those shown are still of what was chosen before. */
export const groupingsOf = (lines: CostLine[]): Grouping[] => GROUPINGS.filter((each) => lines[0] && each in lines[0].of);

/** The dearest first, as they come; the newest day first where there are days. */
export function arranged(lines: CostLine[]): CostLine[] {
  return groupingsOf(lines).includes("day") ? [...lines].sort((one, other) => (other.of.day ?? "").localeCompare(one.of.day ?? "")) : lines;
}

export function Breakdown({ filter, names, isAdmin }: Props) {
  const [by, setBy] = useState<Grouping[]>(["model"]);
  const report = useQuery(costsQuery(by, filter));
  const toggle = (each: Grouping) => setBy(GROUPINGS.filter((other) => by.includes(other) !== (other === each)));
  return (
    <section aria-label="Put together" className="mt-8">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 className="font-serif text-xl font-semibold">Put together by</h2>
        <a
          href={costsPath(by, filter, ".csv")}
          download
          data-testid="csv"
          className="inline-flex min-h-9 items-center gap-2 rounded-lg border border-strong bg-raised px-3.5 text-sm font-medium hover:bg-sunken"
        >
          <Download aria-hidden className="size-4" /> Export CSV
        </a>
      </div>
      <div role="group" aria-label="Put together by" className="mt-1 -ml-1 flex flex-wrap gap-1 text-[0.82rem]">
        {GROUPINGS.filter((each) => isAdmin || each !== "user").map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={by.includes(each)}
            disabled={by.length === 1 && by.includes(each)}
            onClick={() => toggle(each)}
            className={CHIP}
          >
            {GROUPING_WORDS[each]}
          </button>
        ))}
      </div>
      {report.isError && <ErrorNotice error={report.error} />}
      {report.data && <Lines lines={arranged(report.data)} names={names} />}
    </section>
  );
}

function Lines({ lines, names }: { lines: CostLine[]; names: Names }) {
  const [shown, setShown] = useState(STEP);
  const by = groupingsOf(lines);
  return (
    <>
      {/* What scrolls takes the focus, or keys could not scroll it. */}
      <div role="region" aria-label="Spending as a table" tabIndex={0} className="mt-2 overflow-x-auto">
        <table className="w-full border-collapse text-left text-[0.86rem]" data-testid="spending">
          <thead className="text-xs text-muted">
            <tr className="border-b border-line">
              {by.map((each) => (
                <th key={each} scope="col" className="py-2 pr-4 font-normal whitespace-nowrap">
                  {GROUPING_WORDS[each]}
                </th>
              ))}
              {["Cost", ...FIGURES].map((name) => (
                <th key={name} scope="col" className="py-2 pr-4 text-right font-normal whitespace-nowrap last:pr-0">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, shown).map((line, index) => (
              <Row key={index} line={line} by={by} names={names} />
            ))}
          </tbody>
        </table>
      </div>
      {lines.length > shown && (
        <Button look="quiet" className="mt-3 w-full" onClick={() => setShown(shown + STEP)}>
          Show more of {formatNumber(lines.length)}
        </Button>
      )}
    </>
  );
}

function Row({ line, by, names }: { line: CostLine; by: Grouping[]; names: Names }) {
  const doubts = doubtsOf(line);
  const figures = [line.input_tokens, line.cached_tokens, line.output_tokens, line.calls, line.answers].map(formatNumber);
  return (
    <tr className="border-b border-line align-top last:border-0" data-testid="spending-row">
      {by.map((each) => (
        <td key={each} className="max-w-64 min-w-28 py-2 pr-4 break-words" title={line.of[each] ?? undefined}>
          {nameOf(each, line.of[each], names)}
        </td>
      ))}
      <td className="py-2 pr-4 text-right font-medium whitespace-nowrap tabular-nums">
        {costWords(line.cost_usd, line)}
        {doubts && <span className="ml-auto block max-w-40 text-xs font-normal whitespace-normal text-muted">{doubts}</span>}
      </td>
      {[...figures, costWords(line.cost_per_answer_usd, line)].map((figure, index) => (
        <td key={FIGURES[index]} className="py-2 pr-4 text-right whitespace-nowrap text-muted tabular-nums last:pr-0">
          {figure}
        </td>
      ))}
    </tr>
  );
}
