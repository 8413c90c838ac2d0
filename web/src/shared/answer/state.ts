// Folds the events of one answer into what the page shows. Pure: the same events give the same view, from the start or
// continued after a reload.
import type { StreamEvent } from "@/shared/events/stream";
import type { Answer, AssistantNamed, Pin, RetrievedPassage } from "@/shared/api/types";

export interface AnswerView extends Answer {
  passages: RetrievedPassage[];
  /** Sources that were still being read when the passages were found. */
  reading: string[];
  retrieved: boolean;
}

export const ANSWER_EVENTS = [
  "answer.started",
  "retrieval.completed",
  "answer.delta",
  "answer.restarted",
  "answer.pin",
  "answer.completed",
  "answer.failed",
] as const;

export const isTerminal = (event: StreamEvent): boolean => event.name === "answer.completed" || event.name === "answer.failed";

export function newAnswer(id: string, conversation: string, question: string, createdAt: string, assistant: AssistantNamed | null = null): Answer {
  return {
    id,
    conversation,
    question,
    answer: "",
    abstained: false,
    reason: null,
    confidence: null,
    nearest: [],
    state: "running",
    mode: "extractive",
    model: null,
    pins: [],
    usage: null,
    cost_usd: null,
    timings_ms: {},
    assistant,
    problem: null,
    created_at: createdAt,
  };
}

/** The view before the first event. A running answer starts empty: its events tell the text again from the start. */
export function viewOf(answer: Answer): AnswerView {
  const fresh = answer.state === "running" ? { ...answer, answer: "", pins: [] } : answer;
  return { ...fresh, passages: [], reading: [], retrieved: false };
}

interface Retrieved {
  passages?: RetrievedPassage[];
  reading?: string[];
  timings_ms?: Record<string, number>;
}

export function applyEvent(view: AnswerView, event: StreamEvent): AnswerView {
  switch (event.name) {
    case "answer.started":
      return { ...view, ...(event.data as Partial<Answer>) };
    case "retrieval.completed": {
      const { passages, reading, timings_ms } = event.data as Retrieved;
      const timings = { ...view.timings_ms, ...timings_ms };
      return { ...view, retrieved: true, passages: passages ?? [], reading: reading ?? [], timings_ms: timings };
    }
    case "answer.delta":
      return { ...view, answer: view.answer + (event.data as { text: string }).text };
    case "answer.restarted":
      return { ...view, answer: "", pins: [] };
    case "answer.pin":
      return { ...view, pins: [...view.pins, event.data as Pin] };
    case "answer.completed":
      return { ...view, ...(event.data as Answer), state: "completed" };
    case "answer.failed": {
      // What it took is told all the same; its text is what was shown till then.
      const { problem, usage, cost_usd, timings_ms } = { ...view, ...(event.data as Partial<Answer>) };
      const state = problem?.code === "cancelled" ? "cancelled" : "failed";
      return { ...view, state, problem, usage, cost_usd, timings_ms };
    }
    default:
      return view;
  }
}
