// Follows one answer: its events while it runs, its passages when the documents did not say.
import { ANSWER_EVENTS, type AnswerView, applyEvent, isTerminal, viewOf } from "@/shared/answer/state";
import { keys } from "@/shared/api/queries";
import type { Answer, Conversation, RetrievedPassage } from "@/shared/api/types";
import { openStream } from "@/shared/events/stream";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

const eventsUrl = (id: string) => `/v1/answers/${encodeURIComponent(id)}/events`;

export interface Followed {
  view: AnswerView;
  /** The connection broke and is being made again. */
  lost: boolean;
  /** The answer was still being written when this page first saw it. */
  live: boolean;
}

/** The answer as it grows. A finished answer is shown as it is; a running one is told again from its first event. */
export function useAnswer(answer: Answer): Followed {
  const client = useQueryClient();
  const [view, setView] = useState(() => viewOf(answer));
  const [lost, setLost] = useState(false);
  const [live] = useState(answer.state === "running");
  const { id, conversation } = answer;
  const first = useRef(answer);
  useEffect(() => {
    if (!live) return;
    let current = viewOf(first.current);
    return openStream({
      url: eventsUrl(id),
      names: ANSWER_EVENTS,
      contiguous: true,
      isLast: isTerminal,
      onConnection: (state) => {
        setLost(state === "lost");
        if (state === "lost") void client.invalidateQueries({ queryKey: keys.session });
      },
      onEvent: (event) => {
        current = applyEvent(current, event);
        setView(current);
        if (!isTerminal(event)) return;
        setLost(false);
        const done = current;
        client.setQueryData<Conversation>(keys.conversation(conversation), (old) => old && withAnswer(old, done));
        void client.invalidateQueries({ queryKey: keys.conversations });
      },
    });
  }, [client, conversation, id, live]);
  return { view, lost, live };
}

/** The conversation with `answer` in its place, or at the end. */
export function withAnswer(conversation: Conversation, answer: Answer): Conversation {
  const known = conversation.answers.some((each) => each.id === answer.id);
  const answers = known
    ? conversation.answers.map((each) => (each.id === answer.id ? answer : each))
    : [...conversation.answers, answer];
  return { ...conversation, answers };
}

/** What was found for an answer that is finished: only its event log still knows. */
export function useFoundPassages(id: string, wanted: boolean): RetrievedPassage[] {
  const found = useQuery({ queryKey: ["found", id], queryFn: ({ signal }) => readPassages(id, signal), enabled: wanted, staleTime: Infinity });
  return found.data ?? [];
}

function readPassages(id: string, signal: AbortSignal): Promise<RetrievedPassage[]> {
  return new Promise((resolve) => {
    const finish = (passages: RetrievedPassage[]) => {
      close();
      resolve(passages);
    };
    const close = openStream({
      url: eventsUrl(id),
      names: ANSWER_EVENTS,
      onEvent: (event) => {
        if (event.name === "retrieval.completed") finish((event.data as { passages?: RetrievedPassage[] }).passages ?? []);
        else if (isTerminal(event)) finish([]);
      },
    });
    signal.addEventListener("abort", () => finish([]));
  });
}
