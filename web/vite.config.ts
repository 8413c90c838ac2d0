// How the web app is built: one bundle into the Python package, with pdf.js and its data files served locally.
// No file of the app lives here.
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = dirname(fileURLToPath(import.meta.url));
const pdfjs = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
const pdfjsVersion = (JSON.parse(readFileSync(join(pdfjs, "package.json"), "utf8")) as { version: string }).version;
const dataUrl = `assets/pdfjs-${pdfjsVersion}`;
const dataFolders = ["cmaps", "standard_fonts", "wasm"];

/** Puts the character maps, the standard fonts and the image decoders of pdf.js beside the app. */
function pdfjsData(): Plugin {
  return {
    name: "pincite-pdfjs-data",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = /^\/assets\/pdfjs-[^/]+\/(cmaps|standard_fonts|wasm)\/([\w.-]+)$/.exec(request.url ?? "");
        if (!path?.[1] || !path[2]) {
          next();
          return;
        }
        createReadStream(join(pdfjs, path[1], path[2])).on("error", () => next()).pipe(response);
      });
    },
    generateBundle() {
      for (const folder of dataFolders) {
        for (const name of readdirSync(join(pdfjs, folder)).filter((each) => !each.startsWith("quickjs"))) {
          const source = readFileSync(join(pdfjs, folder, name));
          this.emitFile({ type: "asset", fileName: `${dataUrl}/${folder}/${name}`, source });
        }
      }
    },
  };
}

// With FUZZ=whole (`make fuzz`) each property of the tests is held to a hundred thousand cases, with a number to so many;
// else to a few of them.
const asked = process.env["FUZZ"];
const cases = asked === "whole" ? "100000" : (asked ?? "100");

export default defineConfig({
  plugins: [react(), tailwindcss(), pdfjsData()],
  define: { __PDFJS_DATA__: JSON.stringify(`/${dataUrl}/`) },
  resolve: { alias: { "@": join(here, "src") } },
  server: { host: "127.0.0.1", port: 5173, proxy: { "/v1": process.env["PINCITE_API"] ?? "http://127.0.0.1:8700" } },
  build: { outDir: "../src/pincite/app/static", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 900 },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/shared/fuzz.ts"],
    env: { FUZZ_CASES: cases },
    testTimeout: asked ? 3_600_000 : 30_000,
  },
});
