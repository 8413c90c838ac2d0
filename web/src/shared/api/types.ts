// The shapes of the HTTP API as the app reads them. Requests live in the files beside it.

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Problem {
  code: string;
  message?: string;
  title?: string;
  detail?: string;
  remedy?: string | null;
  page?: number | null;
}

export interface Session {
  tenant: string;
  user: { id: string; name: string; email: string | null; roles: string[] };
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  created_at: string;
}

export type NewApiKey = ApiKey & { key: string };

export interface Collection {
  id: string;
  name: string;
  documents: number;
  created_at: string;
  personal_data: PersonalDataPolicy;
}

export type DocumentState = "queued" | "extracting" | "embedding" | "ready" | "failed" | "paused" | "cancelled";

/** What people should know of one page of a document that was read all the same. */
export interface PageWarning {
  page: number;
  message: string;
}

/** What happens with personal data in a collection; each does what those before it do, and more. */
export type PersonalDataPolicy = "off" | "flag" | "mask-answers" | "mask-model" | "refuse";

export interface DocumentRow {
  id: string;
  collection_id: string;
  source: string;
  file_type: string;
  size_bytes: number;
  state: DocumentState;
  pages_done: number;
  pages_total: number | null;
  chunks: number;
  revision: string;
  revision_number: number;
  serving: boolean;
  /** The revision that answers; another one than `revision` while that is read, or after it failed. */
  serving_revision: string | null;
  batch: string | null;
  seconds: number | null;
  problem: Problem | null;
  warnings: PageWarning[];
  /** How many findings of each kind; null where nobody looked for any. */
  personal_data: Record<string, number> | null;
  created_at: string;
  updated_at: string;
  version: number;
}

export type BatchPhase = "reading" | "paused" | "cancelled" | "done";

/** Files that were sent as one, as their documents stand now. */
export interface Batch {
  id: string;
  name: string;
  state: BatchPhase;
  created_at: string;
  documents: number;
  counts: Partial<Record<DocumentState, number>>;
  warned: number;
  progress: number;
  seconds_left: number | null;
}

export type UploadedDocument = DocumentRow & { outcome: "created" | "revised" | "unchanged" };

export interface Block {
  kind: string;
  start: number;
  end: number;
  level?: number | null;
}

/** Points of the PDF page; the origin is the top left corner. */
export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** Characters of a page that lead to an address, which is the document's word and only text, or to one of its pages. */
export interface PassageLink {
  start: number;
  end: number;
  url: string | null;
  page: number | null;
}

export interface PassageView {
  document: string;
  revision: string;
  source: string;
  file_type: string;
  page: number;
  pages: number;
  label: string | null;
  /** What people call the range, as "page 4", "Slide 3" or "Sheet 'Rates', B41:C41". */
  place: string;
  text: string;
  blocks: Block[];
  start: number;
  end: number;
  quote: string;
  width: number | null;
  height: number | null;
  boxes: Box[];
  links: PassageLink[];
  /** What questions are answered from today, where this is an older revision; null where it is not. */
  superseded_by: { revision: string; pages: number; same_bytes: boolean } | null;
}

/** Characters `start` to `end` (code points, end excluded) of one page of one revision. */
export interface Span {
  document: string;
  revision: string;
  source: string;
  page: number;
  start: number;
  end: number;
  quote: string;
  /** What people call it; empty or absent in answers of earlier versions. */
  place?: string;
}

export type Verdict = "supported" | "partial" | "unsupported";

export interface Pin {
  claim: [number, number];
  verdict: Verdict;
  score: number;
  spans: Span[];
  /** The model named other passages than the spans lie in; absent in answers of version 0.1.0. */
  corrected?: boolean;
  /** Who gave a second opinion on the verdict. */
  judge?: string | null;
}

/** What an older version of a pinned document says to the same; `newer` is the pinned one's source. */
export interface OlderSpan extends Span {
  newer: string;
}

export interface RetrievedPassage {
  n: number;
  document: string;
  revision: string;
  source: string;
  page: number;
  end_page: number;
  score: number;
  text: string;
  /** Absent in answers of earlier versions. */
  place?: string;
}

/** Which assistant gave an answer, by its name and version then. */
export interface AssistantNamed {
  id: string;
  name: string;
  version: number;
}

export type AnswerState = "running" | "completed" | "failed" | "cancelled";

export interface Answer {
  id: string;
  conversation: string;
  question: string;
  answer: string;
  abstained: boolean;
  reason: "nothing-found" | "weak-evidence" | "model-declined" | null;
  confidence: number | null;
  nearest: Span[];
  /** Absent in answers of version 0.1.0. */
  older?: OlderSpan[];
  state: AnswerState;
  mode: "extractive" | "model";
  model: string | null;
  pins: Pin[];
  usage: { input_tokens: number; output_tokens: number; estimated: boolean } | null;
  cost_usd: number | null;
  timings_ms: Record<string, number>;
  /** Its text was kept from an earlier asking; absent in answers of earlier versions. */
  cached?: boolean;
  /** The question that it was made for, where that was put otherwise. */
  cached_question?: string | null;
  /** Who gave it; null is the built-in one. Absent in answers of earlier versions. */
  assistant?: AssistantNamed | null;
  problem: Problem | null;
  created_at: string;
}

export interface ConversationRow {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  turns: number;
}

export type Conversation = ConversationRow & { answers: Answer[] };

/** How much is stored of something, and the most that may be; null is no bound. */
export interface Held {
  held: number;
  most: number | null;
}

export interface Usage {
  documents: Held;
  size_bytes: Held;
  pages: Held;
}

export interface Status {
  version: string;
  mode: "extractive" | "model";
  model: string | null;
  embedder: string;
  documents: number;
  workers: number;
}
