/** Switches between the languages; each is named in itself. */
import { Button } from "@mantine/core";
import { IconLanguage } from "@tabler/icons-react";
import { setLanguage, useLanguage } from "./language";

export function LanguageSwitch() {
  const language = useLanguage();
  const other = language === "en" ? "zh" : "en";
  return (
    <Button
      variant="subtle"
      color="gray"
      size="compact-sm"
      leftSection={<IconLanguage size={16} />}
      onClick={() => setLanguage(other)}
      lang={other === "zh" ? "zh-CN" : "en"}
    >
      {other === "zh" ? "中文" : "English"}
    </Button>
  );
}
