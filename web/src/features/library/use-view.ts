// What of the Library is shown, in step with the address.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { type LibrarySearch, searchOf, viewOf } from "./search";
import type { View } from "./use-documents";

/** The address follows when nothing was typed for so long. */
const WRITE_MS = 250;
const NOTHING: LibrarySearch = { collection: undefined, name: undefined, shelf: undefined, sort: undefined };

export function useView(search: LibrarySearch): [View, (patch: Partial<View>) => void] {
  const navigate = useNavigate();
  const said = JSON.stringify(searchOf(viewOf(search)));
  const [view, setView] = useState(() => viewOf(search));
  const known = useRef(said);
  const own = JSON.stringify(searchOf(view));
  useEffect(() => {
    // Another address than the one that was written: somebody followed a link, or went back.
    if (said === known.current) return;
    known.current = said;
    setView(viewOf(JSON.parse(said) as LibrarySearch));
  }, [said]);
  useEffect(() => {
    if (own === known.current) return;
    const timer = setTimeout(() => {
      known.current = own;
      const wanted = { ...NOTHING, ...(JSON.parse(own) as LibrarySearch) };
      // What the reader shows is in the address, too.
      void navigate({ to: ".", search: (previous: object) => ({ ...previous, ...wanted }), replace: true } as never);
    }, WRITE_MS);
    return () => clearTimeout(timer);
  }, [own, navigate]);
  return [view, (patch) => setView((old) => ({ ...old, ...patch }))];
}
