// Who answers: it is chosen beside the question, goes on in the conversation, and is said of the answer.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { newAnswer } from "@/shared/answer/state";
import type { Assistant } from "@/shared/api/assistants";
import type { Answer, AssistantNamed } from "@/shared/api/types";
import { listOf, Refusal, standIn } from "@/shared/stand-in";
import { AskPage } from "./ask-page";

const [SHIPS, PEOPLE, LAWS] = ["ships", "people", "laws"].map((name) => ({ id: `id-of-${name}`, name })) as [Named, Named, Named];
type Named = { id: string; name: string };

const assistant = (name: string, collections: Named[] | null = null, id = `id-of-${name}`): Assistant => ({
  id, name, collections, description: `About ${name}.`, version: 2, created_at: "", updated_at: "", instructions: null, model: null, tier: null, likeness: null,
});
const MATE: AssistantNamed = { id: "id-of-mate", name: "mate", version: 1 };
const answered = (id: string, by: AssistantNamed | null, more: Partial<Answer> = {}): Answer => ({
  ...newAnswer(id, "c", `Question ${id}?`, "2026-01-01T00:00:00Z", by), answer: "So it is.", state: "completed", ...more,
});

let replies: Record<string, unknown>;

beforeEach(() => {
  vi.stubGlobal("EventSource", class { addEventListener() { /* nothing is told */ } close() { /* nothing to close */ } });
  Element.prototype.scrollIntoView = vi.fn();
  replies = {
    "GET /v1/assistants": listOf(assistant("crew", [PEOPLE]), assistant("mate", [LAWS, SHIPS])),
    "GET /v1/collections": listOf(SHIPS, PEOPLE, LAWS),
    "GET /v1/documents": listOf({ id: "d", source: "a.md", state: "queued" }),
    "POST /v1/answers": { id: "new", conversation: "c", events: "" },
  };
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function conversationOf(...answers: Answer[]): void {
  replies["GET /v1/conversations/c"] = { id: "c", title: "t", created_at: "", updated_at: "", turns: answers.length, answers };
}

/** Shows the page at an address, and returns what it asked. */
function opened(path: string): () => unknown[] {
  const sent = standIn(replies);
  const root = createRootRoute();
  const home = createRoute({ getParentRoute: () => root, path: "/", component: () => <AskPage conversation={null} /> });
  const one = createRoute({ getParentRoute: () => root, path: "/c/$conversation", component: () => <AskPage conversation="c" /> });
  const library = createRoute({ getParentRoute: () => root, path: "/library" });
  const router = createRouter({ routeTree: root.addChildren([home, one, library]), history: createMemoryHistory({ initialEntries: [path] }) });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return () => sent.filter((each) => each.path === "/v1/answers").map((each) => each.body);
}

const chooser = () => screen.findByRole<HTMLSelectElement>("combobox", { name: "Who answers" });
const choices = (list: HTMLElement) => within(list).getAllByRole<HTMLOptionElement>("option").map((each) => each.textContent);
const wordsIn = (list: HTMLSelectElement) => list.selectedOptions[0]?.textContent;

function ask(question: string): void {
  fireEvent.change(screen.getByTestId("ask-input"), { target: { value: question } });
  fireEvent.click(screen.getByTestId("ask-send"));
}

it("offers the built-in one first, then the others with what they are for", async () => {
  const asked = opened("/");
  const list = await chooser();
  expect(choices(list)).toEqual(["Built-in assistant", "crew", "mate"]);
  expect(within(list).getByRole("option", { name: "crew" }).title).toBe("About crew.");
  ask("When?");
  await waitFor(() => expect(asked()).toEqual([{ question: "When?", stream: true }]));
});

it("offers nothing where there is nothing to choose", async () => {
  replies["GET /v1/assistants"] = listOf();
  opened("/");
  await screen.findByRole("combobox", { name: "Ask in" });
  expect(screen.queryByTestId("ask-assistant")).toBeNull();
});

it("asks whom one has chosen, in a collection of theirs, and says at once who answers", async () => {
  conversationOf();
  const asked = opened("/");
  fireEvent.change(await screen.findByTestId("ask-collection"), { target: { value: PEOPLE.id } });
  fireEvent.change(await chooser(), { target: { value: "mate" } });
  const within_ = screen.getByTestId<HTMLSelectElement>("ask-collection");
  expect(choices(within_)).toEqual(["All its collections", "laws", "ships"]);
  expect(within_.value).toBe("");
  fireEvent.change(within_, { target: { value: LAWS.id } });
  ask("When?");
  await waitFor(() => expect(asked()).toEqual([{ question: "When?", assistant: "mate", collections: [LAWS.id], stream: true }]));
  expect((await screen.findByTestId("answered-by")).textContent).toBe("Assistant mate");
});

it("asks in no collection where the chosen one answers from one alone", async () => {
  const asked = opened("/");
  fireEvent.change(await screen.findByTestId("ask-collection"), { target: { value: PEOPLE.id } });
  fireEvent.change(await chooser(), { target: { value: "crew" } });
  expect(screen.queryByTestId("ask-collection")).toBeNull();
  ask("When?");
  await waitFor(() => expect(asked()).toEqual([{ question: "When?", assistant: "crew", stream: true }]));
});

it("goes on in a conversation with whom its last answer is of, and with the built-in one where that is chosen", async () => {
  conversationOf(answered("a", null), answered("b", { ...MATE, name: "called otherwise then" }));
  const asked = opened("/c/c");
  await waitFor(async () => expect(wordsIn(await chooser())).toBe("mate"));
  ask("And?");
  await waitFor(() => expect(asked()).toEqual([{ question: "And?", conversation: "c", stream: true }]));
  cleanup();
  conversationOf(answered("a", null), answered("b", MATE));
  const askedThen = opened("/c/c");
  await screen.findByText("Question b?");
  fireEvent.change(await chooser(), { target: { value: "default" } });
  ask("And?");
  await waitFor(() => expect(askedThen()).toEqual([{ question: "And?", conversation: "c", assistant: "default", stream: true }]));
  await waitFor(() => expect(screen.getAllByTestId("answer")).toHaveLength(3));
  expect(screen.getAllByTestId("answered-by")).toHaveLength(1);
});

it("says that the one of a conversation is gone, keeps the question, and goes on with another", async () => {
  conversationOf(answered("a", { ...MATE, id: "gone", name: "bosun" }));
  replies["POST /v1/answers"] = new Refusal(404, { code: "not-found", title: "The assistant of this conversation, bosun, is not there any more." });
  const asked = opened("/c/c");
  await waitFor(async () => expect(wordsIn(await chooser())).toBe("bosun (gone)"));
  ask("And?");
  expect((await screen.findByRole("alert")).textContent).toContain("bosun, is not there any more");
  await waitFor(() => expect(screen.getByTestId<HTMLTextAreaElement>("ask-input").value).toBe("And?"));
  replies["POST /v1/answers"] = { id: "new", conversation: "c", events: "" };
  fireEvent.change(await chooser(), { target: { value: "crew" } });
  fireEvent.click(screen.getByTestId("ask-send"));
  await waitFor(() => expect(asked().at(-1)).toMatchObject({ question: "And?", assistant: "crew" }));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

it("asks anew, and again, whoever answered", async () => {
  conversationOf(answered("a", MATE, { cached: true }), answered("b", null, { cached: true }), answered("c", { ...MATE, id: "gone", name: "bosun" }, { cached: true }));
  replies["GET /v1/assistants"] = listOf(assistant("first-mate", null, MATE.id));
  const asked = opened("/c/c");
  await chooser();
  for (const [index, called] of ["first-mate", "default", "bosun"].entries()) {
    const button = screen.getAllByRole("button", { name: "Answer it anew" })[index];
    if (button) fireEvent.click(button);
    await waitFor(() => expect(asked().at(-1)).toMatchObject({ assistant: called, fresh: true }));
  }
});
