/** A point in time, told as people say it, with the exact time behind it. */
import { useLanguage, type Language } from "../language/language";

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", 60],
];
const LEAST_COUNT: Partial<Record<Intl.RelativeTimeFormatUnit, number>> = { year: 2, month: 3 };

const locale = (language: Language): string => (language === "zh" ? "zh-CN" : "en");

/** "5 minutes ago", "in 50 days"; months and years only where days would be hard to grasp. */
export function relative(at: Date, now: Date, language: Language): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(locale(language), { numeric: "auto" });
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length * (LEAST_COUNT[unit] ?? 1)) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, "second");
}

export function exact(at: Date, language: Language): string {
  return new Intl.DateTimeFormat(locale(language), { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

/** `otherwise` is shown when there is no time. */
export function Moment({ at, otherwise = "–" }: { at: string | null; otherwise?: string }) {
  const language = useLanguage();
  if (at === null) return <span>{otherwise}</span>;
  const time = new Date(at);
  return (
    <time dateTime={at} title={exact(time, language)}>
      {relative(time, new Date(), language)}
    </time>
  );
}
