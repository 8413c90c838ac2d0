// A labelled list to choose from.
import { type ReactNode, useId } from "react";

export const SELECT = "min-h-9 rounded-lg border border-strong bg-raised px-2 text-sm";

interface Props {
  label: string;
  name: string;
  children: ReactNode;
  value?: string;
  initial?: string;
  onChange?: (value: string) => void;
}

export function Select({ label, name, children, value, initial, onChange }: Props) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <select
        id={id}
        name={name}
        {...(value === undefined ? { defaultValue: initial } : { value })}
        onChange={(event) => onChange?.(event.target.value)}
        className={`mt-1.5 w-full ${SELECT} min-h-10!`}
      >
        {children}
      </select>
    </div>
  );
}
