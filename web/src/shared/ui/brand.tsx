// The name, written as a citation: the small number is the mark.

export function Wordmark({ className = "text-2xl" }: { className?: string }) {
  return (
    <span className={`font-serif font-semibold tracking-tight text-ink ${className}`} role="img" aria-label="Pincite">
      <span aria-hidden>Pincite</span>
      <span aria-hidden className="pin ml-0.5 text-[0.5em]!" data-verdict="supported">
        1
      </span>
    </span>
  );
}
