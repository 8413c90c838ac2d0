// Sets a budget, or changes what one bounds.
import { type Budget, BUDGETS, type BudgetPeriod, type BudgetWanted, PERIODS, setBudget, type Subject } from "@/shared/api/spending";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { Select } from "@/shared/ui/select";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Names, PERIOD_WORDS, subjectName } from "./words";

const WARN = 80;
const SUBJECT_WORDS: [Subject, string][] = [
  ["tenant", "The whole organisation"],
  ["user", "A user"],
  ["key", "An API key"],
  ["assistant", "An assistant"],
];

interface Props {
  known: Budget[];
  /** Null where a new one is set. */
  changed: Budget | null;
  names: Names;
  onClose: () => void;
}

const numberIn = (form: HTMLFormElement, name: string): number | null => (typed(form, name) === "" ? null : Number(typed(form, name)));

type Place = Pick<BudgetWanted, "subject" | "subject_id" | "period">;
const samePlace = (one: Budget, other: Place): boolean =>
  one.subject === other.subject && one.period === other.period && (one.subject === "tenant" || one.subject_id === other.subject_id);

/** What a form asks for. It does not ask from when on calls go to a cheaper model: that stays as it is. */
export function wantedOf(form: HTMLFormElement, known: Budget[], changed: Budget | null): BudgetWanted {
  const subject = changed?.subject ?? (typed(form, "subject") as Subject);
  const id = changed?.subject_id ?? typed(form, "subject_id");
  const period = changed?.period ?? (typed(form, "period") as BudgetPeriod);
  const place: Place = { subject, period, ...(subject !== "tenant" && { subject_id: id }) };
  return {
    ...place,
    limit_usd: numberIn(form, "usd"),
    limit_tokens: numberIn(form, "tokens"),
    warn_percent: numberIn(form, "warn") ?? WARN,
    cheaper_percent: known.find((each) => samePlace(each, place))?.cheaper_percent ?? null,
  };
}

export function BudgetForm({ known, changed, names, onClose }: Props) {
  const client = useQueryClient();
  const setting = useMutation({
    mutationFn: setBudget,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: BUDGETS });
      onClose();
    },
  });
  return (
    <Dialog title={changed ? "Change the budget" : "Set a budget"} onClose={onClose}>
      <form
        className="mt-4 space-y-4"
        data-testid="budget-form"
        onSubmit={(event) => {
          event.preventDefault();
          setting.mutate(wantedOf(event.currentTarget, known, changed));
        }}
      >
        {changed ? (
          <p className="text-sm text-muted">
            {subjectName(changed, names)}, {PERIOD_WORDS[changed.period]}
          </p>
        ) : (
          <Whose names={names} />
        )}
        <Limits changed={changed} />
        {setting.isError && <ErrorNotice error={setting.error} />}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" look="primary" disabled={setting.isPending}>
            {changed ? "Change it" : "Set it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Whose({ names }: { names: Names }) {
  const [subject, setSubject] = useState<Subject>("tenant");
  const choicesOf = (each: Subject) => (each === "tenant" ? undefined : { user: names.people, key: names.keys, assistant: names.assistants }[each]);
  const choices = choicesOf(subject);
  return (
    <>
      <Select label="Bounds" name="subject" value={subject} onChange={(value) => setSubject(value as Subject)}>
        {SUBJECT_WORDS.filter(([each]) => each === "tenant" || choicesOf(each)?.size).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </Select>
      {choices && (
        <Select key={subject} label={subject === "user" ? "Who" : `Which ${subject}`} name="subject_id">
          {[...choices].map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      )}
      <Select label="Begins anew" name="period" initial="month">
        {PERIODS.map((period) => (
          <option key={period} value={period}>
            {period === "total" ? "never: a budget in total" : PERIOD_WORDS[period]}
          </option>
        ))}
      </Select>
    </>
  );
}

function Limits({ changed }: { changed: Budget | null }) {
  return (
    <>
      <div className="grid grid-cols-2 items-start gap-3">
        <Field label="Dollars" name="usd" type="number" min={0} step="any" inputMode="decimal" autoComplete="off" defaultValue={changed?.limit_usd ?? ""} />
        <Field label="Tokens" name="tokens" type="number" min={0} step={1} inputMode="numeric" autoComplete="off" defaultValue={changed?.limit_tokens ?? ""} />
      </div>
      <p className="-mt-2! text-xs leading-relaxed text-muted">
        One of them or both. Each call reserves the most that it can come to, so give room for an answer at its longest: some cents.
        {!changed && " Where there is a budget for that time already, this one takes its place."}
      </p>
      <Field label="Warn from (percent)" name="warn" type="number" required min={1} max={100} step={1} inputMode="numeric" autoComplete="off" defaultValue={changed?.warn_percent ?? WARN} />
    </>
  );
}
