// That an answer was there before, and for which question; whoever wants another can have it.
import type { AnswerView } from "@/shared/answer/state";
import { Button } from "@/shared/ui/button";

interface Props {
  view: Pick<AnswerView, "cached" | "cached_question" | "question">;
  onAnew: (question: string) => void;
}

export function GivenAgain({ view, onAnew }: Props) {
  if (!view.cached) return null;
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-[0.8rem] text-muted" data-testid="given-again">
      <span>
        This was answered before{view.cached_question ? <> to “{view.cached_question}”</> : ""}, and nothing that it rests on has changed.
      </span>
      <Button look="quiet" onClick={() => onAnew(view.question)}>
        Answer it anew
      </Button>
    </p>
  );
}
