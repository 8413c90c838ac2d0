// Who may do what with a collection or a document: who has it, giving it, taking it back.
import { give, type Grant, grantsQuery, namesQuery, type Shared, takeBack } from "@/shared/api/people";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FindGrantee } from "./find-grantee";
import { LevelChoice } from "./level-choice";
import { PersonalDataChoice } from "./personal-data";
import { granteeName } from "./words";

interface Props {
  shared: Shared;
  name: string;
  onClose: () => void;
}

export function ShareDialog({ shared, name, onClose }: Props) {
  const client = useQueryClient();
  const grants = useQuery(grantsQuery(shared));
  const reload = () => client.invalidateQueries({ queryKey: grantsQuery(shared).queryKey });
  const giving = useMutation({ mutationFn: (grant: Grant) => give(shared, grant), onSuccess: reload });
  const taking = useMutation({ mutationFn: (grant: Grant) => takeBack(shared, grant), onSuccess: reload });
  const failed = grants.error ?? giving.error ?? taking.error;
  return (
    <Dialog title={`Share “${name}”`} onClose={onClose} className="w-[min(34rem,calc(100vw-2rem))]!">
      <p className="mt-2 text-sm leading-relaxed text-muted">Owners and admins see everything. Everybody else sees what they are given.</p>
      {grants.data && (
        <>
          <FindGrantee onGive={(grant) => giving.mutate(grant)} />
          <Given grants={grants.data} onGive={(grant) => giving.mutate(grant)} onTake={(grant) => taking.mutate(grant)} />
        </>
      )}
      {failed && (
        <div className="mt-4">
          <ErrorNotice error={failed} />
        </div>
      )}
      <PersonalDataChoice shared={shared} />
      <div className="mt-5 flex justify-end">
        <Button onClick={onClose}>Done</Button>
      </div>
    </Dialog>
  );
}

function Given({ grants, onGive, onTake }: { grants: Grant[]; onGive: (grant: Grant) => void; onTake: (grant: Grant) => void }) {
  const ids = grants.filter((each) => each.kind !== "everyone").map((each) => each.grantee);
  const found = useQuery(namesQuery(ids));
  const names = found.data ?? new Map<string, string>();
  if (grants.length === 0) return <p className="mt-4 text-sm text-muted">It is shared with nobody yet.</p>;
  if (ids.length > 0 && found.isPending) return null;
  return (
    <ul className="mt-4" aria-label="Who has it" data-testid="grants">
      {grants.map((grant) => (
        <li key={`${grant.kind}/${grant.grantee}`} className="flex flex-wrap items-center gap-2 border-b border-line py-2 text-sm last:border-0">
          <span className="min-w-0 flex-1 truncate">{granteeName(grant, names)}</span>
          <LevelChoice label={`What ${granteeName(grant, names)} may do`} level={grant.level} onChange={(level) => onGive({ ...grant, level })} />
          <Button look="quiet" aria-label={`Take back from ${granteeName(grant, names)}`} onClick={() => onTake(grant)}>
            Take back
          </Button>
        </li>
      ))}
    </ul>
  );
}
