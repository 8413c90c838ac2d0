// No text becomes HTML, and scripts come from the app's own files alone.
import { expect, it } from "vitest";
import { onlyEmpty, onlyOwnAssets } from "./trusted";

it("refuses all HTML but none", () => {
  expect(onlyEmpty("")).toBe("");
  for (const text of [" ", "a", "<p>", "<img src=x onerror=alert(1)>"]) expect(onlyEmpty(text)).toBeNull();
});

it("lets the app's own assets be scripts", () => {
  const own = `${window.location.origin}/assets/pdf.worker.mjs`;
  for (const url of [own, "/assets/a.js"]) expect(onlyOwnAssets(url)).toBe(url);
  const foreign = ["https://evil.example/assets/a.js", "//evil.example/assets/a.js", "/v1/documents/1/content", "/assets/../v1/x"];
  for (const url of [...foreign, "data:text/javascript,alert(1)", "javascript:alert(1)", "blob:null/1", "http://["]) {
    expect(onlyOwnAssets(url)).toBeNull();
  }
});
