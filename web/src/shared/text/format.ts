// Numbers, sizes, dates and names as people read them.

const DAY_MS = 86_400_000;
const UNITS = ["B", "kB", "MB", "GB"];

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? "B"}`;
}

export function formatMs(ms: number): string {
  if (ms < 1) return "< 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

export const formatSeconds = (seconds: number): string => formatMs(seconds * 1000);

export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export const formatNumber = (number: number): string => number.toLocaleString("en");

/** Dollars, to be read however few they are: below a cent the first two digits, below a dollar up to four places, else cents. */
export function formatUsd(usd: number): string {
  const size = Math.abs(usd);
  const cents = { minimumFractionDigits: 2, maximumFractionDigits: size > 0 && size < 1 ? 4 : 2 };
  return `$${usd.toLocaleString("en", size > 0 && size < 0.01 ? { maximumSignificantDigits: 2 } : cents)}`;
}

export const formatDate = (iso: string): string =>
  new Date(iso).toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });

/** A moment as people say it: "today at 14:05", else with its date. */
export function formatMoment(iso: string, now = Date.now()): string {
  const moment = new Date(iso);
  const time = moment.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  const days = Math.round((new Date(moment).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / DAY_MS);
  return `${{ [-1]: "yesterday", 0: "today", 1: "tomorrow" }[days] ?? formatDate(iso)} at ${time}`;
}

/** "policies/2026/leave.pdf" as ["policies/2026/", "leave.pdf"]. */
export function splitSource(source: string): [folder: string, name: string] {
  const cut = source.lastIndexOf("/") + 1;
  return [source.slice(0, cut), source.slice(cut)];
}

/** What people call the place of a pin or a passage; answers of earlier versions know the page's number alone. */
export const placeOf = (at: { page: number; place?: string | undefined }): string => at.place || `page ${at.page}`;

/** Line ends of a PDF inside a quote are layout, not meaning. */
export const flowing = (text: string): string => text.replace(/\s+/g, " ").trim();

export function ageGroup(iso: string, now = Date.now()): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const then = new Date(iso).getTime();
  if (then >= midnight) return "Today";
  if (then >= midnight - DAY_MS) return "Yesterday";
  if (then >= midnight - 7 * DAY_MS) return "This week";
  return then >= midnight - 30 * DAY_MS ? "This month" : "Earlier";
}
