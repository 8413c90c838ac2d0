// How far a budget is used up. Pure: from amounts to shares of its limit.

export interface Meter {
  /** Percent of the limit; both together are 100 at most. */
  spent: number;
  reserved: number;
  level: "fine" | "warn" | "full";
}

export function meterOf(spent: number, reserved: number, limit: number, warnPercent: number): Meter {
  if (limit <= 0 || spent >= limit) return { spent: 100, reserved: 0, level: "full" };
  const share = (spent / limit) * 100;
  const held = Math.min(100 - share, (reserved / limit) * 100);
  return { spent: share, reserved: held, level: share + held >= warnPercent ? "warn" : "fine" };
}
