// Assistants are set up as the form says, changed in what is another, and removed after a question; refusals are shown.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Assistant } from "@/shared/api/assistants";
import { listOf, Refusal, type Sent, standIn } from "@/shared/stand-in";
import { answersWords, Assistants } from "./assistants";

const SHIPS = { id: "s", name: "ships" };
const LAWS = { id: "l", name: "laws" };
const MATE: Assistant = {
  id: "m", name: "mate", description: "Crossings.", collections: [SHIPS], version: 3, created_at: "", updated_at: "", instructions: "Be brief.", model: null, tier: "cheap", likeness: 0.9,
};

let replies: Record<string, unknown>;
let sent: Sent[];

beforeEach(async () => {
  replies = {
    "GET /v1/assistants": listOf(MATE),
    "GET /v1/collections": listOf(LAWS, SHIPS),
    "GET /v1/status": { model: "openai:test-model" },
    "POST /v1/assistants": MATE,
    "PATCH /v1/assistants/m": MATE,
    "DELETE /v1/assistants/m": {},
  };
  sent = standIn(replies);
  // What the browser's own dialog does is not there.
  HTMLDialogElement.prototype.showModal = function show() { this.open = true; };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Assistants />
    </QueryClientProvider>,
  );
  await screen.findByTestId("assistant");
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const written = () => sent.filter((each) => each.method !== "GET");
const form = () => screen.getByTestId("assistant-form");
const field = (name: string | RegExp) => within(form()).getByRole<HTMLInputElement>("textbox", { name });
const type = (name: string, value: string) => fireEvent.change(field(name), { target: { value } });

it("shows each with what it answers from, its version and the model that clients of OpenAI's protocol name", () => {
  const text = screen.getByTestId("assistant").textContent;
  for (const said of ["mate · version 3", "Crossings.", "Answers from ships, by the cheap tier.", "pincite/mate"]) expect(text).toContain(said);
  expect(screen.getByRole("button", { name: "Copy pincite/mate" })).toBeTruthy();
});

it("sets one up from all that the asker may read, unless collections are chosen", async () => {
  fireEvent.click(screen.getByTestId("new-assistant"));
  type("Name", " crew ");
  await waitFor(() => expect(field("Model").placeholder).toBe("openai:test-model"));
  fireEvent.submit(form());
  const wanted = { name: "crew", description: "", instructions: "", collections: null, model: null, tier: null };
  await waitFor(() => expect(written()).toEqual([{ method: "POST", path: "/v1/assistants", body: wanted }]));
  await waitFor(() => expect(screen.queryByTestId("assistant-form")).toBeNull());
  fireEvent.click(screen.getByTestId("new-assistant"));
  type("Name", "crew");
  type("What it is for", "The crew.");
  type("Instructions", "Say aye.\nTwice.");
  type("Model", "none");
  fireEvent.change(within(form()).getByRole("combobox", { name: "Tier of its route" }), { target: { value: "strong" } });
  fireEvent.click(screen.getByRole("radio", { name: /^these collections/ }));
  fireEvent.click(screen.getByRole("checkbox", { name: "laws" }));
  fireEvent.submit(form());
  await waitFor(() =>
    expect(written()[1]?.body).toEqual({ name: "crew", description: "The crew.", instructions: "Say aye.\nTwice.", collections: ["l"], model: "none", tier: "strong" }),
  );
});

it("sends of a change what is another, and nothing where nothing is", async () => {
  fireEvent.click(screen.getByRole("button", { name: "Change mate" }));
  expect(field("Instructions").value).toBe("Be brief.");
  fireEvent.submit(form());
  await waitFor(() => expect(screen.queryByTestId("assistant-form")).toBeNull());
  expect(written()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Change mate" }));
  type("Instructions", "");
  fireEvent.click(await screen.findByRole("checkbox", { name: "laws" }));
  fireEvent.submit(form());
  await waitFor(() => expect(written()).toEqual([{ method: "PATCH", path: "/v1/assistants/m", body: { instructions: "", collections: ["l", "s"] } }]));
  await waitFor(() => expect(screen.queryByTestId("assistant-form")).toBeNull());
  fireEvent.click(screen.getByRole("button", { name: "Change mate" }));
  fireEvent.click(screen.getByRole("radio", { name: "all that the asker may read" }));
  fireEvent.submit(form());
  await waitFor(() => expect(written()[1]?.body).toEqual({ collections: null }));
});

it("shows why one cannot be set up, and keeps what was typed", async () => {
  replies["POST /v1/assistants"] = new Refusal(409, { code: "conflict", title: "There is an assistant named mate already.", remedy: "Choose another name." });
  fireEvent.click(screen.getByTestId("new-assistant"));
  type("Name", "mate");
  fireEvent.submit(form());
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("There is an assistant named mate already.");
  expect(alert.textContent).toContain("Choose another name.");
  expect(field("Name").value).toBe("mate");
});

it("removes one when that is confirmed, and says why not where it is refused", async () => {
  replies["DELETE /v1/assistants/m"] = new Refusal(404, { code: "not-found", title: "There is no assistant 'm'.", remedy: "Look again." });
  fireEvent.click(screen.getByRole("button", { name: "Remove mate" }));
  expect(written()).toEqual([]);
  fireEvent.click(screen.getByTestId("confirm"));
  await screen.findByText("There is no assistant 'm'. Look again.");
  replies["DELETE /v1/assistants/m"] = {};
  replies["GET /v1/assistants"] = listOf();
  fireEvent.click(screen.getByTestId("confirm"));
  await waitFor(() => expect(screen.queryByTestId("assistant")).toBeNull());
});

describe("answersWords", () => {
  const words = (more: Partial<Assistant>) => answersWords({ ...MATE, tier: null, ...more });
  it("say from what, and by what where that is chosen", () => {
    expect(words({ collections: null })).toBe("Answers from all that the asker may read.");
    expect(words({ collections: null, model: "none" })).toBe("Answers from all that the asker may read, without a model.");
    expect(words({ model: "openai:m", tier: "strong" })).toBe("Answers from ships, by openai:m, by the strong tier.");
    expect(words({ collections: Array.from("abcdefg", (name) => ({ id: name, name })) })).toBe("Answers from a, b, c, d, e and 2 more.");
    expect(words({ collections: [] })).toBe("Answers nothing: its collections are gone.");
  });
});
