/** The console's look lives here: one accent, cool greys, the system's own fonts, and contrast that passes WCAG AA. */
import { createTheme, type ConvertCSSVariablesInput, type MantineColorsTuple, type MantineTheme } from "@mantine/core";

const accent: MantineColorsTuple = [
  "#effbf8", "#d5f3ec", "#aae6d9", "#79d3c2", "#4bbba8", "#2ba18f", "#177d6f", "#126b5f", "#0f574e", "#0c4740",
];
const gray: MantineColorsTuple = [
  "#f7f8fa", "#f0f2f5", "#e6e9ee", "#d8dde4", "#c2c9d3", "#9aa4b2", "#5d6878", "#4b5565", "#364152", "#1f2937",
];
const dark: MantineColorsTuple = [
  "#dfe3ea", "#c1c8d3", "#9ba5b5", "#748094", "#3d4554", "#2e3542", "#222833", "#191d25", "#12151b", "#0c0e12",
];
const red: MantineColorsTuple = [
  "#fef3f2", "#fee4e2", "#fecdca", "#fda29b", "#f97066", "#f04438", "#d12b1f", "#b42318", "#912018", "#7a271a",
];
const orange: MantineColorsTuple = [
  "#fffaeb", "#fef0c7", "#fedf89", "#fec84b", "#fdb022", "#f79009", "#b54708", "#a03f07", "#93370d", "#7a2e0e",
];
const LATIN_FONTS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans"';
const CHINESE_FONTS = '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC"';
const fonts = `${LATIN_FONTS}, ${CHINESE_FONTS}, sans-serif`;

export const theme = createTheme({
  colors: { accent, gray, dark, red, orange },
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: fonts,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace',
  headings: {
    fontFamily: fonts,
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.625rem", lineHeight: "1.25" },
      h2: { fontSize: "1.125rem", lineHeight: "1.4" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
    },
  },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
});

/** What differs from Mantine's own variables, mostly for contrast. */
export function themeVariables(merged: MantineTheme): ConvertCSSVariablesInput {
  const colour = (name: "gray" | "dark" | "red", shade: number): string => merged.colors[name][shade] ?? "";
  return {
    variables: {},
    light: {
      "--mantine-color-text": "#171c26",
      "--mantine-color-default-color": "#171c26",
      "--mantine-color-bright": "#0c0e12",
      "--mantine-color-dimmed": colour("gray", 6),
      "--mantine-color-placeholder": colour("gray", 6),
      "--mantine-color-error": colour("red", 7),
      "--mantine-color-default-border": colour("gray", 4),
      "--hub-ground": colour("gray", 0),
      "--hub-card": "#fff",
      "--hub-line": colour("gray", 2),
      "--hub-hover": colour("gray", 1),
      "--hub-accent-text": "#0f574e",
    },
    dark: {
      "--mantine-color-accent-light": "rgba(43, 161, 143, 0.18)",
      "--mantine-color-accent-light-color": "#8fdccd",
      "--mantine-color-gray-light": "rgba(155, 165, 181, 0.16)",
      "--mantine-color-gray-light-color": "#c1c8d3",
      "--mantine-color-orange-light": "rgba(247, 144, 9, 0.16)",
      "--mantine-color-orange-light-color": "#fec84b",
      "--mantine-color-red-light": "rgba(240, 68, 56, 0.18)",
      "--mantine-color-red-light-color": "#fda29b",
      "--mantine-color-dimmed": colour("dark", 2),
      "--mantine-color-placeholder": colour("dark", 2),
      "--mantine-color-error": colour("red", 3),
      "--hub-ground": colour("dark", 8),
      "--hub-card": colour("dark", 7),
      "--hub-line": colour("dark", 5),
      "--hub-hover": colour("dark", 6),
      "--hub-accent-text": "#79d3c2",
    },
  };
}
