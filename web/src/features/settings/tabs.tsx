// Which part of the settings is shown.

export type Tab = "account" | "people" | "assistants";

const TABS: [Tab, string][] = [
  ["account", "Account"],
  ["people", "People"],
  ["assistants", "Assistants"],
];

export function Tabs({ chosen, onChoose }: { chosen: Tab; onChoose: (tab: Tab) => void }) {
  return (
    <div role="group" aria-label="Settings of" className="mt-5 flex gap-1 text-sm">
      {TABS.map(([tab, label]) => (
        <button
          key={tab}
          type="button"
          aria-pressed={chosen === tab}
          onClick={() => onChoose(tab)}
          className="rounded-full px-3.5 py-1.5 text-muted hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:text-accent"
        >
          {label}
        </button>
      ))}
    </div>
  );
}
