// Copies a text and says that it did.
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button";

interface Props {
  label: string;
  text: () => string;
  words?: boolean;
}

export function CopyButton({ label, text, words = false }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1800);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => {
    void copyText(text()).then(setCopied);
  };
  const icon = copied ? <Check aria-hidden className="text-accent" /> : <Copy aria-hidden />;
  return (
    <>
      {words ? (
        <Button onClick={copy} className="[&_svg]:size-4">
          {icon}
          {copied ? "Copied" : label}
        </Button>
      ) : (
        <IconButton label={copied ? "Copied" : label} onClick={copy}>
          {icon}
        </IconButton>
      )}
      <span aria-live="polite" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // The browser refused, or the page is not on a secure origin.
  }
}
