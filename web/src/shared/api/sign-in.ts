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
