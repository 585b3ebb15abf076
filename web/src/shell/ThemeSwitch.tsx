/** Light, dark, or as the system has it. */
import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun, type Icon } from "@tabler/icons-react";
import { dictionary, useSay, type Entry } from "../language/language";

export const themeWords = dictionary({
  light: ["Light", "浅色"],
  dark: ["Dark", "深色"],
  auto: ["As the system", "跟随系统"],
  theme: ["Theme: {name}", "主题：{name}"],
});

const ORDER: readonly MantineColorScheme[] = ["auto", "light", "dark"];
const ICONS: Record<MantineColorScheme, Icon> = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon };

/** The scheme and the one that follows it when the switch is pressed. */
export function useTheme(): { scheme: MantineColorScheme; label: Entry; Mark: Icon; change: () => void } {
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const following = ORDER[(ORDER.indexOf(colorScheme) + 1) % ORDER.length] ?? "auto";
  return {
    scheme: colorScheme,
    label: themeWords[colorScheme],
    Mark: ICONS[colorScheme],
    change: () => setColorScheme(following),
  };
}

export function ThemeSwitch() {
  const say = useSay();
  const { label, Mark, change } = useTheme();
  const text = say(themeWords.theme, { name: say(label) });
  return (
    <Tooltip label={text}>
      <ActionIcon variant="subtle" color="gray" onClick={change} aria-label={text}>
        <Mark size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
