// The head of a page: its name, a line that says what is here, and what can be begun from it.
import type { ReactNode } from "react";

interface Props {
  title: string;
  says: ReactNode;
  children?: ReactNode;
}

export function PageHeader({ title, says, children }: Props) {
  return (
    <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
      <div>
        <h1 className="font-serif text-3xl font-semibold tracking-tight">{title}</h1>
        <p className="mt-1 text-[0.86rem] text-muted">{says}</p>
      </div>
      {children}
    </header>
  );
}
