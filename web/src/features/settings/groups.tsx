// Groups: people who are given things together.
import { changeMember, createGroup, type Group, GROUPS, groupsQuery, PEOPLE, peopleQuery, removeGroup } from "@/shared/api/people";
import { Button } from "@/shared/ui/button";
import { Confirm } from "@/shared/ui/dialog";
import { INPUT, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Section } from "./section";

export function Groups() {
  const client = useQueryClient();
  const groups = useQuery(groupsQuery);
  const making = useMutation({ mutationFn: createGroup, onSuccess: () => client.invalidateQueries({ queryKey: GROUPS }) });
  return (
    <Section title="Groups">
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          making.mutate(typed(form, "name"), { onSuccess: () => form.reset() });
        }}
      >
        <input name="name" required maxLength={100} aria-label="Name of the new group" placeholder="Legal" className={INPUT} />
        <Button type="submit" disabled={making.isPending} className="shrink-0">
          Make a group
        </Button>
      </form>
      {making.isError && <ErrorNotice error={making.error} />}
      {groups.isError && <ErrorNotice error={groups.error} />}
      <ul className="mt-3" data-testid="groups">
        {groups.data?.map((group) => (
          <Row key={group.id} group={group} />
        ))}
      </ul>
    </Section>
  );
}

function Row({ group }: { group: Group }) {
  const client = useQueryClient();
  const people = useQuery(peopleQuery).data ?? [];
  const [removing, setRemoving] = useState(false);
  const [open, setOpen] = useState(false); // many groups of many people are more boxes than a browser draws at once
  const reload = () => Promise.all([GROUPS, PEOPLE].map((queryKey) => client.invalidateQueries({ queryKey })));
  const change = useMutation({ mutationFn: (id: string) => changeMember(group.id, id, group.members.includes(id) ? "DELETE" : "PUT"), onSettled: reload });
  const removal = useMutation({ mutationFn: () => removeGroup(group.id), onSuccess: reload });
  return (
    <li className="border-b border-line py-2.5 text-sm last:border-0">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="cursor-pointer wrap-anywhere">
          <span className="font-medium">{group.name}</span> <span className="text-muted">· {group.members.length} in it</span>
        </summary>
        <fieldset className="mt-2 grid gap-1 sm:grid-cols-2" disabled={change.isPending}>
          <legend className="sr-only">Who is in {group.name}</legend>
          {(open ? people : []).map((person) => (
            <label key={person.id} className="flex min-w-0 items-center gap-2 py-1">
              <input type="checkbox" checked={group.members.includes(person.id)} onChange={() => change.mutate(person.id)} />
              <span className="truncate">{person.name}</span>
            </label>
          ))}
        </fieldset>
        <Button look="quiet" className="mt-1 -ml-3.5" onClick={() => setRemoving(true)}>
          Remove the group
        </Button>
      </details>
      {change.isError && <ErrorNotice error={change.error} />}
      {removing && (
        <Confirm
          title={`Remove ${group.name}?`}
          text={removal.error ? removal.error.message : "Its members lose what was given to it."}
          action="Remove"
          busy={removal.isPending}
          onConfirm={() => removal.mutate()}
          onClose={() => setRemoving(false)}
        />
      )}
    </li>
  );
}
