// Where a provider sends the browser back to: hands on what it brought, once, and goes where somebody wanted to.
import { answerFrom, finishWithProvider } from "@/shared/api/sign-in";
import { Wordmark } from "@/shared/ui/brand";
import { ErrorNotice } from "@/shared/ui/notice";
import { useTitle } from "@/shared/ui/use-title";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

/** As the browser arrived, before the router makes the address its own. */
const ARRIVED = window.location.search;
/** What it brought is handed on once, also where the router mounts the page anew because its address changed. */
let handedOn: ReturnType<typeof finishWithProvider> | undefined;

export function CallbackPage() {
  useTitle("Sign in");
  const tried = useRef(false);
  const entry = useMutation({
    mutationFn: () => (handedOn ??= finishWithProvider(answerFrom(ARRIVED) ?? { state: "none" })),
    // A page loaded anew: nothing of whoever was here before is left, and the address is free of what was brought.
    onSuccess: ({ return_to }) => window.location.replace(return_to),
  });
  const { mutate } = entry;
  useEffect(() => {
    if (tried.current) return;
    tried.current = true;
    mutate();
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
