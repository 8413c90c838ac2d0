// Chooses what somebody may do.
import { LEVELS, type Level } from "@/shared/api/people";
import { LEVEL_WORDS } from "./words";

export function LevelChoice({ label, level, onChange }: { label: string; level: Level; onChange: (level: Level) => void }) {
  return (
    <select
      aria-label={label}
      value={level}
      onChange={(event) => onChange(event.target.value as Level)}
      className="min-h-9 rounded-lg border border-strong bg-raised px-2 text-sm"
    >
      {LEVELS.map((each) => (
        <option key={each} value={each}>
          {LEVEL_WORDS[each]}
        </option>
      ))}
    </select>
  );
}
