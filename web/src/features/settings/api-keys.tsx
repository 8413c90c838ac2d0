// API keys: made here, shown once, revoked here.
import { apiKeysQuery, createKey, keys, revokeKey } from "@/shared/api/queries";
import type { ApiKey, NewApiKey } from "@/shared/api/types";
import { formatDate } from "@/shared/text/format";
import { Button } from "@/shared/ui/button";
import { CopyButton } from "@/shared/ui/copy-button";
import { Confirm } from "@/shared/ui/dialog";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Section } from "./section";

export function ApiKeys() {
  const list = useQuery(apiKeysQuery);
  const [made, setMade] = useState<NewApiKey | null>(null);
  const [doomed, setDoomed] = useState<ApiKey | null>(null);
  return (
    <Section title="API keys">
      <p className="mb-4 text-sm leading-relaxed text-muted">A key lets a program ask and add documents as you. It is shown once, when it is made.</p>
      <NewKey onMade={setMade} />
      {made && <ShownOnce made={made} />}
      {list.isError && <ErrorNotice error={list.error} />}
      <ul className="mt-4" data-testid="api-keys">
        {list.data?.map((key) => (
          <li key={key.id} className="flex items-center gap-3 border-b border-line py-2.5 text-sm last:border-0">
            <span className="min-w-0 flex-1 truncate font-medium">{key.name}</span>
            <code className="font-mono text-xs text-muted">{key.prefix}…</code>
            <span className="hidden text-xs text-faint sm:inline">{formatDate(key.created_at)}</span>
            <Button look="quiet" onClick={() => setDoomed(key)}>
              Revoke
            </Button>
          </li>
        ))}
      </ul>
      {doomed && <Revoke doomed={doomed} onClose={() => setDoomed(null)} />}
    </Section>
  );
}

function NewKey({ onMade }: { onMade: (key: NewApiKey) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const making = useMutation({
    mutationFn: createKey,
    onSuccess: (key) => {
      onMade(key);
      setName("");
      void client.invalidateQueries({ queryKey: keys.apiKeys });
    },
  });
  return (
    <>
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) making.mutate(name.trim());
        }}
      >
        <input
          value={name}
          maxLength={80}
          aria-label="Name of the new key"
          placeholder="What is it for?"
          onChange={(event) => setName(event.target.value)}
          className="min-h-10 min-w-0 flex-1 rounded-lg border border-strong bg-raised px-3 text-sm"
        />
        <Button type="submit" look="primary" disabled={!name.trim() || making.isPending}>
          Make a key
        </Button>
      </form>
      {making.isError && (
        <div className="mt-3">
          <ErrorNotice error={making.error} />
        </div>
      )}
    </>
  );
}

function ShownOnce({ made }: { made: NewApiKey }) {
  return (
    <div className="mt-3 rounded-xl border border-accent/40 bg-accent-soft p-4 text-sm" role="status" data-testid="new-key">
      <p className="font-medium">“{made.name}” is ready. Copy it now; it cannot be shown again.</p>
      <div className="mt-2 flex items-center gap-2">
        <code className="min-w-0 flex-1 font-mono text-xs break-all">{made.key}</code>
        <CopyButton words label="Copy" text={() => made.key} />
      </div>
    </div>
  );
}

function Revoke({ doomed, onClose }: { doomed: ApiKey; onClose: () => void }) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => revokeKey(doomed.id),
    onSuccess: () => {
      onClose();
      void client.invalidateQueries({ queryKey: keys.apiKeys });
    },
  });
  return (
    <Confirm
      title={`Revoke “${doomed.name}”?`}
      text={removal.error ? removal.error.message : "Programs that use this key stop working at once."}
      action="Revoke"
      busy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    />
  );
}
