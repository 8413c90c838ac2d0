// Where one can go, and what was asked before. On a narrow screen it comes as a drawer.
import { History } from "@/features/ask/history";
import { useIsAdmin } from "@/shared/share/use-is-admin";
import { IconButton } from "@/shared/ui/button";
import { Wordmark } from "@/shared/ui/brand";
import { useTheme } from "@/shared/ui/theme";
import { Link } from "@tanstack/react-router";
import { ChartColumn, FolderSync, Library, type LucideIcon, Moon, PenLine, Settings2, Sun, X } from "lucide-react";
import { useLayoutEffect, useRef } from "react";

const PLACES: { to: "/" | "/library" | "/sources" | "/usage"; label: string; icon: LucideIcon; forAdmins?: boolean }[] = [
  { to: "/", label: "New question", icon: PenLine },
  { to: "/library", label: "Library", icon: Library },
  { to: "/sources", label: "Sources", icon: FolderSync, forAdmins: true },
  { to: "/usage", label: "Usage", icon: ChartColumn },
];

const LINK =
  "flex items-center gap-2.5 rounded-lg px-3 py-2 text-[0.9rem] text-muted hover:bg-raised/70 hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:text-ink [&_svg]:size-[1.05rem]";

export function Sidebar({ className }: { className: string }) {
  return (
    <aside className={`${className} w-64 shrink-0 flex-col border-r border-line bg-sunken`}>
      <Contents />
    </aside>
  );
}

function Contents({ onChoose }: { onChoose?: () => void }) {
  const isAdmin = useIsAdmin();
  const choose = onChoose && { onClick: onChoose };
  return (
    <>
      <div className="px-5 pt-5 pb-4">
        <Link to="/" className="rounded" {...choose}>
          <Wordmark />
        </Link>
      </div>
      <nav aria-label="Pages" className="space-y-0.5 px-2">
        {PLACES.filter((place) => isAdmin || !place.forAdmins).map(({ to, label, icon: Icon }) => (
          <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }} className={LINK} {...choose}>
            <Icon aria-hidden strokeWidth={1.7} />
            {label}
          </Link>
        ))}
      </nav>
      <div className="mt-5 min-h-0 flex-1 overflow-y-auto px-2">
        <History {...(onChoose && { onChoose })} />
      </div>
      <div className="flex items-center gap-1 border-t border-line px-2 py-2">
        <Link to="/settings" className={`${LINK} flex-1`} {...choose}>
          <Settings2 aria-hidden strokeWidth={1.7} />
          Settings
        </Link>
        <ThemeButton />
      </div>
    </>
  );
}

function ThemeButton() {
  const [, choose] = useTheme();
  const dark = document.documentElement.dataset["theme"] === "dark";
  const Icon = dark ? Sun : Moon;
  return (
    <IconButton label={dark ? "Light theme" : "Dark theme"} data-testid="theme" onClick={() => choose(dark ? "light" : "dark")}>
      <Icon aria-hidden />
    </IconButton>
  );
}

export function Drawer({ onClose }: { onClose: () => void }) {
  const element = useRef<HTMLDialogElement>(null);
  // Of the layout: it closes while it is in the page still, and so gives the focus back.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      aria-label="Menu"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === element.current && onClose()}
      className="m-0 h-dvh max-h-none w-72 max-w-[85vw] border-r border-line bg-sunken p-0 text-ink"
    >
      <div className="relative flex h-full flex-col">
        <IconButton label="Close the menu" className="absolute! top-3.5 right-2" onClick={onClose}>
          <X aria-hidden />
        </IconButton>
        <Contents onChoose={onClose} />
      </div>
    </dialog>
  );
}
