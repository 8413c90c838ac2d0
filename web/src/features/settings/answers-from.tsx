// What an assistant answers from: all that its asker may read, or some collections.
import { collectionsQuery } from "@/shared/api/queries";
import { ErrorNotice } from "@/shared/ui/notice";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

interface Props {
  /** Those that it answers from; null is all. */
  chosen: { id: string; name: string }[] | null;
}

export function AnswersFrom({ chosen }: Props) {
  const [isSome, setSome] = useState(chosen !== null);
  const collections = useQuery(collectionsQuery);
  // Until all are there, or where they cannot be had, its own are: none of them is lost.
  const offered = collections.data ?? chosen ?? [];
  const ids = new Set(chosen?.map((each) => each.id));
  return (
    <fieldset className="text-sm">
      <legend className="font-medium">Answers from</legend>
      <label className="mt-1.5 flex items-center gap-2 py-1">
        <input type="radio" name="from" value="all" checked={!isSome} onChange={() => setSome(false)} className="accent-accent" />
        all that the asker may read
      </label>
      <label className="flex items-center gap-2 py-1">
        <input type="radio" name="from" value="some" checked={isSome} onChange={() => setSome(true)} className="accent-accent" />
        these collections, as far as the asker may read them
      </label>
      {/* What is ticked stays so while all is tried. */}
      <div role="group" aria-label="Collections" hidden={!isSome} className="mt-1 ml-6 grid max-h-52 gap-x-4 overflow-y-auto sm:grid-cols-2">
        {collections.isError && <ErrorNotice error={collections.error} />}
        {offered.map((each) => (
          <label key={each.id} className="flex min-w-0 items-center gap-2 py-1">
            <input type="checkbox" name="collection" value={each.id} defaultChecked={ids.has(each.id)} className="shrink-0 accent-accent" />
            <span className="truncate" title={each.name}>
              {each.name}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
