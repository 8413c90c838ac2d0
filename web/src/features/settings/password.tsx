// The password: set after a link, changed with the current one.
import { FACTORS, factorsQuery, setPassword } from "@/shared/api/sign-in";
import { changePerson } from "@/shared/api/people";
import { keys, sessionQuery } from "@/shared/api/queries";
import type { Session } from "@/shared/api/types";
import { Button } from "@/shared/ui/button";
import { Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Section } from "./section";

export function Password() {
  const client = useQueryClient();
  const session = useQuery(sessionQuery).data;
  const factors = useQuery(factorsQuery).data;
  const change = useMutation({ mutationFn: setPassword, onSuccess: () => client.invalidateQueries({ queryKey: FACTORS }) });
  if (!session || !factors) return null;
  if (!session.user.email) return <NoAddress user={session.user} />;
  return (
    <Section title="Password">
      <p className="mb-4 text-sm leading-relaxed text-muted">
        {factors.password
          ? `You sign in as ${session.user.email}. A change ends all your other sessions; your API keys stay.`
          : `Set a password to sign in as ${session.user.email} without a link.`}
      </p>
      <form
        className="max-w-sm space-y-4"
        data-testid="set-password"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const current = typed(form, "current");
          change.mutate({ password: typed(form, "password"), ...(current && { current }) }, { onSuccess: () => form.reset() });
        }}
      >
        <input type="text" name="username" autoComplete="username" value={session.user.email} readOnly hidden />
        {factors.needs_current && <Field label="Current password" name="current" type="password" required maxLength={200} autoComplete="current-password" />}
        <Field
          label={factors.password ? "New password" : "Password"}
          name="password"
          type="password"
          required
          minLength={12}
          maxLength={200}
          autoComplete="new-password"
          hint="12 characters or more; four or five words that do not belong together do."
        />
        <Button type="submit" look="primary" disabled={change.isPending}>
          {factors.password ? "Change the password" : "Set the password"}
        </Button>
        {change.isError && <ErrorNotice error={change.error} />}
        <p role="status" className="text-sm">
          {change.isSuccess && "Saved. Your other sessions have ended."}
        </p>
      </form>
    </Section>
  );
}

/** A password takes an address to sign in with; admins give themselves one. */
function NoAddress({ user }: { user: Session["user"] }) {
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: (email: string) => changePerson(user.id, { email }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.session }),
  });
  if (!user.roles.some((role) => role === "owner" || role === "admin")) {
    return (
      <Section title="Password">
        <p className="text-sm leading-relaxed text-muted">There is no e-mail address to sign in with. An admin can add yours; then set a password here.</p>
      </Section>
    );
  }
  return (
    <Section title="Password">
      <p className="mb-4 text-sm leading-relaxed text-muted">To sign in with a password takes an e-mail address.</p>
      <form
        className="max-w-sm space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate(typed(event.currentTarget, "email"));
        }}
      >
        <Field label="E-mail" name="email" type="email" required maxLength={320} autoComplete="email" />
        <Button type="submit" disabled={add.isPending}>
          Add the address
        </Button>
        {add.isError && <ErrorNotice error={add.error} />}
      </form>
    </Section>
  );
}
