// Which page is at which address, and the data that all of them share.
import { ApiProblem } from "@/shared/api/client";
import { signedOut } from "@/shared/api/queries";
import { readViewerSearch } from "@/shared/reader/target";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, useNavigate } from "@tanstack/react-router";
import { AskPage } from "@/features/ask/ask-page";
import { LibraryPage } from "@/features/library/library-page";
import { readLibrarySearch } from "@/features/library/search";
import { CallbackPage } from "@/features/session/callback-page";
import { SignInPage } from "@/features/session/sign-in-page";
import { SettingsPage } from "@/features/settings/settings-page";
import { SourcesPage } from "@/features/sources/sources-page";
import { UsagePage } from "@/features/usage/usage-page";
import { NotFound } from "./not-found";
import { Shell } from "./shell";

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: signedOutOn401 }),
  mutationCache: new MutationCache({ onError: signedOutOn401 }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500),
    },
  },
});

/** A 401 anywhere means that the session ended: the shell then shows the door. */
function signedOutOn401(error: Error): void {
  if (error instanceof ApiProblem && error.status === 401) signedOut(queryClient);
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, validateSearch: readViewerSearch });

const home = createRoute({ getParentRoute: () => root, path: "/", component: () => <AskPage conversation={null} /> });

const conversation = createRoute({
  getParentRoute: () => root,
  path: "/c/$conversation",
  component: function ConversationPage() {
    return <AskPage conversation={conversation.useParams().conversation} />;
  },
});

const library = createRoute({
  getParentRoute: () => root,
  path: "/library",
  validateSearch: readLibrarySearch,
  component: function LibraryRoute() {
    return <LibraryPage {...library.useSearch()} />;
  },
});
const sources = createRoute({ getParentRoute: () => root, path: "/sources", component: SourcesPage });
const usage = createRoute({ getParentRoute: () => root, path: "/usage", component: UsagePage });
const settings = createRoute({ getParentRoute: () => root, path: "/settings", component: SettingsPage });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/signin",
  component: function SignInRoute() {
    const navigate = useNavigate();
    return <SignInPage onSignedIn={() => void navigate({ to: "/", replace: true })} />;
  },
});

const callback = createRoute({ getParentRoute: () => root, path: "/signin/callback", component: CallbackPage });

export const router = createRouter({
  routeTree: root.addChildren([home, conversation, library, sources, usage, settings, signIn, callback]),
  defaultPreload: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
