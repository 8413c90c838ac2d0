// What was typed and not sent, for as long as the tab is open: it survives another page, a reload and a session that ends.
import { useRef, useState } from "react";

const MARK = "pincite-draft:";

/** The text of one box of one person, and a way to change it. */
export function useDraft(person: string, box: string): [string, (change: string | ((before: string) => string)) => void] {
  const key = `${MARK}${person}:${box}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? "");
  const last = useRef(text);
  const write = (change: string | ((before: string) => string)) => {
    // Not by way of the state: what is refused comes back here although its box may be gone by then.
    last.current = typeof change === "string" ? change : change(last.current);
    keep(key, last.current);
    setText(last.current);
  };
  return [text, write];
}

function keep(key: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    // There is no room for it; it is in the box all the same.
  }
}

/** Of everybody: whoever signs out leaves nothing. */
export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(MARK)) sessionStorage.removeItem(key);
}
