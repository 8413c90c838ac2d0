// The one way by which text may become HTML or a script's address, where the browser enforces Trusted Types. No text may,
// but that react-pdf empties an element with "" and pdf.js starts its worker from the app's own files.

interface TrustedTypes {
  createPolicy: (name: string, rules: { createHTML: (text: string) => string; createScriptURL: (url: string) => string }) => unknown;
}

const ASSETS = "/assets/";

export function onlyEmpty(text: string): string {
  if (text !== "") throw new TypeError("Text is never rendered as HTML.");
  return text;
}

export function onlyOwnAssets(url: string): string {
  const { origin, pathname } = new URL(url, window.location.href);
  if (origin !== window.location.origin || !pathname.startsWith(ASSETS)) throw new TypeError("Scripts come from the app's own files.");
  return url;
}

const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
trustedTypes?.createPolicy("default", { createHTML: onlyEmpty, createScriptURL: onlyOwnAssets });
