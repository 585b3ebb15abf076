/** How the console is built: into the Python package that serves it, with static theme CSS and gzip copies. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { convertCssVariables, defaultCssVariablesResolver, deepMerge, DEFAULT_THEME, mergeMantineTheme } from "@mantine/core";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { theme, themeVariables } from "./src/theme.ts";

const OUT = fileURLToPath(new URL("../src/aigne_hub/console/dist", import.meta.url));
const COMPRESSED = new Set([".css", ".html", ".js", ".svg"]);

/** The theme's variables as a style sheet, because the content security policy forbids injected style elements. */
function themeSheet(): Plugin {
  const name = "virtual:theme.css";
  return {
    name: "theme-sheet",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load(id) {
      if (id !== `\0${name}`) return null;
      const merged = mergeMantineTheme(DEFAULT_THEME, theme);
      const variables = deepMerge(defaultCssVariablesResolver(merged), themeVariables(merged));
      return convertCssVariables(variables, ":root");
    },
  };
}

/** A compressed copy beside each text file, so that the server never compresses anything itself. */
function gzipCopies(): Plugin {
  return {
    name: "gzip-copies",
    apply: "build",
    closeBundle() {
      for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile() && COMPRESSED.has(extname(path))) {
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        }
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), themeSheet(), gzipCopies()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: Object.fromEntries(["/api", "/oauth", "/.well-known/service/api"].map((path) => [path, "http://127.0.0.1:3030"])),
  },
});
