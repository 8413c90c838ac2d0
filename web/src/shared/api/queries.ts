// What the app reads and writes, as TanStack Query options and plain functions. No component lives here.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ApiProblem, request } from "./client";
import type {
  ApiKey,
  Collection,
  Conversation,
  ConversationRow,
  DocumentRow,
  NewApiKey,
  Page,
  PassageView,
  Session,
  Status,
} from "./types";

export const keys = {
  session: ["session"],
  status: ["status"],
  apiKeys: ["keys"],
  collections: ["collections"],
  documents: ["documents"],
  conversations: ["conversations"],
  conversation: (id: string) => ["conversation", id],
} as const;

/** `null` means signed out. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async (): Promise<Session | null> => {
    try {
      return await request<Session>("/v1/session");
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export const statusQuery = queryOptions({ queryKey: keys.status, queryFn: () => request<Status>("/v1/status") });

export const apiKeysQuery = queryOptions({
  queryKey: keys.apiKeys,
  queryFn: async () => (await request<Page<ApiKey>>("/v1/keys")).items,
});

export const collectionsQuery = queryOptions({
  queryKey: keys.collections,
  queryFn: async () => (await request<Page<Collection>>("/v1/collections?limit=100")).items,
});

/** Follows the cursor to the end: the Library sorts and filters in the browser. */
async function everyDocument(): Promise<DocumentRow[]> {
  const all: DocumentRow[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const page: Page<DocumentRow> = await request(`/v1/documents?limit=100${after}`);
    all.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && all.length < 20_000);
  return all;
}

export const documentsQuery = queryOptions({ queryKey: keys.documents, queryFn: everyDocument, staleTime: 60_000 });

export const conversationsQuery = infiniteQueryOptions({
  queryKey: keys.conversations,
  queryFn: ({ pageParam }) =>
    request<Page<ConversationRow>>(`/v1/conversations?limit=50${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ""}`),
  initialPageParam: "",
  getNextPageParam: (last) => last.next_cursor,
});

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.conversation(id),
    queryFn: () => request<Conversation>(`/v1/conversations/${encodeURIComponent(id)}`),
    staleTime: 30_000,
  });

export interface PassageTarget {
  revision: string;
  page: number;
  start?: number | undefined;
  end?: number | undefined;
}

export const passageQuery = ({ revision, page, start, end }: PassageTarget) =>
  queryOptions({
    queryKey: ["passage", revision, page, start ?? null, end ?? null],
    queryFn: () => {
      const range = start !== undefined && end !== undefined ? `?start=${start}&end=${end}` : "";
      return request<PassageView>(`/v1/passages/${encodeURIComponent(revision)}/${page}${range}`);
    },
    staleTime: Infinity,
  });

export const signIn = (token: string) => request<Session>("/v1/session", "POST", { token });
export const signOut = () => request<undefined>("/v1/session", "DELETE");
export const createKey = (name: string) => request<NewApiKey>("/v1/keys", "POST", { name });
export const revokeKey = (id: string) => request<undefined>(`/v1/keys/${encodeURIComponent(id)}`, "DELETE");
export const createCollection = (name: string) => request<Collection>("/v1/collections", "POST", { name });
export const removeDocument = (id: string) => request<undefined>(`/v1/documents/${encodeURIComponent(id)}`, "DELETE");
export const retryDocument = (id: string) => request<undefined>(`/v1/documents/${encodeURIComponent(id)}/retry`, "POST");
export type DocumentAction = "pause" | "cancel" | "retry";
export const changeDocuments = (action: DocumentAction, documents: string[]) =>
  request<{ documents: string[] }>(`/v1/documents/${action}`, "POST", { documents });
export const removeConversation = (id: string) => request<undefined>(`/v1/conversations/${encodeURIComponent(id)}`, "DELETE");
export const cancelAnswer = (id: string) => request<undefined>(`/v1/answers/${encodeURIComponent(id)}/cancel`, "POST");

export interface Question {
  question: string;
  conversation?: string;
  collections?: string[];
}

export interface Started {
  id: string;
  conversation: string;
  events: string;
}

export const ask = (question: Question) => request<Started>("/v1/answers", "POST", { ...question, stream: true });
