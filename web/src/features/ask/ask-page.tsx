// The Ask page: a conversation, or the place where one begins.
import { assistantsQuery, calledNow } from "@/shared/api/assistants";
import { ApiProblem } from "@/shared/api/client";
import { cancelAnswer, conversationQuery } from "@/shared/api/queries";
import type { Answer } from "@/shared/api/types";
import { Button } from "@/shared/ui/button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useTitle } from "@/shared/ui/use-title";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Composer } from "./composer";
import { Turn } from "./turn";
import { useAsk } from "./use-ask";
import { Welcome } from "./welcome";

export function AskPage({ conversation }: { conversation: string | null }) {
  const asking = useAsk(conversation);
  const loaded = useQuery({ ...conversationQuery(conversation ?? ""), enabled: conversation !== null });
  const answers = conversation ? (loaded.data?.answers ?? []) : [];
  const running = answers.find((answer) => answer.state === "running");
  const stop = useMutation({ mutationFn: cancelAnswer });
  const known = useQuery(assistantsQuery).data ?? [];
  /** Whoever answered answers again. */
  const onAgain = ({ question, assistant }: Answer, fresh = false) => asking.mutate({ question, assistant: calledNow(assistant, known), fresh });
  const composer = (
    <Composer
      key={conversation ?? "new"}
      conversation={conversation}
      running={running !== undefined}
      busy={asking.isPending}
      before={answers.at(-1)?.assistant ?? null}
      onAsk={asking.mutateAsync}
      onStop={() => running && stop.mutate(running.id)}
    />
  );
  const problem = asking.error ?? stop.error;
  const title = conversation ? (loaded.data?.title || answers[0]?.question) : undefined;
  useTitle(title);
  if (conversation && loaded.isError && !loaded.data) return <NotThere error={loaded.error} onAgain={() => void loaded.refetch()} />;
  if (!conversation) return <Welcome composer={composer} error={problem} />;
  return (
    <div className="flex h-full flex-col">
      <div className="relative flex-1 overflow-y-auto" data-testid="conversation">
        <div className="mx-auto max-w-[43rem] px-5 pt-8 pb-10 sm:px-8 sm:pt-12">
          <h1 className="sr-only">{title}</h1>
          {loaded.isPending && (
            <p role="status" className="late text-sm text-muted">
              Opening the conversation…
            </p>
          )}
          <Turns answers={answers} onAgain={onAgain} />
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

/** A conversation that was deleted, is somebody else's, or cannot be read now. */
function NotThere({ error, onAgain }: { error: Error; onAgain: () => void }) {
  const gone = error instanceof ApiProblem && error.status === 404;
  return (
    <div className="mx-auto max-w-[43rem] px-5 pt-8 sm:px-8 sm:pt-12" data-testid="no-conversation">
      <ErrorNotice error={error}>
        {gone ? (
          <Link to="/" className="mt-2 inline-block text-accent hover:underline">
            Ask a new question
          </Link>
        ) : (
          <Button className="mt-3" onClick={onAgain}>
            Try again
          </Button>
        )}
      </ErrorNotice>
    </div>
  );
}

interface TurnsProps {
  answers: Answer[];
  onAgain: (answer: Answer, fresh?: boolean) => void;
}

function Turns({ answers, onAgain }: TurnsProps) {
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
          <Turn answer={answer} onAgain={onAgain} />
        </li>
      ))}
    </ol>
  );
}
