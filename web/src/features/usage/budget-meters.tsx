// How a budget stands: a bar for its dollars, one for its tokens, and the same in words.
import type { Budget } from "@/shared/api/spending";
import { formatNumber, formatUsd } from "@/shared/text/format";
import { type Meter, meterOf } from "./meter";
import { formatMoment, nextWindow } from "./period";

const FILLS: Record<Meter["level"], string> = { fine: "fill-accent", warn: "fill-caution", full: "fill-bad" };
const INKS: Record<Meter["level"], string> = { fine: "text-muted", warn: "text-caution", full: "text-bad" };

export function BudgetMeters({ budget, called }: { budget: Budget; called: string }) {
  const { limit_usd, limit_tokens, spent, reserved, warn_percent: warn } = budget;
  return (
    <div className="mt-1 space-y-2.5">
      {limit_usd !== null && (
        <Bar label={`${called}: dollars`} meter={meterOf(spent.usd, reserved.usd, limit_usd, warn)} budget={budget} said={saidOf(formatUsd, spent.usd, reserved.usd, limit_usd)} />
      )}
      {limit_tokens !== null && (
        <Bar label={`${called}: tokens`} meter={meterOf(spent.tokens, reserved.tokens, limit_tokens, warn)} budget={budget} said={saidOf(formatNumber, spent.tokens, reserved.tokens, limit_tokens, " tokens")} />
      )}
    </div>
  );
}

function saidOf(format: (value: number) => string, spent: number, reserved: number, limit: number, unit = ""): string {
  const held = reserved > 0 ? ` · ${format(reserved)} reserved by calls under way` : "";
  return `${format(spent)} of ${format(limit)}${unit} spent${held}`;
}

/** What follows from where it stands. */
function outcome(meter: Meter, { period, warn_percent: warn }: Budget): string {
  if (meter.level === "fine") return "";
  if (meter.level === "warn") return `More than ${warn}% is taken.`;
  const anew = nextWindow(period, new Date());
  return anew ? `Used up until ${formatMoment(anew)}.` : "Used up.";
}

interface BarProps {
  label: string;
  said: string;
  meter: Meter;
  budget: Budget;
}

function Bar({ label, said, meter, budget }: BarProps) {
  const follows = outcome(meter, budget);
  const now = Math.round(meter.spent + meter.reserved);
  return (
    <div data-testid="meter" data-level={meter.level}>
      <svg
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={now}
        aria-valuetext={`${said}. ${follows}`.trim()}
        viewBox="0 0 100 1"
        preserveAspectRatio="none"
        className="block h-2 w-full overflow-hidden rounded-full bg-line"
      >
        <rect width={meter.spent} height={1} className={FILLS[meter.level]} />
        <rect x={meter.spent} width={meter.reserved} height={1} className={FILLS[meter.level]} opacity={0.45} />
        {meter.level === "fine" && budget.warn_percent < 100 && <rect x={budget.warn_percent} width={0.3} height={1} className="fill-muted" />}
      </svg>
      <p className="mt-1 text-xs text-muted tabular-nums">
        {said}
        {follows && <span className={INKS[meter.level]}> · {follows}</span>}
      </p>
    </div>
  );
}
