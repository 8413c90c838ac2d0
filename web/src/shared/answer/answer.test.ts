// Numbers of pins, the fold of events, and the text for the clipboard.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Pin, Span } from "@/shared/api/types";
import { countVerdicts, numberPins, spanKey } from "./numbering";
import { answerAsText } from "./plain";
import { applyEvent, newAnswer, viewOf } from "./state";

const span = (page: number, start = 0): Span => ({ document: "d", revision: "r", source: "hand.pdf", page, start, end: start + 9, quote: "the\r\nquote" });
const spans = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(2)).map(([page, start]) => span(page, start)), { maxLength: 3 });
const pins = fc.array(
  fc.record({
    claim: fc.tuple(fc.nat(50), fc.nat(50)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
    verdict: fc.constantFrom("supported" as const, "partial" as const, "unsupported" as const),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    spans,
  }),
  { maxLength: 8 },
);

describe("numberPins", () => {
  it("counts 1, 2, 3 in reading order, one number a passage", () => {
    fc.assert(
      fc.property(pins, (all) => {
        const { sources, marks } = numberPins(all);
        expect(sources.map((source) => source.n)).toEqual(sources.map((_, index) => index + 1));
        expect(new Set(sources.map((source) => spanKey(source.span))).size).toBe(sources.length);
        const first = marks.flatMap((mark) => mark.sources.map((source) => source.n));
        expect([...new Set(first)]).toEqual(sources.map((source) => source.n));
        expect(marks).toHaveLength(all.length);
        const counts = countVerdicts(all);
        expect(counts.supported + counts.partial + counts.unsupported).toBe(all.length);
      }),
    );
  });
});

describe("applyEvent", () => {
  const pin: Pin = { claim: [0, 6], verdict: "supported", score: 1, spans: [span(3)] };
  const started = viewOf(newAnswer("a", "c", "Why?", "2026-11-20T00:00:00Z"));

  it("builds the text from its parts and ends with what the server kept", () => {
    const events = [
      { name: "retrieval.completed", id: "2", data: { passages: [], reading: ["new.pdf"], timings_ms: { retrieve: 3 } } },
      { name: "answer.delta", id: "3", data: { text: "Beca" } },
      { name: "answer.delta", id: "4", data: { text: "use." } },
      { name: "answer.pin", id: "5", data: pin },
    ];
    const view = events.reduce(applyEvent, started);
    expect([view.answer, view.pins.length, view.reading, view.state]).toEqual(["Because.", 1, ["new.pdf"], "running"]);
    const done = applyEvent(view, { name: "answer.completed", id: "6", data: { ...newAnswer("a", "c", "Why?", ""), answer: "Because!" } });
    expect([done.answer, done.state, done.reading]).toEqual(["Because!", "completed", ["new.pdf"]]);
  });

  it("keeps what was written when it is stopped or fails", () => {
    const half = applyEvent(started, { name: "answer.delta", id: "1", data: { text: "Half" } });
    const stopped = applyEvent(half, { name: "answer.failed", id: "2", data: { problem: { code: "cancelled" } } });
    const body = { problem: { code: "provider" }, cost_usd: 0.002, answer: "" };
    const failed = applyEvent(half, { name: "answer.failed", id: "2", data: body });
    expect([stopped.state, stopped.answer, stopped.cost_usd]).toEqual(["cancelled", "Half", null]);
    expect([failed.state, failed.answer, failed.cost_usd]).toEqual(["failed", "Half", 0.002]);
  });

  it("drops what was written when another model begins anew", () => {
    const events = [
      { name: "answer.delta", id: "3", data: { text: "Half of o" } },
      { name: "answer.pin", id: "4", data: pin },
      { name: "answer.restarted", id: "5", data: { reason: "The connection was cut." } },
      { name: "answer.delta", id: "6", data: { text: "Whole." } },
    ];
    const view = events.reduce(applyEvent, started);
    expect([view.answer, view.pins, view.state]).toEqual(["Whole.", [], "running"]);
  });

  it("starts a running answer from nothing, so that replayed events do not double it", () => {
    expect(viewOf({ ...started, answer: "Beca", pins: [pin] }).answer).toBe("");
    expect(viewOf({ ...started, state: "completed", answer: "Because." }).answer).toBe("Because.");
  });
});

describe("answerAsText", () => {
  it("puts the numbers after the claims and the sources below", () => {
    const all: Pin[] = [
      { claim: [0, 3], verdict: "supported", score: 1, spans: [span(3), { ...span(4), source: "show.pptx", place: "Slide 4" }] },
      { claim: [4, 7], verdict: "unsupported", score: 0, spans: [] },
    ];
    expect(answerAsText({ answer: "👶a. b c.", pins: all })).toBe(
      "👶a.[1][2] b c [no source].\n\n[1] hand.pdf, page 3: “the quote”\n[2] show.pptx, Slide 4: “the quote”\n",
    );
  });
});
