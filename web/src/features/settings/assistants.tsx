// Assistants: which there are, setting one up, changing and removing it.
import { type Assistant, ASSISTANTS, assistantsQuery, removeAssistant } from "@/shared/api/assistants";
import { asProblem } from "@/shared/api/client";
import { Button } from "@/shared/ui/button";
import { CopyButton } from "@/shared/ui/copy-button";
import { Confirm } from "@/shared/ui/dialog";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { AssistantForm } from "./assistant-form";
import { Section } from "./section";

const NAMED = 5;

export function Assistants() {
  const list = useQuery(assistantsQuery);
  const [making, setMaking] = useState(false);
  return (
    <Section title="Assistants">
      <p className="mb-4 text-sm leading-relaxed text-muted">
        An assistant answers from the collections that you choose, and as you tell it. Whoever may read some of them can ask it, and reads nothing else
        through it. Beside those here there is always the built-in one, which answers from all that the asker may read.
      </p>
      {making ? (
        <AssistantForm changed={null} onClose={() => setMaking(false)} />
      ) : (
        <Button look="primary" data-testid="new-assistant" onClick={() => setMaking(true)}>
          Set an assistant up
        </Button>
      )}
      {list.isError && <ErrorNotice error={list.error} />}
      <ul className="mt-4" data-testid="assistants">
        {list.data?.map((assistant) => (
          <Row key={assistant.id} assistant={assistant} />
        ))}
      </ul>
    </Section>
  );
}

function Row({ assistant }: { assistant: Assistant }) {
  const [open, setOpen] = useState<"change" | "remove" | null>(null);
  const { name, description, version } = assistant;
  const close = () => setOpen(null);
  return (
    <li className="border-b border-line py-3 text-sm last:border-0" data-testid="assistant">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-40 flex-1 break-words">
          <span className="font-medium">{name}</span>
          <span className="text-muted"> · version {version}</span>
        </p>
        <div className="-mr-3.5 flex">
          <Button look="quiet" aria-label={`Change ${name}`} aria-expanded={open === "change"} onClick={() => setOpen(open === "change" ? null : "change")}>
            Change
          </Button>
          <Button look="quiet" aria-label={`Remove ${name}`} onClick={() => setOpen("remove")}>
            Remove
          </Button>
        </div>
      </div>
      {description && <p className="leading-relaxed break-words">{description}</p>}
      <p className="leading-relaxed break-words text-muted">{answersWords(assistant)}</p>
      <p className="flex items-center gap-1 text-xs text-muted">
        <span>
          OpenAI’s clients ask for <code className="font-mono break-all text-ink">pincite/{name}</code>
        </span>
        <CopyButton label={`Copy pincite/${name}`} text={() => `pincite/${name}`} />
      </p>
      {open === "change" && <AssistantForm changed={assistant} onClose={close} />}
      {open === "remove" && <Remove assistant={assistant} onClose={close} />}
    </li>
  );
}

/** What one answers from, and by what. */
export function answersWords({ collections, model, tier }: Pick<Assistant, "collections" | "model" | "tier">): string {
  const by = [model === "none" ? "without a model" : model && `by ${model}`, tier && `by the ${tier} tier`].filter(Boolean).map((each) => `, ${each ?? ""}`);
  if (collections === null) return `Answers from all that the asker may read${by.join("")}.`;
  if (collections.length === 0) return "Answers nothing: its collections are gone.";
  const named = collections.slice(0, NAMED).map((each) => each.name);
  const more = collections.length - named.length;
  return `Answers from ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}${by.join("")}.`;
}

function Remove({ assistant: { id, name }, onClose }: { assistant: Assistant; onClose: () => void }) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => removeAssistant(id),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ASSISTANTS }),
  });
  const problem = removal.error && asProblem(removal.error);
  return (
    <Confirm
      title={`Remove ${name}?`}
      text={
        problem
          ? `${problem.title} ${problem.remedy}`
          : `Its conversations can still be read, and go on only with another assistant. Programs that ask pincite/${name} get no answer any more.`
      }
      action="Remove"
      busy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    />
  );
}
