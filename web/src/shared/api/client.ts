// One door to the HTTP API: same host, JSON in and out, problems as one error type.
import type { Problem } from "./types";

/** What the server refused, in its own words. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;

  constructor(status: number, problem: Problem) {
    super(problem.detail ?? problem.message ?? problem.title ?? `The server answered ${status}.`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = problem.code;
    this.title = problem.title ?? "That did not work";
    this.detail = problem.detail ?? problem.message ?? "";
    this.remedy = problem.remedy ?? "";
  }
}

const UNREACHABLE: Problem = {
  code: "unreachable",
  title: "Pincite does not answer",
  detail: "The server could not be reached.",
  remedy: "Check that `pincite serve` is running, then try again.",
};

/** Reads problem+json; anything else becomes a problem that names the status. */
export function problemFrom(status: number, body: string): ApiProblem {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && ("title" in parsed || "detail" in parsed || "code" in parsed)) {
      return new ApiProblem(status, { code: "unknown", ...(parsed as Partial<Problem>) });
    }
  } catch {
    // Not JSON: a proxy or a crash answered; the status is all there is.
  }
  return new ApiProblem(status, { code: "unknown", title: "That did not work", detail: `The server answered ${status}.` });
}

export async function request<T>(path: string, method = "GET", body?: unknown): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
  }
  const response = await fetch(path, init).catch(() => {
    throw new ApiProblem(0, UNREACHABLE);
  });
  const text = await response.text();
  if (!response.ok) throw problemFrom(response.status, text);
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Any thrown value as something that can be shown. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem(0, { code: "unknown", detail: error instanceof Error ? error.message : "Something went wrong." });
}
