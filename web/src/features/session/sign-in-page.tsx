// The door: a one-time link signs in by itself; whoever comes without one learns how to get it.
import { keys, signIn } from "@/shared/api/queries";
import { Button } from "@/shared/ui/button";
import { Wordmark } from "@/shared/ui/brand";
import { CopyButton } from "@/shared/ui/copy-button";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { tokenFrom } from "./token";

const COMMAND = "pincite keys sign-in-link";

export function SignInPage({ onSignedIn }: { onSignedIn: () => void }) {
  const client = useQueryClient();
  const [pasted, setPasted] = useState("");
  const tried = useRef(false);
  const entry = useMutation({
    mutationFn: signIn,
    onSuccess: (session) => {
      client.setQueryData(keys.session, session);
      void client.invalidateQueries();
      onSignedIn();
    },
  });
  const { mutate } = entry;
  useEffect(() => {
    const token = tokenFrom(window.location.hash);
    if (!token || tried.current) return;
    tried.current = true;
    // The token works once; it should not stay in the address or the history.
    window.history.replaceState(null, "", "/signin");
    mutate(token);
  }, [mutate]);
  const token = tokenFrom(pasted);

  return (
    <main className="grid min-h-dvh place-items-center px-5 py-12">
      <div className="w-full max-w-md" data-testid="sign-in">
        <Wordmark className="text-4xl" />
        <h1 className="mt-8 font-serif text-2xl font-semibold">{entry.isPending ? "Signing you in…" : "Sign in"}</h1>
        <p className="mt-2 leading-relaxed text-muted">
          There is no password. On the machine where Pincite runs, this command prints a link that signs you in once:
        </p>
        <div className="mt-4 flex items-center justify-between rounded-xl border border-line bg-raised py-1.5 pr-1.5 pl-4">
          <code className="font-mono text-sm">{COMMAND}</code>
          <CopyButton label="Copy the command" text={() => COMMAND} />
        </div>
        <form
          className="mt-6"
          onSubmit={(event) => {
            event.preventDefault();
            if (token) mutate(token);
          }}
        >
          <label htmlFor="sign-in-token" className="text-sm font-medium">
            Open the link, or paste it here
          </label>
          <div className="mt-1.5 flex gap-2">
            <input
              id="sign-in-token"
              data-testid="sign-in-token"
              value={pasted}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setPasted(event.target.value)}
              placeholder="http://…/signin#token=…"
              className="min-h-10 min-w-0 flex-1 rounded-lg border border-strong bg-raised px-3 text-sm"
            />
            <Button type="submit" look="primary" disabled={!token || entry.isPending}>
              Sign in
            </Button>
          </div>
        </form>
        {entry.isError && (
          <div className="mt-4">
            <ErrorNotice error={entry.error} />
          </div>
        )}
      </div>
    </main>
  );
}
