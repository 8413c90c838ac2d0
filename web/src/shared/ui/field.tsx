// A labelled line to type in, or several; the label is what screen readers say.
import { type ComponentProps, useId } from "react";

export const INPUT = "min-h-10 w-full min-w-0 rounded-lg border border-strong bg-raised px-3 text-sm";

type FieldProps = ComponentProps<"input"> & { label: string; hint?: string };

export function Field({ label, hint, className = "", ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input id={id} aria-describedby={hint ? `${id}-hint` : undefined} className={`mt-1.5 ${INPUT}`} {...rest} />
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs leading-relaxed text-muted">
          {hint}
        </p>
      )}
    </div>
  );
}

type AreaProps = ComponentProps<"textarea"> & { label: string; hint: string };

export function Area({ label, hint, className = "", ...rest }: AreaProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <textarea id={id} aria-describedby={`${id}-hint`} className={`mt-1.5 block py-2 leading-relaxed ${INPUT}`} {...rest} />
      <p id={`${id}-hint`} className="mt-1 text-xs leading-relaxed text-muted">
        {hint}
      </p>
    </div>
  );
}

/** What somebody typed into a form's field. */
export function typed(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
}
