// Adds a source, or changes one: the fields that its kind takes, and what the API refuses at the field that it is about.
import { asProblem } from "@/shared/api/client";
import { keys } from "@/shared/api/queries";
import { addSource, changeSource, type Source, type SourceChanges, SOURCES } from "@/shared/api/sources";
import type { Collection } from "@/shared/api/types";
import { Button } from "@/shared/ui/button";
import { Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { Select } from "@/shared/ui/select";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useEffect, useMemo, useRef, useState } from "react";
import { chosenCollection, Into } from "./into";
import { type Flaw, flawOf } from "./flaw";
import { changedOptions, KINDS, type Kind, optionsOf } from "./kinds";
import { OptionField } from "./option-field";
import { everyWords, RHYTHMS } from "./words";

interface Props {
  /** Null where a new one is added. */
  changed: Source | null;
  onClose: (added?: Source) => void;
}

/** What of it is another than it was; null where nothing is. */
function changesOf(form: HTMLFormElement, kind: Kind, before: Source): SourceChanges | null {
  const location = typed(form, "location").trim();
  const every_s = Number(typed(form, "every_s"));
  const options = changedOptions(kind.options, wantedOptions(form, kind), before.options);
  const changes = {
    ...(location !== before.location && { location }),
    ...(every_s !== (before.every_s ?? 0) && { every_s }),
    ...(Object.keys(options).length > 0 && { options }),
  };
  return Object.keys(changes).length > 0 ? changes : null;
}

/** The fields that show what is wrong with them. */
function fieldsOf(kind: Kind, before: Source | null): string[] {
  const options = kind.options.filter(({ type }) => type !== "flag" && type !== "choice").map(({ name }) => `option.${name}`);
  return [...(before ? [] : ["name"]), "location", ...options];
}

const wantedOptions = (form: HTMLFormElement, kind: Kind) => optionsOf(kind.options, (name) => typed(form, `option.${name}`));

export function SourceForm({ changed, onClose }: Props) {
  const client = useQueryClient();
  const [before] = useState(changed); // what the form shows, whatever comes in meanwhile
  const [kindName, setKind] = useState(changed?.kind ?? "folder");
  const form = useRef<HTMLFormElement>(null);
  const kind = KINDS[kindName];
  const setting = useMutation({
    mutationFn: async (from: HTMLFormElement): Promise<Source | undefined> => {
      if (!kind) return undefined;
      if (before) {
        const changes = changesOf(from, kind, before);
        return changes ? changeSource(before.id, changes) : undefined;
      }
      const wanted = { name: typed(from, "name").trim(), kind: kindName, location: typed(from, "location").trim(), every_s: Number(typed(from, "every_s")) };
      const known = client.getQueryData<Collection[]>(keys.collections) ?? [];
      const collection = await chosenCollection(from, known, () => client.invalidateQueries({ queryKey: keys.collections }));
      return addSource({ ...wanted, collection, options: wantedOptions(from, kind) });
    },
    onSuccess: async (set) => {
      await client.invalidateQueries({ queryKey: SOURCES });
      onClose(set);
    },
  });
  const flaw = useMemo(() => setting.error && flawOf(asProblem(setting.error), kind ? fieldsOf(kind, before) : []), [setting.error, kind, before]);
  useEffect(() => {
    const field = flaw && form.current?.elements.namedItem(flaw.field);
    if (field instanceof HTMLElement) field.focus();
  }, [flaw]);
  const choose = (name: string) => {
    setting.reset(); // what was refused is another kind's
    setKind(name);
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setting.mutate(event.currentTarget);
  };
  return (
    <form
      ref={form}
      className="mt-5 space-y-5 rounded-xl border border-line bg-sunken p-4 sm:p-5"
      aria-label={before ? `Change ${before.name}` : "Add a source"}
      data-testid="source-form"
      onSubmit={submit}
    >
      {!before && <KindChoice chosen={kindName} onChoose={choose} />}
      {kind && <Fields kind={kind} of={kindName} before={before} flaw={flaw} />}
      {before && <p className="text-xs leading-relaxed text-muted">It is looked at anew then, unless it is paused; what is the same is not read again.</p>}
      {setting.isError && !flaw && <ErrorNotice error={setting.error} />}
      <div className="flex justify-end gap-2">
        <Button look="quiet" onClick={() => onClose()}>
          Cancel
        </Button>
        <Button type="submit" look="primary" disabled={setting.isPending}>
          {before ? "Change it" : "Add it"}
        </Button>
      </div>
    </form>
  );
}

function KindChoice({ chosen, onChoose }: { chosen: string; onChoose: (kind: string) => void }) {
  return (
    <fieldset>
      <legend className="text-sm font-medium">Kind</legend>
      <div className="mt-1.5 grid grid-cols-2 gap-2 sm:grid-cols-3">
        {Object.entries(KINDS).map(([name, { words, icon: Icon }]) => (
          <label
            key={name}
            className="relative flex min-w-0 cursor-pointer items-center gap-2.5 rounded-lg border border-strong bg-raised px-3 py-2 text-sm has-checked:border-accent has-checked:bg-accent-soft has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input type="radio" name="kind" value={name} checked={name === chosen} autoFocus={name === chosen} onChange={() => onChoose(name)} className="sr-only" />
            <Icon aria-hidden className="size-4 shrink-0" />
            {words}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Fields({ kind, of, before, flaw }: { kind: Kind; of: string; before: Source | null; flaw: Flaw | null }) {
  const flawAt = (field: string) => (flaw?.field === field ? flaw.text : undefined);
  return (
    <div className="grid grid-cols-1 items-start gap-x-4 gap-y-5 sm:grid-cols-2">
      {!before && (
        <Field
          label="Name"
          name="name"
          required
          maxLength={100}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="handbook"
          hint="The names of its documents begin with it: handbook/travel.pdf."
          flaw={flawAt("name")}
          className="sm:col-span-2"
        />
      )}
      <Field
        {...kind.location}
        name="location"
        required
        maxLength={2000}
        autoFocus={before !== null}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={before?.location ?? ""}
        flaw={flawAt("location")}
        className="sm:col-span-2"
      />
      {!before && <Into />}
      <Rhythm key={`${of} every`} usual={kind.every_s} before={before} />
      {kind.options.map((option) => (
        <OptionField key={`${of} ${option.name}`} option={option} value={before?.options[option.name]} flaw={flawAt(`option.${option.name}`)} />
      ))}
    </div>
  );
}

function Rhythm({ usual, before }: { usual: number; before: Source | null }) {
  const now = before ? (before.every_s ?? 0) : usual;
  const offered = [...new Set([...RHYTHMS, ...(now ? [now] : [])])].sort((a, b) => a - b);
  return (
    <Select label="Looked at" name="every_s" initial={String(now)}>
      {offered.map((each) => (
        <option key={each} value={each}>
          {everyWords(each)}
        </option>
      ))}
      <option value="0">{everyWords(0)}</option>
    </Select>
  );
}
