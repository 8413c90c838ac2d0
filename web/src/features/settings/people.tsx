// Who may sign in: inviting, changing, disabling, removing. Links are shown once.
import { changePerson, dropSecondFactor, newLink, PEOPLE, peopleQuery, type Person, removePerson, type Role, ROLES } from "@/shared/api/people";
import { Button } from "@/shared/ui/button";
import { Confirm } from "@/shared/ui/dialog";
import { INPUT } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Invite, LinkOnce } from "./invite";
import { Section } from "./section";

// More than fit on a screen are looked for, not scrolled to.
const MANY = 12;

export function People() {
  const people = useQuery(peopleQuery);
  const [wanted, setWanted] = useState("");
  const [link, setLink] = useState<{ name: string; token: string } | null>(null);
  const all = people.data ?? [];
  const found = all.filter(({ name, email }) => `${name} ${email ?? ""}`.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <Section title="People">
      <p className="mb-4 text-sm leading-relaxed text-muted">
        Owners and admins see everything; editors and viewers what is shared with them; auditors who did what, and no document.
      </p>
      <Invite onLink={setLink} />
      {link && <LinkOnce name={link.name} token={link.token} />}
      {people.isError && <ErrorNotice error={people.error} />}
      {all.length > MANY && (
        <input
          type="search"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          aria-label="Find somebody"
          placeholder={`Find one of ${all.length} by name or e-mail`}
          className={`mt-4 ${INPUT}`}
        />
      )}
      {all.length > 0 && found.length === 0 && <p className="mt-3 text-sm text-muted">Nobody is called so.</p>}
      <ul className="mt-4" data-testid="people">
        {found.map((person) => (
          <Row key={person.id} person={person} />
        ))}
      </ul>
    </Section>
  );
}

function Row({ person }: { person: Person }) {
  const client = useQueryClient();
  const [token, setToken] = useState<string | null>(null);
  const change = useMutation({
    mutationFn: (patch: { role?: Role; disabled?: boolean }) => changePerson(person.id, patch),
    onSuccess: () => client.invalidateQueries({ queryKey: PEOPLE }),
  });
  return (
    <li className="border-b border-line py-3 text-sm last:border-0" data-testid="person">
      <div className="flex flex-wrap items-center gap-2">
        <p className="min-w-40 flex-1 wrap-anywhere">
          <span className={`font-medium ${person.disabled ? "text-muted line-through" : ""}`}>{person.name}</span>
          {person.disabled && <span className="text-muted"> · disabled</span>}
          {person.service && <span className="text-muted"> · program</span>}
          {person.comes_from.length > 0 && <span className="text-muted"> · {person.comes_from.join(", ")}</span>}
          {person.email && <span className="block truncate text-xs text-muted">{person.email}</span>}
        </p>
        <select
          aria-label={`Role of ${person.name}`}
          value={person.role}
          onChange={(event) => change.mutate({ role: event.target.value as Role })}
          className="min-h-9 rounded-lg border border-strong bg-raised px-2"
        >
          {ROLES.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
      </div>
      <Actions person={person} onLink={setToken} onDisable={() => change.mutate({ disabled: !person.disabled })} />
      {token && <LinkOnce name={person.name} token={token} />}
      {change.isError && <ErrorNotice error={change.error} />}
    </li>
  );
}

function Actions({ person, onLink, onDisable }: { person: Person; onLink: (token: string) => void; onDisable: () => void }) {
  const [removing, setRemoving] = useState(false);
  const link = useMutation({ mutationFn: () => newLink(person.id), onSuccess: ({ token }) => onLink(token) });
  const drop = useMutation({ mutationFn: () => dropSecondFactor(person.id) });
  const failed = link.error ?? drop.error;
  return (
    <>
      <div className="mt-1 -ml-3.5 flex flex-wrap gap-1" role="group" aria-label={person.name}>
        {!person.service && !person.disabled && (
          <Button look="quiet" onClick={() => link.mutate()}>
            New link
          </Button>
        )}
        {!person.service && (
          <Button look="quiet" onClick={() => drop.mutate()}>
            {drop.isSuccess ? "No second factor now" : "Drop second factor"}
          </Button>
        )}
        <Button look="quiet" onClick={onDisable}>
          {person.disabled ? "Enable" : "Disable"}
        </Button>
        <Button look="quiet" onClick={() => setRemoving(true)}>
          Remove
        </Button>
      </div>
      {failed && <ErrorNotice error={failed} />}
      {removing && <Remove person={person} onClose={() => setRemoving(false)} />}
    </>
  );
}

function Remove({ person, onClose }: { person: Person; onClose: () => void }) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => removePerson(person.id),
    onSuccess: () => {
      onClose();
      void client.invalidateQueries({ queryKey: PEOPLE });
    },
  });
  return (
    <Confirm
      title={`Remove ${person.name}?`}
      text={removal.error ? removal.error.message : "Their sessions and API keys end at once. What they added stays."}
      action="Remove"
      busy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    />
  );
}
