// Spending in words and days, budgets as meters, and what the form asks for.
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Budget, type CostLine, costsPath } from "@/shared/api/spending";
import { standIn } from "@/shared/stand-in";
import { arranged, groupingsOf } from "./breakdown";
import { BudgetForm, wantedOf } from "./budget-form";
import { BudgetMeters } from "./budget-meters";
import { meterOf } from "./meter";
import { beginOf, daysOf, nextWindow } from "./period";
import { Totals } from "./totals";
import { cachedWords, costWords, doubtsOf, nameOf, savingsOf, subjectName } from "./words";

const LINE: CostLine = {
  of: {}, calls: 3, running: 0, unpriced: 0, estimated: 0, input_tokens: 1200, cached_tokens: 300, output_tokens: 40, cost_usd: 0.0004, answers: 2, cost_per_answer_usd: 0.0002, hits: 0, saved: { replies_usd: 0, prompts_usd: 0, routing_usd: 0 },
};
const BUDGET: Budget = {
  id: "b", subject: "user", subject_id: "1", period: "day", limit_usd: 5, limit_tokens: null, warn_percent: 80, cheaper_percent: null,
  spent: { usd: 1, tokens: 100 }, reserved: { usd: 0.5, tokens: 50 },
};
const NAMES = { people: new Map([["1", "Ada"]]), keys: new Map([["k", "robot"]]), assistants: new Map([["default", "Built-in assistant"], ["m", "mate"]]) };

const NOBODY = { people: undefined, keys: undefined, assistants: undefined };

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("days", () => {
  it("are those of UTC, today the last, over the ends of months", () => {
    const now = new Date("2026-03-02T00:30:00+01:00");
    expect(daysOf("7", now)).toEqual(["2026-02-23", "2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01"]);
    expect(daysOf("month", now)).toEqual(["2026-03-01"]);
    expect(daysOf("90", now)).toHaveLength(90);
    expect(beginOf("2026-03-01")).toBe("2026-03-01T00:00:00Z");
  });

  it("end the windows of budgets", () => {
    const now = new Date("2026-12-31T23:59:00Z");
    expect((["hour", "day", "month"] as const).map((each) => nextWindow(each, now)?.toISOString())).toEqual(Array(3).fill("2027-01-01T00:00:00.000Z"));
    expect(nextWindow("hour", new Date("2026-12-31T12:01:00Z"))?.toISOString()).toBe("2026-12-31T13:00:00.000Z");
    expect(nextWindow("total", now)).toBeNull();
  });
});

describe("words", () => {
  it("never make zero of what has no price", () => {
    expect(costWords(0.0004, LINE)).toBe("$0.0004");
    expect(costWords(0, LINE)).toBe("$0.00");
    expect(costWords(0, { unpriced: 2 })).toBe("price unknown");
    expect(costWords(0.5, { unpriced: 2 })).toBe("$0.50 or more");
    expect(costWords(null, LINE)).toBe("—");
    expect(doubtsOf({ unpriced: 2, estimated: 0, running: 1 })).toBe("2 without a price · 1 under way");
    expect(doubtsOf(LINE)).toBe("");
  });

  it("say a share of the cache that is neither none nor all where it is some", () => {
    expect(cachedWords(LINE)).toBe("25% from the provider’s cache");
    expect(cachedWords({ input_tokens: 0, cached_tokens: 0 })).toBe("");
    expect(cachedWords({ input_tokens: 1000, cached_tokens: 999 })).toMatch(/^99%/);
    expect(cachedWords({ input_tokens: 1000, cached_tokens: 1 })).toMatch(/^less than 1%/);
    expect(cachedWords({ input_tokens: 1000, cached_tokens: 0 })).toMatch(/^0%/);
  });

  it("say what was saved by what, and that keeping may cost more", () => {
    expect(savingsOf(LINE)).toBe("");
    const saved = { replies_usd: 1.5, prompts_usd: -0.02, routing_usd: 0 };
    expect(savingsOf({ saved })).toBe("saved $1.50 by kept replies · −$0.02 by providers’ caches");
  });

  it("name assistants, the built-in one even where no others are known", () => {
    expect(nameOf("assistant", "m", NAMES)).toBe("mate");
    expect(nameOf("assistant", "default", NAMES)).toBe("Built-in assistant");
    expect(nameOf("assistant", "default", NOBODY)).toBe("Built-in assistant");
    expect(nameOf("assistant", "0123456789", NOBODY)).toBe("…456789");
    expect(nameOf("assistant", "0123456789", NAMES)).toBe("an assistant that is gone (…456789)");
    expect(nameOf("assistant", null, NAMES)).toBe("no assistant");
    expect(subjectName({ subject: "assistant", subject_id: "m" }, NAMES)).toBe("Assistant “mate”");
    expect(subjectName({ subject: "assistant", subject_id: "default" }, NAMES)).toBe("Built-in assistant");
  });

  it("name people and keys, and those that are gone by the end of their id", () => {
    expect(nameOf("user", "1", NAMES)).toBe("Ada");
    expect(nameOf("user", "system", NAMES)).toContain("Pincite itself");
    expect(nameOf("user", "0123456789", NAMES)).toBe("somebody who is gone (…456789)");
    expect(nameOf("key", null, NAMES)).toBe("without a key");
    expect(nameOf("stage", "second-opinion", NAMES)).toBe("Second opinions");
    expect(nameOf("stage", "new-stage", NAMES)).toBe("new-stage");
    expect(nameOf("user", "0123456789", NOBODY)).toBe("…456789");
    expect(subjectName({ subject: "tenant", subject_id: "t" }, NAMES)).toBe("The whole organisation");
    expect(subjectName({ subject: "key", subject_id: "k" }, NAMES)).toBe("Key “robot”");
  });
});

describe("Totals", () => {
  it("names what has no price, and what is estimated, apart", () => {
    render(<Totals line={{ ...LINE, cost_usd: 0, cost_per_answer_usd: 0, unpriced: 1, estimated: 2 }} />);
    expect(screen.getByTestId("totals").textContent).toContain("Costprice unknown");
    expect(screen.getByTestId("totals").textContent).not.toContain("$0");
    expect(screen.getByTestId("unpriced").textContent).toContain("1 call went to a model without a known price, and is not in the cost");
    expect(screen.getByTestId("estimated").textContent).toContain("2 calls");
  });

  it("says no more than there is", () => {
    render(<Totals line={LINE} />);
    expect(screen.getByTestId("totals").textContent).toContain("Cost per answer$0.0002");
    expect(screen.queryByTestId("unpriced")).toBeNull();
    expect(screen.queryByTestId("estimated")).toBeNull();
  });
});

describe("meters", () => {
  it("stay within their limit", () => {
    const some = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(some, some, some, fc.integer({ min: 1, max: 100 }), (spent, reserved, limit, warn) => {
        const meter = meterOf(spent, reserved, limit, warn);
        expect(meter.spent).toBeGreaterThanOrEqual(0);
        expect(meter.reserved).toBeGreaterThanOrEqual(0);
        expect(meter.spent + meter.reserved).toBeLessThanOrEqual(100 + 1e-9);
        expect(meter.level === "full").toBe(limit <= 0 || spent >= limit);
      }),
    );
  });

  it("warn of what is reserved as well, as the server does", () => {
    expect(meterOf(3, 0.9, 5, 80).level).toBe("fine");
    expect(meterOf(3, 1, 5, 80).level).toBe("warn");
    expect(meterOf(0, 0, 0, 80).level).toBe("full");
  });

  it("are said in words, one for dollars and one for tokens", () => {
    render(<BudgetMeters budget={{ ...BUDGET, limit_tokens: 100 }} called="Ada, each day" />);
    const [dollars, tokens] = screen.getAllByRole("meter").map((each) => [each.getAttribute("aria-label"), each.getAttribute("aria-valuetext")]);
    expect(dollars).toEqual(["Ada, each day: dollars", "$1.00 of $5.00 spent · $0.50 reserved by calls under way."]);
    expect(tokens?.[0]).toBe("Ada, each day: tokens");
    expect(tokens?.[1]).toMatch(/^100 of 100 tokens spent · 50 reserved by calls under way\. Used up until /);
  });
});

describe("wantedOf", () => {
  function form(values: Record<string, string>): HTMLFormElement {
    const made = document.createElement("form");
    for (const [name, value] of Object.entries(values)) {
      const input = document.createElement("input");
      Object.assign(input, { name, value });
      made.append(input);
    }
    return made;
  }

  it("leaves out what is left empty, and whose it is where it is the tenant's", () => {
    const wanted = wantedOf(form({ subject: "tenant", period: "month", usd: "0.0001", tokens: "", warn: "70" }), [], null);
    expect(wanted).toEqual({ subject: "tenant", period: "month", limit_usd: 0.0001, limit_tokens: null, warn_percent: 70, cheaper_percent: null });
  });

  it("keeps from when on calls go to a cheaper model, of the budget whose place it takes", () => {
    const known = [{ ...BUDGET, cheaper_percent: 60 }];
    const given = { usd: "9", tokens: "", warn: "80" };
    const place = { subject: "user", subject_id: "1", period: "day" };
    expect(wantedOf(form({ ...place, ...given }), known, null)).toMatchObject({ ...place, limit_usd: 9, cheaper_percent: 60 });
    expect(wantedOf(form({ ...place, period: "month", ...given }), known, null).cheaper_percent).toBeNull();
    expect(wantedOf(form(given), known, known[0] ?? null)).toMatchObject({ ...place, limit_usd: 9, cheaper_percent: 60 });
  });
});

it("bounds an assistant that is chosen by its name, the built-in one first", async () => {
  const sent = standIn({ "POST /v1/budgets": BUDGET });
  HTMLDialogElement.prototype.showModal = function show() { this.open = true; };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <BudgetForm known={[]} changed={null} names={NAMES} onClose={vi.fn()} />
    </QueryClientProvider>,
  );
  fireEvent.change(screen.getByRole("combobox", { name: "Bounds" }), { target: { value: "assistant" } });
  const which = screen.getByRole("combobox", { name: "Which assistant" });
  expect(within(which).getAllByRole("option").map((each) => each.textContent)).toEqual(["Built-in assistant", "mate"]);
  fireEvent.change(screen.getByRole("spinbutton", { name: "Dollars" }), { target: { value: "2" } });
  for (const id of ["default", "m"]) {
    fireEvent.change(which, { target: { value: id } });
    fireEvent.submit(screen.getByTestId("budget-form"));
    await waitFor(() => expect(sent.at(-1)?.body).toMatchObject({ subject: "assistant", subject_id: id, limit_usd: 2 }));
  }
});

it("lists the newest day first, and else the dearest as they come", () => {
  const lines = ["2026-01-01", "2026-01-03", "2026-01-02"].map((day) => ({ ...LINE, of: { day } }));
  expect(arranged(lines).map((each) => each.of.day)).toEqual(["2026-01-03", "2026-01-02", "2026-01-01"]);
  const models = ["b", "a"].map((model) => ({ ...LINE, of: { model } }));
  expect(arranged(models)).toEqual(models);
});

it("has the columns of the lines that are shown, not of those that are fetched", () => {
  expect(groupingsOf([{ ...LINE, of: { stage: "answer", key: null } }])).toEqual(["key", "stage"]);
  expect(groupingsOf([])).toEqual([]);
});

it("asks for a file with what the page asks with", () => {
  const filter = { since: "2026-01-01T00:00:00Z", user: "a&b" };
  expect(costsPath(["day", "model"], filter, ".csv")).toBe("/v1/usage/costs.csv?by=day&by=model&since=2026-01-01T00%3A00%3A00Z&user=a%26b");
  expect(costsPath([], { ...filter, user: null })).toBe("/v1/usage/costs?since=2026-01-01T00%3A00%3A00Z");
});
