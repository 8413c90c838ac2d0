// Usage: what models cost, one's own or for admins everybody's, over a time; and the budgets that bound it.
import { assistantsQuery, BUILT_IN, BUILT_IN_WORDS } from "@/shared/api/assistants";
import { peopleQuery } from "@/shared/api/people";
import { apiKeysQuery, statusQuery } from "@/shared/api/queries";
import { type CostFilter, costsQuery } from "@/shared/api/spending";
import { useIsAdmin } from "@/shared/share/use-is-admin";
import { ErrorNotice } from "@/shared/ui/notice";
import { PageHeader } from "@/shared/ui/page-header";
import { SELECT } from "@/shared/ui/select";
import { useTitle } from "@/shared/ui/use-title";
import { useQuery } from "@tanstack/react-query";
import { ReceiptText } from "lucide-react";
import { useState } from "react";
import { Breakdown } from "./breakdown";
import { Budgets } from "./budgets";
import { Choice } from "./choice";
import { CostChart } from "./cost-chart";
import { beginOf, daysOf, type Span, SPANS } from "./period";
import { Totals } from "./totals";
import type { Names } from "./words";

export function UsagePage() {
  useTitle("Usage");
  const isAdmin = useIsAdmin();
  const names = useNames(isAdmin);
  const [span, setSpan] = useState<Span>("30");
  const [user, setUser] = useState<string | null>(null);
  const days = daysOf(span, new Date());
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto max-w-[64rem] px-4 py-8 sm:px-8 sm:py-12">
        <PageHeader title="Usage" says={`${isAdmin ? "What everybody’s calls of models cost." : "What your calls of models cost."} Days are those of UTC.`} />
        <div className="mt-5 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <Choice label="Time" options={SPANS} chosen={span} onChoose={setSpan} />
          {isAdmin && <Whose names={names} user={user} onChoose={setUser} />}
        </div>
        <Spending days={days} filter={{ since: beginOf(days[0] ?? ""), user }} names={names} isAdmin={isAdmin} />
        {isAdmin && <Budgets names={names} />}
      </div>
    </div>
  );
}

/** Admins may know everybody; others need no name but those of their own keys, and of assistants that they may ask. */
function useNames(isAdmin: boolean): Names {
  const people = useQuery({ ...peopleQuery, enabled: isAdmin }).data;
  const keys = useQuery(apiKeysQuery).data;
  const assistants = useQuery(assistantsQuery).data;
  return {
    people: people && new Map(people.map((each) => [each.id, each.name])),
    keys: keys && new Map(keys.map((each) => [each.id, each.name])),
    assistants: assistants && new Map([[BUILT_IN, BUILT_IN_WORDS], ...assistants.map((each) => [each.id, each.name] as const)]),
  };
}

function Whose({ names, user, onChoose }: { names: Names; user: string | null; onChoose: (user: string | null) => void }) {
  return (
    <select aria-label="Whose" value={user ?? ""} onChange={(event) => onChoose(event.target.value || null)} className={`${SELECT} max-w-52`}>
      <option value="">Everybody</option>
      {[...(names.people ?? [])].map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Spending({ days, filter, names, isAdmin }: { days: string[]; filter: CostFilter; names: Names; isAdmin: boolean }) {
  const total = useQuery(costsQuery([], filter));
  if (total.isError) {
    return (
      <div className="mt-6">
        <ErrorNotice error={total.error} />
      </div>
    );
  }
  if (!total.data) return <div className="min-h-96" aria-busy="true" />;
  const [line] = total.data;
  if (!line) return <Nothing isOfOne={filter.user !== null} />;
  return (
    <>
      <Totals line={line} />
      <CostChart days={days} filter={filter} />
      <Breakdown filter={filter} names={names} isAdmin={isAdmin} />
    </>
  );
}

function Nothing({ isOfOne }: { isOfOne: boolean }) {
  const status = useQuery(statusQuery).data;
  const isQuoted = status?.mode === "extractive" && !isOfOne;
  return (
    <div className="mt-6 grid place-items-center rounded-2xl border-2 border-dashed border-strong px-6 py-12 text-center" data-testid="nothing-spent">
      <ReceiptText aria-hidden className="size-8 text-accent" strokeWidth={1.4} />
      <h2 className="mt-4 font-serif text-2xl font-semibold">{isQuoted ? "Answers cost nothing here" : "Nothing was spent"}</h2>
      <p className="mt-2 max-w-md text-sm leading-relaxed text-muted">
        {isQuoted ? (
          <>
            No model is set: answers are quoted from your documents. To have them written by a model, set a provider key or start Ollama on the server;{" "}
            <code className="font-mono text-xs">pincite doctor</code> says what it finds. What that costs is shown here then.
          </>
        ) : (
          "No model was called in this time. Choose a longer one, or ask a question: what its answer costs is shown here."
        )}
      </p>
    </div>
  );
}
