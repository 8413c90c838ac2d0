// What the reader shows, kept in the address: a link to a passage is a pincite too, and Back closes the document.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { Span } from "@/shared/api/types";

export interface ViewerSearch {
  rev?: string | undefined;
  page?: number | undefined;
  start?: number | undefined;
  end?: number | undefined;
  /** The page that was turned to, away from the passage. */
  at?: number | undefined;
}

export interface Target {
  revision: string;
  page: number;
  start?: number | undefined;
  end?: number | undefined;
}

const count = (value: unknown, least: number): number | undefined => {
  const number = Number(value);
  return value !== undefined && Number.isInteger(number) && number >= least ? number : undefined;
};

export function readViewerSearch(search: Record<string, unknown>): ViewerSearch {
  const rev = typeof search["rev"] === "string" || typeof search["rev"] === "number" ? String(search["rev"]) : undefined;
  if (!rev) return {};
  return { rev, page: count(search["page"], 1) ?? 1, start: count(search["start"], 0), end: count(search["end"], 0), at: count(search["at"], 1) };
}

const NONE: ViewerSearch = { rev: undefined, page: undefined, start: undefined, end: undefined, at: undefined };

export function useViewer() {
  const search: ViewerSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const { rev, page, start, end, at } = search;
  const target = useMemo<Target | null>(
    () => (rev ? { revision: rev, page: page ?? 1, start, end } : null),
    [rev, page, start, end],
  );
  const open = useCallback(
    (to: Target | Span) => {
      const viewer: ViewerSearch = { rev: to.revision, page: to.page, start: to.start, end: to.end, at: undefined };
      void navigate({ to: ".", search: (previous: object) => ({ ...previous, ...viewer }), replace: rev !== undefined } as never);
    },
    [navigate, rev],
  );
  const close = useCallback(() => {
    void navigate({ to: ".", search: (previous: object) => ({ ...previous, ...NONE }), replace: true } as never);
  }, [navigate]);
  const turned = useCallback(
    (to: number | undefined) => void navigate({ to: ".", search: (previous: object) => ({ ...previous, at: to }), replace: true } as never),
    [navigate],
  );
  return { target, at, open, close, turned };
}
