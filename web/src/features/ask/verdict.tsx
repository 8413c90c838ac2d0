// Verdicts in shape, colour and words.
import { VERDICT_WORDS, countVerdicts } from "@/shared/answer/numbering";
import type { Pin, Verdict } from "@/shared/api/types";
import { CircleCheck, CircleHelp, Contrast } from "lucide-react";

const ICONS = { supported: CircleCheck, partial: Contrast, unsupported: CircleHelp };
const COLOURS: Record<Verdict, string> = { supported: "text-accent", partial: "text-caution", unsupported: "text-bad" };

export function VerdictIcon({ verdict }: { verdict: Verdict }) {
  const Icon = ICONS[verdict];
  return <Icon aria-hidden className={`size-4 shrink-0 ${COLOURS[verdict]}`} />;
}

const ORDER: Verdict[] = ["supported", "partial", "unsupported"];

/** "4 supported, 1 partly supported": how the sentences fared. */
export function VerdictSummary({ pins }: { pins: Pin[] }) {
  const counts = countVerdicts(pins);
  if (pins.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1" aria-label="How well the sentences are supported" data-testid="verdicts">
      {ORDER.filter((verdict) => counts[verdict] > 0).map((verdict) => (
        <li key={verdict} className="flex items-center gap-1.5">
          <VerdictIcon verdict={verdict} />
          <span>
            {counts[verdict]} {VERDICT_WORDS[verdict].toLowerCase()}
          </span>
        </li>
      ))}
    </ul>
  );
}
