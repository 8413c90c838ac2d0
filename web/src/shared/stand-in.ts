// A stand-in for the server in tests: answers by method and path, and keeps what was sent.
import { vi } from "vitest";

export interface Sent {
  method: string;
  path: string;
  body: unknown;
}

/** What a reply refuses with, in the shape of the API's problems. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly problem: { code: string; title: string; detail?: string; remedy?: string },
  ) {}
}

/** `replies` are read when they are asked for, so that a test can change them; what has none is not found. */
export function standIn(replies: Record<string, unknown>): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", (path: string, { method = "GET", body }: RequestInit = {}) => {
    sent.push({ method, path, body: typeof body === "string" ? JSON.parse(body) : undefined });
    const reply = replies[`${method} ${path.split("?")[0] ?? ""}`] ?? new Refusal(404, { code: "not-found", title: `There is no ${path}.` });
    const [status, said] = reply instanceof Refusal ? [reply.status, reply.problem] : [200, reply];
    return Promise.resolve(new Response(JSON.stringify(said), { status }));
  });
  return sent;
}

export const listOf = (...items: unknown[]) => ({ items, next_cursor: null });
