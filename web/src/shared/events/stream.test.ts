// The reader gives every event once and in order, whatever the connection does.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoffMs, openStream, type StreamEvent } from "./stream";

/** An EventSource that the test drives. */
class FakeSource extends EventTarget {
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  close(): void {
    this.readyState = 2;
  }
  send(id: number, name = "answer.delta"): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify({ id }), lastEventId: String(id) }));
  }
}

let sources: FakeSource[] = [];
const open = (): EventSource => {
  const source = new FakeSource();
  sources.push(source);
  return source as unknown as EventSource;
};
const current = () => sources.at(-1) as FakeSource;

function follow(): { seen: number[]; stop: () => void } {
  const seen: number[] = [];
  const stop = openStream({
    url: "/events",
    names: ["answer.delta", "answer.completed"],
    contiguous: true,
    open,
    isLast: (event: StreamEvent) => event.name === "answer.completed",
    onEvent: (event) => seen.push(Number(event.id)),
  });
  return { seen, stop };
}

beforeEach(() => {
  sources = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe("openStream", () => {
  it("delivers each event once when every connection replays from anywhere and breaks anywhere", () => {
    const connection = fc.record({ from: fc.nat(12), length: fc.nat(12), closed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(connection, { maxLength: 8 }), (connections) => {
        sources = [];
        const { seen, stop } = follow();
        for (const { from, length, closed } of connections) {
          for (let id = from + 1; id <= from + length; id += 1) current().send(id);
          const source = current();
          if (closed) source.readyState = 2;
          source.onerror?.();
          vi.advanceTimersByTime(20_000);
        }
        for (let id = 1; id <= 12; id += 1) current().send(id);
        vi.advanceTimersByTime(20_000);
        for (let id = 1; id <= 30; id += 1) current().send(id);
        stop();
        expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1));
        expect(seen.length).toBe(30);
      }),
    );
  });

  it("closes after the last event and does not come back", () => {
    const { seen } = follow();
    current().send(1);
    current().send(2, "answer.completed");
    current().onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual([1, 2]);
    expect(sources).toHaveLength(1);
    expect(current().readyState).toBe(2);
  });

  it("leaves a source alone that reconnects by itself, and replaces one that gave up", () => {
    follow();
    current().readyState = 0;
    current().onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
    current().readyState = 2;
    current().onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(2);
  });

  it("waits longer each time, up to ten seconds", () => {
    expect([0, 1, 2, 3].map(backoffMs)).toEqual([500, 1000, 2000, 4000]);
    expect(backoffMs(50)).toBe(10_000);
  });
});
