/** The two languages of the console: every text is a pair, so a translation cannot be forgotten. */
import { useCallback, useSyncExternalStore } from "react";

export type Language = "en" | "zh";
export type Entry = readonly [en: string, zh: string];
export type Say = (entry: Entry, values?: Readonly<Record<string, string | number>>) => string;

const STORED = "hub-language";
const listeners = new Set<() => void>();

/** Checks the shape of a page's texts and gives them back. */
export function dictionary<T extends Record<string, Entry>>(entries: T): T {
  return entries;
}

/** `{name}` in a text is replaced by the value of that name. */
export function say(language: Language, entry: Entry, values: Readonly<Record<string, string | number>> = {}): string {
  const text = entry[language === "en" ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export function currentLanguage(): Language {
  return document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}

export function setLanguage(language: Language): void {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // A browser that stores nothing still switches for this visit.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage);
}

export function useSay(): Say {
  const language = useLanguage();
  return useCallback<Say>((entry, values) => say(language, entry, values), [language]);
}
