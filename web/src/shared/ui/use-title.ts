// What the browser's tab is called: tabs, bookmarks and screen readers tell pages apart by it.
import { useEffect } from "react";

export function useTitle(name?: string): void {
  useEffect(() => {
    document.title = name ? `${name} · Pincite` : "Pincite";
  }, [name]);
}
