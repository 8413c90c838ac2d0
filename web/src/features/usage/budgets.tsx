// Budgets and how each stands, for admins: set, changed and removed here.
import { asProblem } from "@/shared/api/client";
import { type Budget, BUDGETS, budgetsQuery, removeBudget } from "@/shared/api/spending";
import { Button } from "@/shared/ui/button";
import { Confirm } from "@/shared/ui/dialog";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { BudgetForm } from "./budget-form";
import { BudgetMeters } from "./budget-meters";
import { type Names, PERIOD_WORDS, subjectName } from "./words";

type Open = { what: "new" } | { what: "change" | "remove"; budget: Budget };

export function Budgets({ names }: { names: Names }) {
  const budgets = useQuery(budgetsQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <section aria-label="Budgets" className="mt-10 border-t border-line pt-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 className="font-serif text-xl font-semibold">Budgets</h2>
        <Button look="primary" data-testid="new-budget" onClick={() => setOpen({ what: "new" })}>
          Set a budget
        </Button>
      </div>
      {budgets.isError && <ErrorNotice error={budgets.error} />}
      {budgets.data?.length === 0 && (
        <p className="mt-2 text-sm leading-relaxed text-muted" data-testid="no-budgets">
          Nothing bounds what is spent. Set a budget for the whole organisation, for somebody, for an API key or for an assistant: what does not fit into it is not asked.
        </p>
      )}
      <ul className="mt-3" data-testid="budgets">
        {budgets.data?.map((budget) => (
          <Row
            key={budget.id}
            budget={budget}
            name={subjectName(budget, names)}
            onChange={() => setOpen({ what: "change", budget })}
            onRemove={() => setOpen({ what: "remove", budget })}
          />
        ))}
      </ul>
      {(open?.what === "new" || open?.what === "change") && (
        <BudgetForm known={budgets.data ?? []} changed={open.what === "change" ? open.budget : null} names={names} onClose={close} />
      )}
      {open?.what === "remove" && <Remove budget={open.budget} name={subjectName(open.budget, names)} onClose={close} />}
    </section>
  );
}

interface RowProps {
  budget: Budget;
  name: string;
  onChange: () => void;
  onRemove: () => void;
}

function Row({ budget, name, onChange, onRemove }: RowProps) {
  const called = `${name}, ${PERIOD_WORDS[budget.period]}`;
  return (
    <li className="border-b border-line py-4 text-sm last:border-0" data-testid="budget">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 break-words">
          <span className="font-medium">{name}</span>
          <span className="text-muted"> · {PERIOD_WORDS[budget.period]}</span>
        </p>
        <div className="-mr-3.5 flex">
          <Button look="quiet" aria-label={`Change the budget: ${called}`} onClick={onChange}>
            Change
          </Button>
          <Button look="quiet" aria-label={`Remove the budget: ${called}`} onClick={onRemove}>
            Remove
          </Button>
        </div>
      </div>
      <BudgetMeters budget={budget} called={called} />
    </li>
  );
}

function Remove({ budget, name, onClose }: { budget: Budget; name: string; onClose: () => void }) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => removeBudget(budget.id),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: BUDGETS }),
  });
  const problem = removal.error && asProblem(removal.error);
  return (
    <Confirm
      title="Remove this budget?"
      text={problem ? `${problem.detail} ${problem.remedy}` : `${name}, ${PERIOD_WORDS[budget.period]}: calls of models are no longer bounded by it, at once. What was spent stays in the reports.`}
      action="Remove"
      busy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    />
  );
}
