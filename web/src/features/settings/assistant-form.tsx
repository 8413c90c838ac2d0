// Sets an assistant up, or changes how one is set up.
import { type Assistant, ASSISTANTS, type AssistantWanted, changeAssistant, makeAssistant, type Tier, TIERS } from "@/shared/api/assistants";
import { statusQuery } from "@/shared/api/queries";
import { Button } from "@/shared/ui/button";
import { Area, Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { Select } from "@/shared/ui/select";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { AnswersFrom } from "./answers-from";

interface Props {
  /** Null where a new one is set up. */
  changed: Assistant | null;
  onClose: () => void;
}

function wantedOf(form: HTMLFormElement): AssistantWanted {
  const collections = new FormData(form).getAll("collection").filter((each) => typeof each === "string");
  return {
    name: typed(form, "name").trim(),
    description: typed(form, "description").trim(),
    instructions: typed(form, "instructions").trim(),
    collections: typed(form, "from") === "some" ? collections : null,
    model: typed(form, "model").trim() || null,
    tier: (typed(form, "tier") || null) as Tier | null,
  };
}

const ofSet = (ids: string[] | null): string => (ids === null ? "all" : [...ids].sort().join());

/** What of it is another than it was: whatever somebody else changes meanwhile stays. */
function changesOf(wanted: AssistantWanted, known: Assistant): Partial<AssistantWanted> {
  const { collections, ...rest } = wanted;
  const changes = Object.entries(rest).filter(([name, value]) => value !== (known[name as keyof typeof rest] ?? (typeof value === "string" ? "" : null)));
  const before = known.collections?.map((each) => each.id) ?? null;
  return { ...Object.fromEntries(changes), ...(ofSet(collections) !== ofSet(before) && { collections }) };
}

export function AssistantForm({ changed, onClose }: Props) {
  const client = useQueryClient();
  const [before] = useState(changed); // what the form shows, whatever comes in meanwhile
  const setting = useMutation({
    mutationFn: async (wanted: AssistantWanted) => {
      if (!before) return makeAssistant(wanted);
      const changes = changesOf(wanted, before);
      return Object.keys(changes).length > 0 ? changeAssistant(before.id, changes) : before;
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ASSISTANTS });
      onClose();
    },
  });
  return (
    <form
      className="my-3 space-y-4 rounded-xl border border-line bg-sunken p-4 sm:p-5"
      aria-label={changed ? `Change ${changed.name}` : "Set an assistant up"}
      data-testid="assistant-form"
      onSubmit={(event) => {
        event.preventDefault();
        setting.mutate(wantedOf(event.currentTarget));
      }}
    >
      <Words changed={changed} />
      <AnswersFrom chosen={changed?.collections ?? null} />
      <By changed={changed} />
      {setting.isError && <ErrorNotice error={setting.error} />}
      <div className="flex justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" look="primary" disabled={setting.isPending}>
          {changed ? "Change it" : "Set it up"}
        </Button>
      </div>
    </form>
  );
}

function Words({ changed }: { changed: Assistant | null }) {
  return (
    <>
      <Field
        label="Name"
        name="name"
        required
        autoFocus
        maxLength={64}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="people"
        hint="Of a-z, 0-9 and hyphens."
        defaultValue={changed?.name ?? ""}
      />
      <Field label="What it is for" name="description" maxLength={500} autoComplete="off" placeholder="Questions about leave, pay and hiring" defaultValue={changed?.description ?? ""} />
      <Area
        label="Instructions"
        name="instructions"
        rows={5}
        maxLength={4000}
        placeholder="Address the reader as you. Give amounts in euros."
        hint="Its model is told them beside the rules, which go before them. They say how to answer, not what the documents say."
        defaultValue={changed?.instructions ?? ""}
      />
    </>
  );
}

function By({ changed }: { changed: Assistant | null }) {
  const model = useQuery(statusQuery).data?.model;
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field
        label="Model"
        name="model"
        maxLength={200}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder={model ?? "provider:name"}
        hint={`Empty is the one that is set up${model ? `, ${model}` : ""}; “none” quotes without a model.`}
        defaultValue={changed?.model ?? ""}
      />
      <Select label="Tier of its route" name="tier" initial={changed?.tier ?? ""}>
        <option value="">As the route says</option>
        {TIERS.map((tier) => (
          <option key={tier}>{tier}</option>
        ))}
      </Select>
    </div>
  );
}
