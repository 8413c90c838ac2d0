// Puts a question; its answer stands in the conversation at once, and grows there.
import { newAnswer } from "@/shared/answer/state";
import { type Assistant, ASSISTANTS } from "@/shared/api/assistants";
import { ask, keys } from "@/shared/api/queries";
import type { AssistantNamed, Conversation } from "@/shared/api/types";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { withAnswer } from "./use-answer";

export interface Asked {
  question: string;
  collection?: string;
  /** By name; left out it is that of the conversation. */
  assistant?: string;
  fresh?: boolean;
}

export function useAsk(conversation: string | null) {
  const client = useQueryClient();
  const navigate = useNavigate();
  /** Who will answer, as far as one knows before the server says so. */
  const inCharge = (called: string | undefined, before: Conversation | undefined): AssistantNamed | null => {
    if (called === undefined) return before?.answers.at(-1)?.assistant ?? null;
    return client.getQueryData<Assistant[]>(ASSISTANTS)?.find((each) => each.name === called) ?? null;
  };
  return useMutation({
    mutationFn: ({ question, collection, assistant, fresh }: Asked) =>
      ask({
        question,
        ...(conversation && { conversation }),
        ...(collection && { collections: [collection] }),
        ...(assistant && { assistant }),
        ...(fresh && { fresh }),
      }),
    onSuccess: (started, { question, assistant }) => {
      const now = new Date().toISOString();
      const begun = { id: started.conversation, title: question, created_at: now, updated_at: now, turns: 1, answers: [] };
      client.setQueryData<Conversation>(keys.conversation(started.conversation), (old) =>
        withAnswer(old ?? begun, newAnswer(started.id, started.conversation, question, now, inCharge(assistant, old))),
      );
      void client.invalidateQueries({ queryKey: keys.conversations });
      if (started.conversation !== conversation) {
        void navigate({ to: "/c/$conversation", params: { conversation: started.conversation } });
      }
    },
    // Whoever was asked may be gone.
    onError: () => void client.invalidateQueries({ queryKey: ASSISTANTS }),
  });
}
