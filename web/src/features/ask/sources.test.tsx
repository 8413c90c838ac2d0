// What older versions say is named below an answer, and opens where it stands.
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { OlderSpan, Span } from "@/shared/api/types";
import { OlderVersions } from "./sources";

const OLDER: OlderSpan = {
  document: "d",
  revision: "r",
  source: "travel-2025.pdf",
  page: 1,
  start: 4,
  end: 15,
  quote: "London\n£165",
  place: "page 1 (printed iv)",
  newer: "travel-2026.pdf",
};

afterEach(cleanup);

describe("OlderVersions", () => {
  it("names the file, quotes it on one line and opens the passage", () => {
    const opened: Span[] = [];
    render(<OlderVersions older={[OLDER]} onOpen={(span) => opened.push(span)} />);
    expect(screen.getByRole("heading").textContent).toBe("An older version says");
    const row = screen.getByRole("button");
    expect(row.textContent).toContain("travel-2025.pdf");
    expect(row.textContent).toContain("London £165");
    expect(row.textContent).toContain("page 1 (printed iv)");
    fireEvent.click(row);
    expect(opened).toEqual([OLDER]);
  });

  it("shows nothing where there is none", () => {
    const { container } = render(<OlderVersions older={[]} onOpen={() => undefined} />);
    expect(container.textContent).toBe("");
  });
});
