// Finds somebody by how their name or address begins, and gives them something.
import { type Grant, granteesQuery, type Level } from "@/shared/api/people";
import { INPUT } from "@/shared/ui/field";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { LevelChoice } from "./level-choice";
import { choices, granteeName } from "./words";

export function FindGrantee({ onGive }: { onGive: (grant: Grant) => void }) {
  const [typed, setTyped] = useState("");
  const [level, setLevel] = useState<Level>("viewer");
  const asked = useDeferredValue(typed);
  const search = useQuery(granteesQuery(asked));
  const found = asked.trim() ? (search.data ?? []) : [];
  const names = new Map(found.map((each) => [each.id, each.name]));
  const offered = choices(asked, found);
  const isDone = asked.trim() !== "" && search.isFetched;
  return (
    <div className="mt-4">
      <div className="flex flex-wrap gap-2">
        <input
          type="search"
          value={typed}
          maxLength={100}
          autoComplete="off"
          aria-label="Name or e-mail address"
          placeholder="A name, an address, or “everyone”"
          onChange={(event) => setTyped(event.target.value)}
          className={`${INPUT} w-auto! flex-1`}
        />
        <LevelChoice label="What they may do" level={level} onChange={setLevel} />
      </div>
      <p role="status" className={offered.length > 0 ? "sr-only" : "mt-2 text-sm text-muted"}>
        {isDone && (offered.length > 0 ? `${offered.length} found` : "Nobody’s name begins so.")}
      </p>
      {offered.length > 0 && (
        <ul aria-label="Found" className="mt-2 max-h-48 overflow-y-auto rounded-lg border border-line">
          {offered.map((each) => (
            <li key={`${each.kind}/${each.grantee}`}>
              <button
                type="button"
                onClick={() => {
                  onGive({ ...each, level });
                  setTyped("");
                }}
                className="block w-full px-3 py-2 text-left text-sm hover:bg-sunken focus-visible:bg-sunken"
              >
                {granteeName(each, names)}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
