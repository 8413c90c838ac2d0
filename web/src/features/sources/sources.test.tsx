// Sources are added as the form says, changed in what is another, paused and removed after a question; refusals are shown.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Source } from "@/shared/api/sources";
import { listOf, Refusal, type Sent, standIn } from "@/shared/stand-in";
import { SourcesPage } from "./sources-page";

const RUN = { number: 1, state: "done", found: 4, added: 3, changed: 0, removed: 0, failed: 1, problem: null, started_at: "2026-01-01T08:00:00Z", finished_at: "2026-01-01T08:00:02Z" } as const;
const HANDBOOK: Source = {
  id: "s", name: "handbook", kind: "git", location: "https://git.example.com/handbook.git", options: { within: "docs", token: "PINCITE_SECRET_GIT" }, collection: "c", every_s: 3600, state: "active",
  items: 3, run: RUN, next_at: "2099-01-01T09:00:00Z", created_at: "2026-01-01T08:00:00Z",
};
const COMPANY = { id: "c", name: "company", documents: 3, created_at: "", personal_data: "off" };

let replies: Record<string, unknown>;
let sent: Sent[];

beforeEach(() => {
  replies = {
    "GET /v1/session": { user: { roles: ["admin"] } },
    "GET /v1/sources": listOf(HANDBOOK),
    "GET /v1/collections": listOf(COMPANY),
    "GET /v1/status": { workers: 1 },
    "POST /v1/sources": HANDBOOK,
    "POST /v1/collections": { ...COMPANY, id: "n", name: "laws" },
    "PATCH /v1/sources/s": HANDBOOK,
    "POST /v1/sources/s/pause": { ...HANDBOOK, state: "paused" },
    "POST /v1/sources/s/sync": HANDBOOK,
    "DELETE /v1/sources/s": {},
  };
  sent = standIn(replies);
  // What the browser's own dialog does is not there.
  HTMLDialogElement.prototype.showModal = function show() { this.open = true; };
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function open() {
  const root = createRootRoute();
  const page = createRoute({ getParentRoute: () => root, path: "/", component: SourcesPage });
  const library = createRoute({ getParentRoute: () => root, path: "/library", component: () => null });
  const router = createRouter({ routeTree: root.addChildren([page, library]), history: createMemoryHistory() });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
}

const written = () => sent.filter((each) => each.method !== "GET");
const form = () => screen.getByTestId("source-form");
const type = (name: string, value: string) => fireEvent.change(within(form()).getByRole("textbox", { name }), { target: { value } });

it("shows each with where it is, how it stands, what its run did, and its documents in the library", async () => {
  open();
  const row = await screen.findByTestId("source");
  await within(row).findByText(/in company/);
  for (const said of ["handbook", "Git repository", HANDBOOK.location, "every hour", "3 added · 1 not read", "Needs a look", "1 thing could not be read"]) {
    expect(row.textContent).toContain(said);
  }
  expect(within(row).getByRole("link").getAttribute("href")).toBe("/library?collection=c&name=handbook%2F");
});

it("adds one of the kind that is chosen, with what is not as it is by itself", async () => {
  open();
  fireEvent.click(await screen.findByTestId("new-source"));
  fireEvent.click(within(form()).getByRole("radio", { name: "Web site" }));
  type("Name", " site ");
  type("Address", "https://example.com/docs/");
  fireEvent.change(within(form()).getByRole("spinbutton", { name: "Most pages" }), { target: { value: "50" } });
  fireEvent.click(within(form()).getByRole("checkbox", { name: "Read sitemaps" }));
  fireEvent.change(within(form()).getByRole("combobox", { name: "Looked at" }), { target: { value: "0" } });
  await within(form()).findByRole("combobox", { name: "Documents go to" });
  fireEvent.submit(form());
  const wanted = { name: "site", kind: "web", location: "https://example.com/docs/", collection: "c", every_s: 0, options: { pages: 50, sitemap: false } };
  await waitFor(() => expect(written()).toEqual([{ method: "POST", path: "/v1/sources", body: wanted }]));
  await waitFor(() => expect(screen.queryByTestId("source-form")).toBeNull());
  await screen.findByText("The source handbook was added. Its first run begins within seconds.");
});

it("makes a new collection once, also where the source was refused the first time", async () => {
  replies["POST /v1/sources"] = new Refusal(422, { code: "bad-source", title: "'a b' cannot name a source.", remedy: "Use letters." });
  open();
  fireEvent.click(await screen.findByTestId("new-source"));
  type("Name", "a b");
  type("Path", "/srv/laws");
  fireEvent.change(await within(form()).findByRole("combobox", { name: "Documents go to" }), { target: { value: "" } });
  type("Name of the new collection", "laws");
  replies["GET /v1/collections"] = listOf(COMPANY, { ...COMPANY, id: "n", name: "laws" });
  fireEvent.submit(form());
  const name = within(form()).getByRole<HTMLInputElement>("textbox", { name: "Name" });
  expect((await screen.findByRole("alert")).textContent).toBe("'a b' cannot name a source. Use letters.");
  expect([name.value, name.getAttribute("aria-invalid"), document.activeElement]).toEqual(["a b", "true", name]);
  replies["POST /v1/sources"] = HANDBOOK;
  type("Name", "laws");
  fireEvent.submit(form());
  await waitFor(() => expect(screen.queryByTestId("source-form")).toBeNull());
  expect(written().map((each) => each.path)).toEqual(["/v1/collections", "/v1/sources", "/v1/sources"]);
  expect(written()[2]?.body).toMatchObject({ name: "laws", kind: "folder", collection: "n", every_s: 300, options: {} });
});

it("shows a refusal that names no field above the buttons", async () => {
  replies["POST /v1/sources"] = new Refusal(404, { code: "not-found", title: "There is no collection 'c'.", remedy: "Make it first." });
  open();
  fireEvent.click(await screen.findByTestId("new-source"));
  type("Name", "etc");
  type("Path", "/etc");
  await within(form()).findByRole("combobox", { name: "Documents go to" });
  fireEvent.submit(form());
  expect((await screen.findByRole("alert")).textContent).toContain("There is no collection 'c'.Make it first.");
});

it("sends of a change what is another, and nothing where nothing is", async () => {
  open();
  fireEvent.click(await screen.findByRole("button", { name: "Change handbook" }));
  expect(within(form()).queryByRole("textbox", { name: "Name" })).toBeNull();
  fireEvent.submit(form());
  await waitFor(() => expect(screen.queryByTestId("source-form")).toBeNull());
  expect(written()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Change handbook" }));
  type("Only below this folder", "");
  type("Branch", "next");
  fireEvent.change(within(form()).getByRole("combobox", { name: "Looked at" }), { target: { value: "86400" } });
  fireEvent.submit(form());
  await waitFor(() => expect(written()).toEqual([{ method: "PATCH", path: "/v1/sources/s", body: { every_s: 86_400, options: { branch: "next", within: null } } }]));
});

it("pauses, and says why what is asked for is refused", async () => {
  replies["POST /v1/sources/s/pause"] = new Refusal(409, { code: "source-busy", title: "The source handbook is being removed.", remedy: "Wait until it is gone." });
  open();
  fireEvent.click(await screen.findByRole("button", { name: "Pause: handbook" }));
  expect((await screen.findByRole("alert")).textContent).toContain("The source handbook is being removed.");
  replies["POST /v1/sources/s/pause"] = HANDBOOK;
  replies["GET /v1/sources"] = listOf({ ...HANDBOOK, state: "paused", next_at: null });
  fireEvent.click(screen.getByRole("button", { name: "Pause: handbook" }));
  await screen.findByRole("button", { name: "Resume: handbook" });
  expect(screen.getByTestId("standing").textContent).toBe("Paused");
  expect(screen.queryByRole("button", { name: "Sync now: handbook" })).toBeNull();
});

it("deletes what is gone only after a question", async () => {
  const problem = { code: "deletions-withheld", message: "The place shows nothing any more, so nothing was deleted.", remedy: "`pincite sources sync handbook --delete` deletes them." };
  replies["GET /v1/sources"] = listOf({ ...HANDBOOK, run: { ...RUN, problem } });
  open();
  fireEvent.click(await screen.findByRole("button", { name: "Delete what is gone from handbook" }));
  expect(written()).toEqual([]);
  fireEvent.click(screen.getByTestId("confirm"));
  await waitFor(() => expect(written()).toEqual([{ method: "POST", path: "/v1/sources/s/sync", body: { delete: true } }]));
});

it("says why one that was to go is there still, and offers to remove it again", async () => {
  const problem = { code: "sync-interrupted", message: "The run ended several times without a word.", remedy: "See the log." };
  replies["GET /v1/sources"] = listOf({ ...HANDBOOK, state: "leaving", collection: "gone", run: { ...RUN, state: "failed", problem } });
  open();
  const row = await screen.findByTestId("source");
  await within(row).findByText(/in a collection that is gone/);
  expect(row.textContent).toContain("Being removed");
  expect(row.textContent).toContain("The run ended several times without a word.");
  expect(within(row).getAllByRole("button").map((each) => each.textContent)).toEqual(["Remove"]);
  expect(within(row).getByRole("link").getAttribute("href")).toBe("/library?name=handbook%2F");
});

it("removes one as is chosen, and keeps its documents unless that is", async () => {
  open();
  fireEvent.click(await screen.findByRole("button", { name: "Remove handbook" }));
  fireEvent.submit(screen.getByTestId("remove-source"));
  await waitFor(() => expect(written().map((each) => each.path)).toEqual(["/v1/sources/s"]));
  await waitFor(() => expect(screen.queryByTestId("remove-source")).toBeNull());
  fireEvent.click(screen.getByRole("button", { name: "Remove handbook" }));
  fireEvent.click(screen.getByRole("radio", { name: /^Remove too/ }));
  replies["DELETE /v1/sources/s"] = new Refusal(409, { code: "on-hold", title: "The collection company is on legal hold.", remedy: "Release it first." });
  fireEvent.submit(screen.getByTestId("remove-source"));
  await screen.findByText("The collection company is on legal hold.");
  expect(written()[1]?.path).toBe("/v1/sources/s?documents=true");
});

it("says what a source is where there is none, and asks nothing for who may not see them", async () => {
  replies["GET /v1/sources"] = listOf();
  open();
  expect((await screen.findByTestId("no-sources")).textContent).toContain("A source is a place that a collection is kept in step with");
  cleanup();
  sent.length = 0;
  replies["GET /v1/session"] = { user: { roles: ["editor"] } };
  open();
  await screen.findByTestId("not-yours");
  expect(screen.queryByTestId("new-source")).toBeNull();
  expect(sent.map((each) => each.path)).toEqual(["/v1/session"]);
});
