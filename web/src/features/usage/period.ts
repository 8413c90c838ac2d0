// Times that spending is looked at over, in days of UTC as the server counts them, and when a budget begins anew.
import type { BudgetPeriod } from "@/shared/api/spending";

export const SPANS = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["month", "This month"],
] as const;
export type Span = (typeof SPANS)[number][0];

const DAY_MS = 86_400_000;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** The days of a span as "2026-11-29", the oldest first and today last. */
export function daysOf(span: Span, now: Date): string[] {
  const count = span === "month" ? now.getUTCDate() : Number(span);
  return Array.from({ length: count }, (_, index) => dayOf(now.getTime() - (count - 1 - index) * DAY_MS));
}

export const beginOf = (day: string): string => `${day}T00:00:00Z`;

/** A day of UTC as people write it, wherever they are. */
export const formatDay = (day: string): string =>
  new Date(beginOf(day)).toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

/** When the window of a budget that is now ends; null where it never does. */
export function nextWindow(period: BudgetPeriod, now: Date): Date | null {
  const [year, month, day, hour] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), now.getUTCHours()];
  switch (period) {
    case "hour":
      return new Date(Date.UTC(year, month, day, hour + 1));
    case "day":
      return new Date(Date.UTC(year, month, day + 1));
    case "month":
      return new Date(Date.UTC(year, month + 1, 1));
    case "total":
      return null;
  }
}

export const formatMoment = (moment: Date): string =>
  moment.toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
