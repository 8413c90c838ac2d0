// One question and its answer, while it is written and after.
import { answerAsText } from "@/shared/answer/plain";
import type { AnswerView } from "@/shared/answer/state";
import type { Answer } from "@/shared/api/types";
import { spanKey } from "@/shared/answer/numbering";
import { useViewer } from "@/shared/reader/target";
import { formatCount } from "@/shared/text/format";
import { Button } from "@/shared/ui/button";
import { CopyButton } from "@/shared/ui/copy-button";
import { Notice } from "@/shared/ui/notice";
import { BookOpenText } from "lucide-react";
import { AnswerText } from "./answer-text";
import { Details } from "./details";
import { GivenAgain } from "./given-again";
import { ClosestPassages, Nearest, OlderVersions, Sources } from "./sources";
import { useAnswer, useFoundPassages } from "./use-answer";
import { VerdictSummary } from "./verdict";

interface Props {
  answer: Answer;
  /** Puts its question again, `fresh` whatever is kept of it. */
  onAgain: (answer: Answer, fresh?: boolean) => void;
}

export function Turn({ answer, onAgain }: Props) {
  const { view, lost, live } = useAnswer(answer);
  const { target, open } = useViewer();
  const running = view.state === "running";
  const opened = target && `${target.revision}/${target.page}/${target.start ?? ""}-${target.end ?? ""}`;
  const shownKey = view.pins.some((pin) => pin.spans.some((span) => spanKey(span) === opened)) ? opened : null;
  return (
    <article
      data-testid="answer"
      data-state={view.state}
      data-answer-id={view.id}
      aria-label={`Answer to: ${view.question}`}
      className="scroll-mt-6"
    >
      <h2 className="font-serif text-[1.6rem] leading-snug font-semibold text-pretty break-words sm:text-[1.85rem]">{view.question}</h2>
      <div className="mt-2 mb-5 min-h-5 text-[0.8rem] text-faint" role="status">
        <AnsweredBy view={view} />
        <Progress view={view} lost={lost} />
      </div>
      {view.abstained && <Abstained view={view} />}
      <div aria-live={live ? "polite" : "off"} aria-busy={running} data-testid="answer-text">
        <AnswerText text={view.abstained && saysOnlyThat(view.answer) ? "" : view.answer} pins={view.pins} running={running && view.retrieved} opened={shownKey} onOpen={open} />
      </div>
      {!running && <Footer view={view} onAgain={() => onAgain(view)} />}
      {!running && <GivenAgain view={view} onAnew={() => onAgain(view, true)} />}
      {view.abstained && !running ? <Closest view={view} /> : <Sources pins={view.pins} opened={shownKey} onOpen={open} />}
      {!running && <OlderVersions older={view.older ?? []} onOpen={open} />}
    </article>
  );
}

function AnsweredBy({ view: { assistant } }: { view: AnswerView }) {
  if (!assistant) return null;
  return (
    <span className="mr-2 inline-block max-w-full truncate rounded-full align-middle bg-sunken px-2 py-0.5 text-muted" data-testid="answered-by" title={`Version ${assistant.version} of the assistant`}>
      <span className="sr-only">Assistant </span>
      {assistant.name}
    </span>
  );
}

function Progress({ view, lost }: { view: AnswerView; lost: boolean }) {
  if (view.state === "running") {
    if (lost) return "The connection broke; reconnecting. The answer goes on meanwhile.";
    if (!view.retrieved) return "Searching your documents…";
    const documents = new Set(view.passages.map((passage) => passage.document)).size;
    return (
      <>
        Found {formatCount(view.passages.length, "passage")} in {formatCount(documents, "document")}
        <StillReading sources={view.reading} />
      </>
    );
  }
  return (
    <>
      {modeNote(view)}
      <StillReading sources={view.reading} />
    </>
  );
}

function modeNote(view: AnswerView): string {
  if (view.state !== "completed" && !view.answer) return "";
  const without = view.assistant ? "it answered without a model" : "no model is configured";
  if (view.abstained) return view.mode === "extractive" ? `Searched your documents; ${without}.` : `Searched your documents with ${view.model ?? "the model"}.`;
  if (view.mode === "extractive") return `Quoted from your documents; ${without}.`;
  const writer = `Written by ${view.model ?? "the model"}`;
  if (view.state !== "completed") return `${writer} until it ended early; what has no pin was not checked.`;
  return `${writer}; each sentence was checked against your documents.`;
}

function StillReading({ sources }: { sources: string[] }) {
  if (sources.length === 0) return null;
  const named = sources.slice(0, 3).join(", ") + (sources.length > 3 ? ` and ${sources.length - 3} more` : "");
  return (
    <span className="block text-caution" data-testid="still-reading">
      Still being read, so parts may be missing: {named}.
    </span>
  );
}

/** The server's own words for "not in the documents"; the heading says them already. */
const saysOnlyThat = (text: string): boolean => /^the documents do not say\.?$/i.test(text.trim());

const REASONS: Record<NonNullable<Answer["reason"]>, string> = {
  "nothing-found": "No passage of your documents comes near the question.",
  "weak-evidence": "Some passages come near the question, but none says it clearly enough to quote.",
  "model-declined": "The model read the passages below and found no answer in them.",
};

function Abstained({ view }: { view: AnswerView }) {
  return (
    <div className="mb-3" data-testid="abstained">
      <p className="flex items-center gap-2.5 font-serif text-xl">
        <BookOpenText aria-hidden className="size-5 text-caution" />
        The documents do not say.
      </p>
      {view.reason && (
        <p className="mt-1 text-sm text-muted" data-testid="reason">
          {REASONS[view.reason]}
        </p>
      )}
    </div>
  );
}

/** How sure the documents make an answer, in words: the figure is an estimate and looks more exact than it is. */
function Confidence({ view }: { view: AnswerView }) {
  if (view.confidence === null || view.abstained) return null;
  const words = view.confidence >= 0.75 ? "strong" : view.confidence >= 0.45 ? "fair" : "thin";
  return (
    <span data-testid="confidence" title="How well the passages that were found answer the question by themselves">
      Evidence: {words}
    </span>
  );
}

function Closest({ view }: { view: AnswerView }) {
  const { open } = useViewer();
  const found = useFoundPassages(view.id, !view.retrieved);
  return (
    <>
      <Nearest spans={view.nearest} onOpen={open} />
      <ClosestPassages passages={view.retrieved ? view.passages : found} onOpen={open} />
    </>
  );
}

/** Not a failure: the answer is there, and may not be read by who asks now. */
const isWithheld = (view: AnswerView): boolean => view.problem?.code === "withheld";

function Footer({ view, onAgain }: { view: AnswerView; onAgain: () => void }) {
  const again = (
    <Button className="mt-3" onClick={onAgain}>
      Ask again
    </Button>
  );
  return (
    <footer className="mt-5">
      {isWithheld(view) && (
        <div className="rounded-xl border border-line bg-sunken px-4 py-3 text-sm leading-relaxed" data-testid="withheld">
          <p className="font-medium">{view.problem?.title ?? view.problem?.message}</p>
          <p className="text-muted">{view.problem?.remedy}</p>
          {again}
        </div>
      )}
      {view.state === "failed" && !isWithheld(view) && (
        <Notice
          title={view.problem?.title ?? view.problem?.message ?? "The answer could not be finished"}
          detail={view.problem?.detail ?? ""}
          remedy={view.problem?.remedy ?? ""}
        >
          {again}
        </Notice>
      )}
      {view.state === "cancelled" && (
        <div className="mb-3 text-sm text-muted">
          <p>Stopped. {view.answer ? "This is what was written until then." : ""}</p>
          {again}
        </div>
      )}
      {(view.answer !== "" || view.cost_usd !== null) && (
        <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 border-y border-line py-1.5 text-[0.8rem] text-muted">
          <VerdictSummary pins={view.pins} />
          <Confidence view={view} />
          <span className="ml-auto flex items-center">
            <Details view={view} />
            {view.answer && <CopyButton label="Copy the answer with its citations" text={() => answerAsText(view)} />}
          </span>
        </div>
      )}
    </footer>
  );
}
