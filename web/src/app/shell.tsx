// What surrounds every page: the way in, the sidebar, and the document that stands beside the answer.
import { SignInPage } from "@/features/session/sign-in-page";
import { DropZone } from "@/features/library/drop-zone";
import { UploadsProvider, useUploads } from "@/features/library/uploads";
import { sessionQuery } from "@/shared/api/queries";
import { Reader } from "@/shared/reader/reader";
import { useViewer } from "@/shared/reader/target";
import { useCanWrite } from "@/shared/share/use-can-write";
import { formatCount } from "@/shared/text/format";
import { Button, IconButton } from "@/shared/ui/button";
import { Wordmark } from "@/shared/ui/brand";
import { ErrorNotice } from "@/shared/ui/notice";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Menu } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Drawer, Sidebar } from "./sidebar";

export function Shell() {
  const session = useQuery(sessionQuery);
  const { pathname } = useLocation();
  const owner = useLast(session.data?.user.id);
  if (pathname === "/signin" || pathname === "/signin/callback") return <Outlet />;
  if (session.isPending) return <div className="min-h-dvh" aria-busy="true" />;
  if (session.isError) {
    return (
      <main className="mx-auto grid min-h-dvh max-w-md content-center gap-6 p-6">
        <Wordmark className="text-4xl" />
        <ErrorNotice error={session.error}>
          <Button className="mt-3" onClick={() => void session.refetch()}>
            Try again
          </Button>
        </ErrorNotice>
      </main>
    );
  }
  // What was being sent is still there when the same person signs in again, and gone when another does.
  return (
    <UploadsProvider key={owner} signedIn={Boolean(session.data)}>
      {session.data ? <Frame /> : <Door />}
    </UploadsProvider>
  );
}

function Door() {
  const navigate = useNavigate();
  const waiting = useUploads().uploads.filter((each) => each.state === "waiting").length;
  return (
    <SignInPage
      note={waiting ? `Your session ended. ${formatCount(waiting, "file")} will be sent when you are signed in again.` : ""}
      onSignedIn={() => void navigate({ to: "." })}
    />
  );
}

/** The last value that there was. */
function useLast(value: string | undefined): string | undefined {
  const [last, setLast] = useState(value);
  if (value !== undefined && value !== last) setLast(value);
  return value ?? last;
}

function Frame() {
  const { target, close } = useViewer();
  const [menu, setMenu] = useState(false);
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const canWrite = useCanWrite();
  const opener = useRef<HTMLElement | null>(null);
  useAskKeys();
  // The pin that opened the document gets the focus back when the document closes.
  useEffect(() => {
    if (target) opener.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  }, [target]);
  const leave = () => {
    close();
    opener.current?.focus({ preventScroll: true });
  };
  return (
    <div className="relative flex h-dvh overflow-clip">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-raised focus:p-3">
        Skip to the content
      </a>
      <Sidebar className={target ? "hidden 2xl:flex" : "hidden lg:flex"} />
      {menu && <Drawer onClose={() => setMenu(false)} />}
      <div className="flex min-w-0 flex-1 flex-col">
        <header className={`flex h-13 shrink-0 items-center gap-1 border-b border-line px-2 ${target ? "2xl:hidden" : "lg:hidden"}`}>
          <IconButton label="Menu" data-testid="menu" onClick={() => setMenu(true)}>
            <Menu aria-hidden />
          </IconButton>
          <Link to="/" className="rounded px-1">
            <Wordmark className="text-xl" />
          </Link>
        </header>
        <main id="main" className="min-h-0 flex-1">
          {pathname === "/library" ? (
            <Outlet />
          ) : (
            <DropZone collection="" takes={canWrite} onTaken={() => void navigate({ to: "/library" })}>
              <Outlet />
            </DropZone>
          )}
        </main>
      </div>
      {target && <Reader key={target.revision} target={target} onClose={leave} />}
    </div>
  );
}

/** "/" and Ctrl or Command with K go to the question, from anywhere. */
function useAskKeys(): void {
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.matches("input, textarea, select, [contenteditable]");
      const command = (event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k";
      if (!command && (event.key !== "/" || typing || event.metaKey || event.ctrlKey)) return;
      if (document.querySelector("dialog[open]")) return;
      event.preventDefault();
      const input = document.getElementById("ask-input");
      if (input) input.focus();
      else void navigate({ to: "/" });
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate]);
}
