// What the app reads and writes, as TanStack Query options and plain functions. No component lives here.
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { ApiProblem, request } from "./client";
import type {
  ApiKey,
  Batch,
  Collection,
  Conversation,
  ConversationRow,
  DocumentRow,
  NewApiKey,
  Page,
  PassageView,
  PersonalDataPolicy,
  Session,
  Status,
  Usage,
} from "./types";

export const keys = {
  session: ["session"],
  status: ["status"],
  usage: ["usage"],
  apiKeys: ["keys"],
  collections: ["collections"],
  documents: ["documents"],
  batches: ["batches"],
  toReparse: ["to-reparse"],
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

/** Shows the door, and keeps nothing of what was read by whoever is signed out now. */
export function signedOut(client: QueryClient): void {
  client.setQueryData<Session | null>(keys.session, null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
}

export const statusQuery = queryOptions({ queryKey: keys.status, queryFn: () => request<Status>("/v1/status") });

export const usageQuery = queryOptions({ queryKey: keys.usage, queryFn: () => request<Usage>("/v1/usage") });

export const apiKeysQuery = queryOptions({
  queryKey: keys.apiKeys,
  queryFn: async () => (await request<Page<ApiKey>>("/v1/keys")).items,
});

export const collectionsQuery = queryOptions({
  queryKey: keys.collections,
  queryFn: () => everyItem<Collection>("/v1/collections", 2_000),
});

/** More documents than this are not listed in the browser; the Library says so. */
export const MOST_DOCUMENTS = 20_000;

/** Follows the cursor to the end, or to where it gets too much. */
async function everyItem<T>(path: string, most: number): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const page: Page<T> = await request(`${path}?limit=200${after}`);
    all.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && all.length < most);
  return all;
}

/** All of them: the Library sorts and filters in the browser. */
export const documentsQuery = queryOptions({
  queryKey: keys.documents,
  queryFn: () => everyItem<DocumentRow>("/v1/documents", MOST_DOCUMENTS),
  staleTime: 60_000,
});

/** The newest batches; asked for often while one is read. */
export const batchesQuery = queryOptions({
  queryKey: keys.batches,
  queryFn: async () => (await request<Page<Batch>>("/v1/batches?limit=20")).items,
  refetchInterval: (query) => (query.state.data?.some((each) => each.state === "reading") ? 2_000 : 20_000),
});

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
/** Say what happens with personal data in a collection. */
export const setPersonalData = (id: string, policy: PersonalDataPolicy) =>
  request<Collection>(`/v1/collections/${encodeURIComponent(id)}`, "PATCH", { personal_data: policy });

export const createCollection = (name: string) => request<Collection>("/v1/collections", "POST", { name });
export const removeDocument = (id: string) => request<undefined>(`/v1/documents/${encodeURIComponent(id)}`, "DELETE");
export const retryDocument = (id: string) => request<undefined>(`/v1/documents/${encodeURIComponent(id)}/retry`, "POST");
export type DocumentAction = "pause" | "cancel" | "retry";

/** The server takes at most ten thousand ids at once. */
export async function changeDocuments(action: DocumentAction, documents: string[]): Promise<void> {
  for (let first = 0; first < documents.length; first += 10_000) {
    await request(`/v1/documents/${action}`, "POST", { documents: documents.slice(first, first + 10_000) });
  }
}

/** How many documents an earlier version of the parsers read, of those that the reader may change. */
export const toReparseQuery = queryOptions({
  queryKey: keys.toReparse,
  queryFn: async () => (await request<{ documents: number }>("/v1/documents/reparse")).documents,
});
export const reparse = () => request<{ documents: string[]; batch: string | null }>("/v1/documents/reparse", "POST", {});

export type BatchAction = "pause" | "resume" | "retry" | "cancel";
export const changeBatch = (id: string, action: BatchAction | "forget") =>
  action === "forget"
    ? request<undefined>(`/v1/batches/${encodeURIComponent(id)}`, "DELETE")
    : request<{ documents: number }>(`/v1/batches/${encodeURIComponent(id)}/${action}`, "POST");
export const renameConversation = (id: string, title: string) => request<ConversationRow>(`/v1/conversations/${encodeURIComponent(id)}`, "PATCH", { title });
export const removeConversation = (id: string) => request<undefined>(`/v1/conversations/${encodeURIComponent(id)}`, "DELETE");
export const cancelAnswer = (id: string) => request<undefined>(`/v1/answers/${encodeURIComponent(id)}/cancel`, "POST");

export interface Question {
  question: string;
  conversation?: string;
  collections?: string[];
  /** By name; left out it is that of the conversation. */
  assistant?: string;
  /** Make it anew, whatever is kept of earlier askings. */
  fresh?: boolean;
}

export interface Started {
  id: string;
  conversation: string;
  events: string;
}

export const ask = (question: Question) => request<Started>("/v1/answers", "POST", { ...question, stream: true });
