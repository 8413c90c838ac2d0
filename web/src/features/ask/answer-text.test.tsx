// Pins as people meet them: numbers, names for screen readers, keys, and nothing that becomes a request.
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { Pin, Span } from "@/shared/api/types";
import { AnswerText } from "./answer-text";

const span = (page: number): Span => ({ document: "d", revision: "r", source: "handbook.pdf", page, start: 4, end: 9, quote: "ten weeks" });
const PINS: Pin[] = [
  { claim: [0, 10], verdict: "supported", score: 0.9, spans: [span(3)] },
  { claim: [11, 20], verdict: "partial", score: 0.5, spans: [{ ...span(4), source: "rates.xlsx", place: "Sheet 'Rates', B41:C41" }] },
  { claim: [21, 30], verdict: "unsupported", score: 0, spans: [] },
];
const TEXT = "It is so.  It may be. Who knows.";

function show(text = TEXT, pins = PINS): Span[] {
  const opened: Span[] = [];
  render(<AnswerText text={text} pins={pins} running={false} opened={null} onOpen={(each) => opened.push(each)} />);
  return opened;
}

afterEach(cleanup);

describe("AnswerText", () => {
  it("names each pin by source, place and verdict, and the sentence without one", () => {
    show();
    const labels = screen.getAllByTestId("pin").map((pin) => pin.getAttribute("aria-label"));
    expect(labels).toEqual(["Source 1: handbook.pdf, page 3, supported", "Source 2: rates.xlsx, Sheet 'Rates', B41:C41, partial"]);
    expect(screen.getByTestId("pin-missing").getAttribute("aria-label")).toContain("unsupported");
  });

  it("opens the passage, and shows its place and the quote on hover", () => {
    const opened = show();
    const [first, second] = screen.getAllByTestId("pin");
    if (!first || !second) throw new Error("no pin");
    fireEvent.pointerEnter(second, { pointerType: "mouse" });
    expect(screen.getByTestId("pin-card").textContent).toContain("Sheet 'Rates', B41:C41");
    fireEvent.blur(second);
    fireEvent.pointerEnter(first, { pointerType: "mouse" });
    expect(screen.getByTestId("pin-card").textContent).toContain("ten weeks");
    fireEvent.click(first);
    expect(opened.map((each) => each.page)).toEqual([3]);
  });

  it("walks the pins with the arrow keys", () => {
    show();
    const pins = screen.getAllByTestId("pin");
    pins[0]?.focus();
    if (pins[0]) fireEvent.keyDown(pins[0], { key: "ArrowRight" });
    expect(document.activeElement).toBe(pins[1]);
  });

  it("shows quotes as such, and items within items further in", () => {
    show("> It is so.\n\n1. One\n   - under it", []);
    expect(screen.getByText("It is so.").closest("blockquote")).not.toBeNull();
    expect(screen.getByText("under it").closest("li")?.className).toContain("ml-6");
  });

  it("never makes an element out of what the model wrote", () => {
    const { container } = render(
      <AnswerText text={"<img src=x> ![a](http://evil/x.png) [l](javascript:alert(1))"} pins={[]} running={false} opened={null} onOpen={() => undefined} />,
    );
    expect(container.querySelectorAll("img, a, script, iframe")).toHaveLength(0);
    expect(container.textContent).toContain("<img src=x>");
  });
});
