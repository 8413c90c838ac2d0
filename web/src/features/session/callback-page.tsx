// Where a provider sends the browser back to: hands on what it brought, once, and goes where somebody wanted to.
import { keys } from "@/shared/api/queries";
import { answerFrom, finishWithProvider, type ProviderAnswer } from "@/shared/api/sign-in";
import { Wordmark } from "@/shared/ui/brand";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

/** As the browser arrived, before the router makes the address its own. */
const ARRIVED = window.location.search;

export function CallbackPage({ onDone }: { onDone: (path: string) => void }) {
  const client = useQueryClient();
  const tried = useRef(false);
  const entry = useMutation({
    mutationFn: (answer: ProviderAnswer | null) => finishWithProvider(answer ?? { state: "none" }),
    onSuccess: ({ session, return_to }) => {
      if (session) client.setQueryData(keys.session, session);
      void client.invalidateQueries();
      onDone(return_to);
    },
  });
  const { mutate } = entry;
  useEffect(() => {
    if (tried.current) return;
    tried.current = true;
    const answer = answerFrom(ARRIVED);
    // The code works once; it should not stay in the address or the history.
    window.history.replaceState(null, "", "/signin/callback");
    mutate(answer);
  }, [mutate]);
  return (
    <main className="grid min-h-dvh place-items-center px-5 py-12">
      <div className="w-full max-w-md" data-testid="callback">
        <Wordmark className="text-4xl" />
        <h1 className="mt-8 mb-4 font-serif text-2xl font-semibold">{entry.isError ? "That did not sign you in" : "Signing you in…"}</h1>
        {entry.isError && (
          <>
            <ErrorNotice error={entry.error} />
            <a className="mt-4 inline-block text-sm font-medium underline" href="/signin">
              Back to the sign-in page
            </a>
          </>
        )}
      </div>
    </main>
  );
}
