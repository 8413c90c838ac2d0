// An answer that was there before says so, names the question, and can be asked for anew.
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { GivenAgain } from "./given-again";

afterEach(cleanup);

it("says nothing of an answer that was made now", () => {
  render(<GivenAgain view={{ question: "When?", cached: false }} onAnew={vi.fn()} />);
  render(<GivenAgain view={{ question: "When?" }} onAnew={vi.fn()} />);
  expect(screen.queryByTestId("given-again")).toBeNull();
});

it("names the question that it was made for where that was another", () => {
  render(<GivenAgain view={{ question: "At what time?", cached: true, cached_question: "When?" }} onAnew={vi.fn()} />);
  expect(screen.getByTestId("given-again").textContent).toContain("answered before to “When?”");
  cleanup();
  render(<GivenAgain view={{ question: "When?", cached: true, cached_question: null }} onAnew={vi.fn()} />);
  expect(screen.getByTestId("given-again").textContent).toContain("This was answered before, and");
});

it("asks anew in one's own words", () => {
  const onAnew = vi.fn();
  render(<GivenAgain view={{ question: "At what time?", cached: true, cached_question: "When?" }} onAnew={onAnew} />);
  fireEvent.click(screen.getByRole("button", { name: "Answer it anew" }));
  expect(onAnew).toHaveBeenCalledWith("At what time?");
});
