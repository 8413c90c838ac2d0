// Invites somebody; the link that signs them in is shown once.
import { invite, PEOPLE, type Role, ROLES } from "@/shared/api/people";
import { Button } from "@/shared/ui/button";
import { CopyButton } from "@/shared/ui/copy-button";
import { Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQueryClient } from "@tanstack/react-query";

export function Invite({ onLink }: { onLink: (link: { name: string; token: string }) => void }) {
  const client = useQueryClient();
  const inviting = useMutation({
    mutationFn: invite,
    onSuccess: ({ name, token }) => {
      if (token) onLink({ name, token });
      void client.invalidateQueries({ queryKey: PEOPLE });
    },
  });
  return (
    <form
      className="grid items-end gap-3 sm:grid-cols-[1fr_1fr_auto_auto]"
      data-testid="invite"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const email = typed(form, "email");
        inviting.mutate({ name: typed(form, "name"), role: typed(form, "role") as Role, ...(email && { email }) }, { onSuccess: () => form.reset() });
      }}
    >
      <Field label="Name" name="name" required maxLength={100} autoComplete="off" />
      <Field label="E-mail" name="email" type="email" maxLength={320} autoComplete="off" />
      <select name="role" aria-label="Role" defaultValue="viewer" className="min-h-10 rounded-lg border border-strong bg-raised px-2 text-sm">
        {ROLES.map((role) => (
          <option key={role}>{role}</option>
        ))}
      </select>
      <Button type="submit" look="primary" className="min-h-10!" disabled={inviting.isPending}>
        Invite
      </Button>
      {inviting.isError && (
        <div className="sm:col-span-4">
          <ErrorNotice error={inviting.error} />
        </div>
      )}
    </form>
  );
}

export function LinkOnce({ name, token }: { name: string; token: string }) {
  const link = `${window.location.origin}/signin#token=${token}`;
  return (
    <div className="mt-3 rounded-xl border border-accent/40 bg-accent-soft p-4 text-sm" role="status" data-testid="link">
      <p className="font-medium">Send this link to {name}. It signs in once, and cannot be shown again.</p>
      <div className="mt-2 flex items-center gap-2">
        <code className="min-w-0 flex-1 font-mono text-xs break-all">{link}</code>
        <CopyButton words label="Copy" text={() => link} />
      </div>
    </div>
  );
}
