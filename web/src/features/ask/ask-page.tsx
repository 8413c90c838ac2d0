// The Ask page: a conversation, or the place where one begins.
import { newAnswer } from "@/shared/answer/state";
import { ask, cancelAnswer, conversationQuery, keys } from "@/shared/api/queries";
import type { Answer, Conversation } from "@/shared/api/types";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Composer } from "./composer";
import { Turn } from "./turn";
import { withAnswer } from "./use-answer";
import { Welcome } from "./welcome";

interface Asked {
  question: string;
  collection: string | null;
  fresh?: boolean;
}

function useAsk(conversation: string | null) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ question, collection, fresh }: Asked) =>
      ask({ question, ...(conversation && { conversation }), ...(collection && { collections: [collection] }), ...(fresh && { fresh }) }),
    onSuccess: (started, { question }) => {
      const now = new Date().toISOString();
      const answer = newAnswer(started.id, started.conversation, question, now);
      const begun = { id: started.conversation, title: question, created_at: now, updated_at: now, turns: 1, answers: [] };
      client.setQueryData<Conversation>(keys.conversation(started.conversation), (old) => withAnswer(old ?? begun, answer));
      void client.invalidateQueries({ queryKey: keys.conversations });
      if (started.conversation !== conversation) {
        void navigate({ to: "/c/$conversation", params: { conversation: started.conversation } });
      }
    },
  });
}

export function AskPage({ conversation }: { conversation: string | null }) {
  const asking = useAsk(conversation);
  const loaded = useQuery({ ...conversationQuery(conversation ?? ""), enabled: conversation !== null });
  const answers = conversation ? (loaded.data?.answers ?? []) : [];
  const running = answers.find((answer) => answer.state === "running");
  const stop = useMutation({ mutationFn: cancelAnswer });
  const onAsk = (question: string, collection: string | null = null) => asking.mutate({ question, collection });
  const onAnew = (question: string) => asking.mutate({ question, collection: null, fresh: true });
  const composer = (
    <Composer
      key={conversation ?? "new"}
      placeholder={conversation ? "Ask a follow-up" : "Ask your documents"}
      running={running !== undefined}
      busy={asking.isPending}
      onAsk={onAsk}
      onStop={() => running && stop.mutate(running.id)}
    />
  );
  const problem = asking.error ?? stop.error;
  if (!conversation) return <Welcome composer={composer} error={problem} />;
  return (
    <div className="flex h-full flex-col">
      <div className="relative flex-1 overflow-y-auto" data-testid="conversation">
        <div className="mx-auto max-w-[43rem] px-5 pt-8 pb-10 sm:px-8 sm:pt-12">
          {loaded.isError && <ErrorNotice error={loaded.error} />}
          <Turns answers={answers} onAsk={onAsk} onAnew={onAnew} />
        </div>
      </div>
      <div className="relative mx-auto w-full max-w-[45rem] space-y-3 px-3 pb-3 sm:px-6 sm:pb-5">
        <div aria-hidden className="pointer-events-none absolute inset-x-0 -top-10 h-10 bg-linear-to-t from-paper to-transparent" />
        {problem && <ErrorNotice error={problem} />}
        {composer}
      </div>
    </div>
  );
}

interface TurnsProps {
  answers: Answer[];
  onAsk: (question: string) => void;
  onAnew: (question: string) => void;
}

function Turns({ answers, onAsk, onAnew }: TurnsProps) {
  const last = useRef<HTMLLIElement>(null);
  const count = answers.length;
  useEffect(() => {
    if (count > 1) last.current?.scrollIntoView({ block: "start", behavior: "smooth" });
  }, [count]);
  return (
    <ol className="space-y-14">
      {answers.map((answer, index) => (
        <li
          key={answer.id}
          ref={index === count - 1 ? last : undefined}
          className={index === count - 1 && count > 1 ? "min-h-[calc(100dvh-13rem)] scroll-mt-8" : "scroll-mt-8"}
        >
          <Turn answer={answer} onAsk={onAsk} onAnew={onAnew} />
        </li>
      ))}
    </ol>
  );
}
