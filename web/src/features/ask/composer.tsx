// Where a question is typed: grows with the text, Enter asks, Shift+Enter breaks the line.
import { sessionQuery } from "@/shared/api/queries";
import type { AssistantNamed } from "@/shared/api/types";
import { useDraft } from "@/shared/text/drafts";
import { ArrowUp, Square } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef } from "react";
import { AssistantChoice, CollectionChoice } from "./choices";
import type { Asked } from "./use-ask";
import { useChoices } from "./use-choices";

interface Props {
  /** null begins one. */
  conversation: string | null;
  /** An answer is being written: the button stops it. */
  running: boolean;
  busy: boolean;
  /** Who gave the last answer of the conversation; null is the built-in assistant, or nobody yet. */
  before: AssistantNamed | null;
  onAsk: (asked: Asked) => Promise<unknown>;
  onStop: () => void;
}

const LONGEST = 100_000;

export function Composer({ conversation, running, busy, before, onAsk, onStop }: Props) {
  const person = useQuery(sessionQuery).data?.user.id ?? "";
  const [text, setText] = useDraft(person, conversation ?? "new");
  const area = useRef<HTMLTextAreaElement>(null);
  const choices = useChoices(before);
  useLayoutEffect(() => {
    const node = area.current;
    if (!node) return;
    node.style.height = "auto";
    node.style.height = `${Math.min(node.scrollHeight, 220)}px`;
  }, [text]);
  const submit = () => {
    const question = text.trim();
    if (!question || running || busy) return;
    setText("");
    // What was refused need not be typed again.
    onAsk({ question, ...choices.asked }).catch(() => setText((typed) => typed || question));
  };
  return (
    <form
      className="group rounded-2xl border border-strong bg-raised shadow-sheet transition focus-within:border-accent"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <textarea
        ref={area}
        id="ask-input"
        data-testid="ask-input"
        rows={1}
        dir="auto"
        autoFocus
        value={text}
        maxLength={LONGEST}
        placeholder={conversation ? "Ask a follow-up" : "Ask your documents"}
        aria-label="Your question"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          submit();
        }}
        className="block w-full resize-none bg-transparent px-4 pt-3.5 pb-1 font-serif text-[1.08rem] leading-relaxed outline-none placeholder:text-faint"
      />
      <div className="flex items-center gap-2 px-2.5 pb-2.5">
        <AssistantChoice choices={choices} />
        <CollectionChoice choices={choices} />
        <span className="ml-auto text-xs text-faint">
          <span className="hidden sm:group-focus-within:inline">{text && "Enter to ask"}</span>
          <kbd className="hidden font-sans sm:inline sm:group-focus-within:hidden">/ to type here</kbd>
        </span>
        {running ? (
          <RoundButton label="Stop" testid="ask-stop" onClick={onStop}>
            <Square aria-hidden className="size-3.5 fill-current" />
          </RoundButton>
        ) : (
          <RoundButton label="Ask" testid="ask-send" submit disabled={busy || text.trim() === ""}>
            <ArrowUp aria-hidden className="size-4.5" />
          </RoundButton>
        )}
      </div>
    </form>
  );
}

interface RoundProps {
  label: string;
  testid: string;
  submit?: boolean;
  disabled?: boolean;
  onClick?: () => void;
  children: React.ReactNode;
}

function RoundButton({ label, testid, submit = false, disabled = false, onClick, children }: RoundProps) {
  return (
    <button
      type={submit ? "submit" : "button"}
      aria-label={label}
      title={label}
      data-testid={testid}
      disabled={disabled}
      onClick={onClick}
      className="grid size-9 shrink-0 place-items-center rounded-full bg-accent text-accent-ink transition hover:opacity-90 disabled:bg-sunken disabled:text-faint"
    >
      {children}
    </button>
  );
}
