// What the server logged is what the page shows, whatever comes between: cuts, replays, ids and data that are none.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ANSWER_EVENTS, applyEvent, isTerminal, newAnswer, viewOf } from "@/shared/answer/state";
import { openStream, type StreamEvent } from "./stream";

class Source extends EventTarget {
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  close(): void {
    this.readyState = 2;
  }
  send(id: string, name: string, data: string): void {
    if (this.readyState !== 2) this.dispatchEvent(new MessageEvent(name, { data, lastEventId: id }));
  }
}

interface Logged {
  name: string;
  data: string;
}

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), fc.constantFrom("\r\n", "data: x", "👶", "\u2028", ""));
const part = fc.oneof(
  text.map((each) => ({ name: "answer.delta", data: JSON.stringify({ text: each }) })),
  fc.constant({ name: "answer.pin", data: JSON.stringify({ claim: [0, 1], verdict: "partial", score: 0, spans: [] }) }),
  fc.constant({ name: "retrieval.completed", data: JSON.stringify({ passages: [], reading: [] }) }),
);
const log = fc.tuple(fc.array(part, { maxLength: 8 }), fc.constantFrom("answer.completed", "answer.failed")).map(([parts, end]): Logged[] => {
  const answer = parts.filter(({ name }) => name === "answer.delta").map(({ data }) => (JSON.parse(data) as { text: string }).text);
  const last = { ...newAnswer("a", "c", "Why?", ""), answer: answer.join(""), problem: null };
  return [{ name: "answer.started", data: "{}" }, ...parts, { name: end, data: JSON.stringify(last) }];
});
const wrongId = fc.oneof(
  fc.constantFrom("", "0", "-1", "1.5", "0.5", "NaN", "Infinity", "1e0", "0x2", " 2 ", "٢", "02", "9".repeat(400), "3\n"),
  fc.string({ maxLength: 3 }).filter((id) => !/^[1-9]\d{0,8}$/.test(id)),
);
const stray = fc.record({ id: wrongId, name: fc.constantFrom(...ANSWER_EVENTS, "message", "error"), data: fc.constantFrom("{}", "{", "", "null", '{"text":"stray"}') });
const connection = fc.record({
  from: fc.nat(9),
  length: fc.nat(12),
  strays: fc.array(fc.tuple(fc.nat(12), stray), { maxLength: 3 }),
  gaveUp: fc.boolean(),
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("openStream", () => {
  it("shows what was logged, once and in order, with one end", () => {
    fc.assert(
      fc.property(log, fc.array(connection, { maxLength: 6 }), (logged, connections) => {
        const sources: Source[] = [];
        const seen: StreamEvent[] = [];
        const stop = openStream({
          url: "/events",
          names: ANSWER_EVENTS,
          contiguous: true,
          isLast: isTerminal,
          onEvent: (event) => seen.push(event),
          open: () => {
            const source = new Source();
            sources.push(source);
            return source as unknown as EventSource;
          },
        });
        const current = () => sources.at(-1) as Source;
        const replay = (from: number, length: number, strays: [number, { id: string; name: string; data: string }][]) => {
          const source = current();
          logged.slice(from, from + length).forEach(({ name, data }, at) => {
            for (const [place, each] of strays) if (place === at) source.send(each.id, each.name, each.data);
            source.send(String(from + at + 1), name, data);
          });
        };
        for (const { from, length, strays, gaveUp } of connections) {
          replay(from, length, strays);
          const source = current();
          if (gaveUp) source.readyState = 2;
          source.onerror?.();
          vi.advanceTimersByTime(20_000);
        }
        for (let again = 0; again < 2; again += 1) {
          replay(0, logged.length, []);
          vi.advanceTimersByTime(20_000);
        }
        stop();
        expect(seen.map(({ id, name, data }) => [id, name, JSON.stringify(data)])).toEqual(
          logged.map(({ name, data }, at) => [String(at + 1), name, JSON.stringify(JSON.parse(data))]),
        );
        expect(seen.filter(isTerminal)).toHaveLength(1);
        const start = viewOf(newAnswer("a", "c", "Why?", ""));
        const told = seen.slice(0, -1).reduce(applyEvent, start);
        expect(told.answer).toBe((JSON.parse(logged.at(-1)?.data ?? "") as { answer: string }).answer);
        expect(seen.reduce(applyEvent, start).answer).toBe(told.answer);
      }),
    );
  });
});
