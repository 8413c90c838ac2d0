// E-mail and password, then the code where one is owed.
import { giveCode, signInWithPassword } from "@/shared/api/sign-in";
import type { Session } from "@/shared/api/types";
import { Button } from "@/shared/ui/button";
import { Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

interface Props {
  onSession: (session: Session) => void;
}

export function PasswordForm({ onSession }: Props) {
  const [owesCode, setOwesCode] = useState(false);
  const entry = useMutation({
    mutationFn: signInWithPassword,
    onSuccess: ({ session }) => (session ? onSession(session) : setOwesCode(true)),
  });
  if (owesCode) return <CodeForm onSession={onSession} onBack={() => setOwesCode(false)} />;
  return (
    <form
      className="mt-6 space-y-4"
      data-testid="password-form"
      onSubmit={(event) => {
        event.preventDefault();
        entry.mutate({ email: typed(event.currentTarget, "email"), password: typed(event.currentTarget, "password") });
      }}
    >
      <Field label="E-mail" name="email" type="email" required maxLength={320} autoComplete="username" />
      <Field label="Password" name="password" type="password" required maxLength={200} autoComplete="current-password" />
      <Button type="submit" look="primary" className="w-full" disabled={entry.isPending}>
        Sign in
      </Button>
      {entry.isError && <ErrorNotice error={entry.error} />}
    </form>
  );
}

function CodeForm({ onSession, onBack }: Props & { onBack: () => void }) {
  const entry = useMutation({ mutationFn: giveCode, onSuccess: onSession });
  return (
    <form
      className="mt-6 space-y-4"
      data-testid="code-form"
      onSubmit={(event) => {
        event.preventDefault();
        entry.mutate(typed(event.currentTarget, "code"));
      }}
    >
      <Field
        label="Code"
        name="code"
        required
        autoFocus
        minLength={6}
        maxLength={40}
        autoComplete="one-time-code"
        inputMode="text"
        hint="The six figures that your authenticator app shows, or one of your recovery codes."
      />
      <div className="flex gap-2">
        <Button type="submit" look="primary" className="flex-1" disabled={entry.isPending}>
          Continue
        </Button>
        <Button look="quiet" onClick={onBack}>
          Back
        </Button>
      </div>
      {entry.isError && <ErrorNotice error={entry.error} />}
    </form>
  );
}
