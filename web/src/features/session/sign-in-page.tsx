// The door: e-mail and password, or a one-time link, which signs in by itself.
import { keys, signIn } from "@/shared/api/queries";
import type { Session } from "@/shared/api/types";
import { Button } from "@/shared/ui/button";
import { Wordmark } from "@/shared/ui/brand";
import { CopyButton } from "@/shared/ui/copy-button";
import { Field } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { useTitle } from "@/shared/ui/use-title";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { PasswordForm } from "./password-form";
import { Providers } from "./providers";
import { tokenFrom } from "./token";

const COMMAND = "pincite keys sign-in-link";

interface Props {
  /** Why it is shown, where there is more to say. */
  note?: string;
  onSignedIn: () => void;
}

export function SignInPage({ note, onSignedIn }: Props) {
  useTitle("Sign in");
  const client = useQueryClient();
  const [pasted, setPasted] = useState("");
  const tried = useRef("");
  const enter = (session: Session) => {
    client.setQueryData(keys.session, session);
    void client.invalidateQueries();
    onSignedIn();
  };
  const entry = useMutation({
    mutationFn: signIn,
    onSuccess: (session) => enter(session),
  });
  const { mutate } = entry;
  useEffect(() => {
    const enterByAddress = () => {
      const token = tokenFrom(window.location.hash);
      if (!token || tried.current === token) return;
      tried.current = token;
      // The token works once; it should not stay in the address or the history.
      window.history.replaceState(null, "", "/signin");
      mutate(token);
    };
    enterByAddress();
    // A link that is put into the address while this page is open loads nothing anew.
    window.addEventListener("hashchange", enterByAddress);
    return () => window.removeEventListener("hashchange", enterByAddress);
  }, [mutate]);
  const token = tokenFrom(pasted);

  return (
    <main className="grid min-h-dvh place-items-center px-5 py-12">
      <div className="w-full max-w-md" data-testid="sign-in">
        <Wordmark className="text-4xl" />
        <h1 className="mt-8 font-serif text-2xl font-semibold">{entry.isPending ? "Signing you in…" : "Sign in"}</h1>
        {note && (
          <p role="status" className="mt-3 text-sm leading-relaxed text-muted" data-testid="door-note">
            {note}
          </p>
        )}
        <Providers />
        <PasswordForm onSession={enter} />
        <details className="mt-8 border-t border-line pt-5" data-testid="with-link" open={entry.isError || undefined}>
          <summary className="cursor-pointer text-sm font-medium">Sign in with a link</summary>
          <p className="mt-3 text-sm leading-relaxed text-muted">
            An admin can send you a link that signs you in once, also when you forgot your password. On the machine where Pincite runs, this command prints one for the owner:
          </p>
          <div className="mt-3 flex items-center justify-between rounded-xl border border-line bg-raised py-1.5 pr-1.5 pl-4">
            <code className="font-mono text-sm">{COMMAND}</code>
            <CopyButton label="Copy the command" text={() => COMMAND} />
          </div>
          <form
            className="mt-4 flex items-end gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              if (token) mutate(token);
            }}
          >
            <Field
              label="Open the link, or paste it here"
              className="min-w-0 flex-1"
              data-testid="sign-in-token"
              value={pasted}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setPasted(event.target.value)}
              placeholder="http://…/signin#token=…"
            />
            <Button type="submit" className="min-h-10!" disabled={!token || entry.isPending}>
              Use the link
            </Button>
          </form>
        </details>
        {entry.isError && (
          <div className="mt-4">
            <ErrorNotice error={entry.error} />
          </div>
        )}
      </div>
    </main>
  );
}
