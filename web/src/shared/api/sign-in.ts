// Signing in by password and code, and changing what one signs in with.
import { queryOptions } from "@tanstack/react-query";
import { request } from "./client";
import type { Session } from "./types";

export interface Factors {
  password: boolean;
  /** It takes the current password to set another: not just after a link. */
  needs_current: boolean;
  second_factor: boolean;
  recovery_codes: number;
  linked: Linked[];
}

/** A provider that one can sign in with, and since when. */
export interface Linked {
  id: string;
  label: string;
  since: string;
}

/** A browser in which one is signed in. */
export interface OwnSession {
  id: string;
  begun_by: string;
  agent: string | null;
  created_at: string;
  last_used_at: string;
  current: boolean;
}

export interface PasswordEntry {
  needs_code: boolean;
  session: Session | null;
}

export interface NewFactor {
  secret: string;
  uri: string;
}

export const FACTORS = ["factors"] as const;

export const factorsQuery = queryOptions({ queryKey: FACTORS, queryFn: () => request<Factors>("/v1/session/factors") });

export const signInWithPassword = (given: { email: string; password: string }) => request<PasswordEntry>("/v1/session/password", "POST", given);
export const giveCode = (code: string) => request<Session>("/v1/session/code", "POST", { code });
export const setPassword = (given: { password: string; current?: string }) => request<undefined>("/v1/session/password", "PUT", given);
export const beginFactor = (current: string | undefined) => request<NewFactor>("/v1/session/second-factor", "POST", current ? { current } : {});
export const confirmFactor = (code: string) => request<{ recovery_codes: string[] }>("/v1/session/second-factor", "PUT", { code });
export const turnFactorOff = (code: string) => request<undefined>("/v1/session/second-factor/off", "POST", { code });

export interface Offer {
  id: string;
  label: string;
}

export interface ProviderAnswer {
  state: string;
  code?: string | undefined;
  iss?: string | undefined;
  error?: string | undefined;
}

export const offersQuery = queryOptions({
  queryKey: ["offers"],
  queryFn: async () => (await request<{ items: Offer[] }>("/v1/session/providers")).items,
  staleTime: 60_000,
});

const pathOf = (id: string) => `/v1/session/providers/${encodeURIComponent(id)}`;

/** Leads the browser to the provider, which sends it back to `/signin/callback`. */
export async function goToProvider(id: string, returnTo: string): Promise<void> {
  follow(await request<{ url: string }>(pathOf(id), "POST", { return_to: returnTo }));
}

/** Leads there as well, so that one can sign in with the provider from then on. */
export async function linkProvider({ id, returnTo, ...proof }: { id: string; returnTo: string; current?: string }): Promise<void> {
  follow(await request<{ url: string }>(`${pathOf(id)}/link`, "POST", { return_to: returnTo, ...proof }));
}

export const unlinkProvider = (id: string) => request<undefined>(pathOf(id), "DELETE");

function follow({ url }: { url: string }): void {
  if (!/^https?:\/\//.test(url)) throw new Error("The provider's address is none.");
  window.location.assign(url);
}

export const finishWithProvider = (answer: ProviderAnswer) => request<{ session: Session | null; return_to: string }>("/v1/session/provider", "POST", answer);

/** Where to go to sign out at the provider as well; null where there is nowhere to go. */
export const wayOut = async () => (await request<{ url: string | null }>("/v1/session/way-out")).url;

/** What the provider put behind `?`; null where it is no answer of a provider. */
export function answerFrom(search: string): ProviderAnswer | null {
  const given = new URLSearchParams(search);
  const state = given.get("state");
  if (!state) return null;
  const part = (name: string) => given.get(name) ?? undefined;
  return { state, code: part("code"), iss: part("iss"), error: part("error") };
}

export const ownSessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async () => (await request<{ items: OwnSession[] }>("/v1/sessions")).items,
});

export const endSession = (id: string) => request<undefined>(`/v1/sessions/${encodeURIComponent(id)}`, "DELETE");
export const endOthers = () => request<{ ended: number }>("/v1/sessions", "DELETE");
