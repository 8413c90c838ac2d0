// A labelled line to type in, or several; the label is what screen readers say.
import { type ComponentProps, useId } from "react";

export const INPUT = "min-h-10 w-full min-w-0 rounded-lg border border-strong bg-raised px-3 text-sm";

/** `flaw` says what is wrong with what was typed. */
type FieldProps = ComponentProps<"input"> & { label: string; hint?: string | undefined; flaw?: string | undefined };

export function Field({ label, hint, flaw, className = "", ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input id={id} {...describedBy(id, hint, flaw)} className={`mt-1.5 ${INPUT} ${flaw ? FLAWED : ""}`} {...rest} />
      <Beneath id={id} hint={hint} flaw={flaw} />
    </div>
  );
}

type AreaProps = ComponentProps<"textarea"> & { label: string; hint?: string | undefined; flaw?: string | undefined };

export function Area({ label, hint, flaw, className = "", ...rest }: AreaProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <textarea id={id} {...describedBy(id, hint, flaw)} className={`mt-1.5 block py-2 leading-relaxed ${INPUT} ${flaw ? FLAWED : ""}`} {...rest} />
      <Beneath id={id} hint={hint} flaw={flaw} />
    </div>
  );
}

const FLAWED = "border-bad!";

function describedBy(id: string, hint?: string, flaw?: string) {
  const named = [flaw && `${id}-flaw`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return { "aria-describedby": named || undefined, ...(flaw && { "aria-invalid": true }) };
}

function Beneath({ id, hint, flaw }: { id: string; hint?: string | undefined; flaw?: string | undefined }) {
  return (
    <>
      {flaw && (
        <p id={`${id}-flaw`} role="alert" className="mt-1 text-xs leading-relaxed break-words text-bad">
          {flaw}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs leading-relaxed text-muted">
          {hint}
        </p>
      )}
    </>
  );
}

/** What somebody typed into a form's field. */
export function typed(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
}
