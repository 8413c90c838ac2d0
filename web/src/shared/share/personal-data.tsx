// What happens with personal data in a collection: its policy, chosen by whoever manages it.
import type { Shared } from "@/shared/api/people";
import { collectionsQuery, setPersonalData } from "@/shared/api/queries";
import type { PersonalDataPolicy } from "@/shared/api/types";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { POLICY_WORDS } from "./words";

export function PersonalDataChoice({ shared }: { shared: Shared }) {
  const client = useQueryClient();
  const id = shared.startsWith("collections/") ? shared.slice("collections/".length) : null;
  const collection = useQuery(collectionsQuery).data?.find((each) => each.id === id);
  const reload = () => client.invalidateQueries({ queryKey: collectionsQuery.queryKey });
  const setting = useMutation({ mutationFn: (policy: PersonalDataPolicy) => setPersonalData(collection?.id ?? "", policy), onSuccess: reload });
  if (!collection) return null;
  return (
    <div className="mt-5 text-sm">
      <label className="flex flex-wrap items-center gap-2">
        <span>Personal data</span>
        <select
          value={collection.personal_data}
          onChange={(event) => setting.mutate(event.target.value as PersonalDataPolicy)}
          className="min-h-9 rounded-lg border border-strong bg-raised px-2 text-sm"
        >
          {Object.entries(POLICY_WORDS).map(([policy, words]) => (
            <option key={policy} value={policy}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <p className="mt-1 text-[0.82rem] leading-relaxed text-muted">Counts at once for answers, and for documents that are read from now on.</p>
      {setting.error && <ErrorNotice error={setting.error} />}
    </div>
  );
}
