// The one SSE reader: resumes, backs off, and hands over every event once and in order.
// The browser's EventSource sends Last-Event-ID when it reconnects by itself; a source that is opened anew is replayed
// from the start, and what was seen already is dropped here.

export interface StreamEvent {
  name: string;
  id: string;
  data: unknown;
}

export interface StreamOptions {
  url: string;
  names: readonly string[];
  /** Ids count 1, 2, 3: skip those that were seen, start again when one is missing. */
  contiguous?: boolean;
  onEvent: (event: StreamEvent) => void;
  /** True for the event after which nothing follows. */
  isLast?: (event: StreamEvent) => boolean;
  onConnection?: (state: "open" | "lost") => void;
  open?: (url: string) => EventSource;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
const CLOSED = 2;
const COUNTED = /^[1-9]\d{0,8}$/;

/** Milliseconds before attempt `attempt` (from 0), without the jitter. */
export const backoffMs = (attempt: number): number => Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));

class Reader {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private seen = 0;
  private stopped = false;

  constructor(private readonly options: StreamOptions) {}

  start(): void {
    const open = this.options.open ?? ((url: string) => new EventSource(url));
    const source = open(this.options.url);
    this.source = source;
    source.onopen = () => this.options.onConnection?.("open");
    source.onerror = () => this.failed(source);
    for (const name of this.options.names) {
      source.addEventListener(name, (event) => this.receive(source, name, event as MessageEvent<string>));
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.source?.close();
  }

  private receive(source: EventSource, name: string, message: MessageEvent<string>): void {
    if (this.stopped || source !== this.source) return;
    if (this.options.contiguous && !this.takes(source, message.lastEventId)) return;
    this.attempt = 0;
    const event = { name, id: message.lastEventId, data: parse(message.data) };
    if (event.data === undefined) return;
    if (this.options.isLast?.(event)) this.stop();
    this.options.onEvent(event);
  }

  /** What is no number of the stream's is as good as one that is missing. */
  private takes(source: EventSource, sent: string): boolean {
    const id = COUNTED.test(sent) ? Number(sent) : Infinity;
    if (id <= this.seen) return false;
    if (id > this.seen + 1) {
      this.reopen(source);
      return false;
    }
    this.seen = id;
    return true;
  }

  private failed(source: EventSource): void {
    if (this.stopped || source !== this.source) return;
    this.options.onConnection?.("lost");
    if (source.readyState === CLOSED) this.reopen(source);
  }

  private reopen(source: EventSource): void {
    source.close();
    this.source = null;
    const delay = backoffMs(this.attempt) * (0.75 + Math.random() / 2);
    this.attempt += 1;
    this.timer = setTimeout(() => this.start(), delay);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Opens a stream and returns the function that closes it. */
export function openStream(options: StreamOptions): () => void {
  const reader = new Reader(options);
  reader.start();
  return () => reader.stop();
}
