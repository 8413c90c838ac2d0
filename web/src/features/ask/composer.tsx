// Where a question is typed: grows with the text, Enter asks, Shift+Enter breaks the line.
import { collectionsQuery } from "@/shared/api/queries";
import { useQuery } from "@tanstack/react-query";
import { ArrowUp, Square } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";

interface Props {
  placeholder: string;
  /** An answer is being written: the button stops it. */
  running: boolean;
  busy: boolean;
  onAsk: (question: string, collection: string | null) => void;
  onStop: () => void;
}

const LONGEST = 100_000;

export function Composer({ placeholder, running, busy, onAsk, onStop }: Props) {
  const [text, setText] = useState("");
  const [collection, setCollection] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const collections = useQuery(collectionsQuery).data ?? [];
  useLayoutEffect(() => {
    const node = area.current;
    if (!node) return;
    node.style.height = "auto";
    node.style.height = `${Math.min(node.scrollHeight, 220)}px`;
  }, [text]);
  const submit = () => {
    const question = text.trim();
    if (!question || running || busy) return;
    onAsk(question, collection || null);
    setText("");
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
        autoFocus
        value={text}
        maxLength={LONGEST}
        placeholder={placeholder}
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
        {collections.length > 1 && (
          <select
            aria-label="Ask in"
            data-testid="ask-collection"
            value={collection}
            onChange={(event) => setCollection(event.target.value)}
            className="max-w-56 truncate rounded-lg bg-transparent px-1.5 py-1.5 text-xs text-muted hover:bg-sunken"
          >
            <option value="">All collections</option>
            {collections.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </select>
        )}
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
      className="grid size-9 place-items-center rounded-full bg-accent text-accent-ink transition hover:opacity-90 disabled:bg-sunken disabled:text-faint"
    >
      {children}
    </button>
  );
}
