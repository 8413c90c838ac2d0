// The one way by which text may become HTML or a script's address, where the browser enforces Trusted Types. No text may,
// but that react-pdf empties an element with "" and pdf.js starts its worker from the app's own files.

interface TrustedTypes {
  createPolicy: (name: string, rules: Record<"createHTML" | "createScriptURL", (text: string) => string | null>) => unknown;
}

const ASSETS = "/assets/";

// None is refused by the browser itself, which then reports it as it reports what the content policy stops.
export const onlyEmpty = (text: string): string | null => (text === "" ? text : null);

export function onlyOwnAssets(url: string): string | null {
  const parsed = URL.parse(url, window.location.href);
  return parsed?.origin === window.location.origin && parsed.pathname.startsWith(ASSETS) ? url : null;
}

const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
trustedTypes?.createPolicy("default", { createHTML: onlyEmpty, createScriptURL: onlyOwnAssets });
