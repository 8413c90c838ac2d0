// One of a few words to choose.

export const CHIP = "rounded-full px-3 py-1.5 text-muted hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:text-accent";

interface Props<T extends string> {
  label: string;
  options: readonly (readonly [T, string])[];
  chosen: T;
  onChoose: (value: T) => void;
}

export function Choice<T extends string>({ label, options, chosen, onChoose }: Props<T>) {
  return (
    <div role="group" aria-label={label} className="-ml-1 flex flex-wrap gap-1 text-[0.82rem]">
      {options.map(([value, word]) => (
        <button key={value} type="button" aria-pressed={chosen === value} onClick={() => onChoose(value)} className={CHIP}>
          {word}
        </button>
      ))}
    </div>
  );
}
