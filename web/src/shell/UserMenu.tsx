/** The menu of the signed-in user: profile, theme, language, sign-out. */
import { Avatar, Menu, UnstyledButton } from "@mantine/core";
import { IconFingerprint, IconLanguage, IconLogout, IconSelector } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { endSession, useMe } from "../api/session";
import { dictionary, setLanguage, useLanguage, useSay } from "../language/language";
import { tellFault } from "../parts/forms";
import { roles } from "../parts/words";
import { navWords } from "./navigation";
import classes from "./Shell.module.css";
import { themeWords, useTheme } from "./ThemeSwitch";

const words = dictionary({
  menu: ["Menu of {name}", "{name} 的菜单"],
  signOut: ["Sign out", "退出登录"],
});

/** Ends the session and leaves nothing of it in memory. */
function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  return async () => {
    try {
      await endSession(client);
      await navigate({ to: "/sign-in" });
    } catch (error) {
      tellFault(error, say);
    }
  };
}

export function UserMenu({ isCompact = false }: { isCompact?: boolean }) {
  const say = useSay();
  const me = useMe();
  const language = useLanguage();
  const theme = useTheme();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const label = isCompact ? say(words.menu, { name: me.name }) : undefined; // otherwise the name itself is seen
  return (
    <Menu
      position={isCompact ? "bottom-end" : "top"} width={240} returnFocus withInitialFocusPlaceholder={false}
      withinPortal={false}
    >
      <Menu.Target>
        <UnstyledButton className={isCompact ? classes.compactUser : classes.user} aria-label={label}>
          <Avatar size={32} radius="xl" color="accent" variant="light" aria-hidden {...(isCompact ? {} : { name: me.name })} />
          {!isCompact && (
            <>
              <span className={classes.userText}>
                <span className={classes.userName}>{me.name}</span>
                <span className={classes.userRole}>{say(roles[me.role])}</span>
              </span>
              <IconSelector size={16} aria-hidden />
            </>
          )}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {me.email !== null && <Menu.Label>{me.email}</Menu.Label>}
        <Menu.Item leftSection={<IconFingerprint size={16} />} onClick={() => void navigate({ to: "/profile" })}>
          {say(navWords.profile)}
        </Menu.Item>
        <Menu.Item closeMenuOnClick={false} leftSection={<theme.Mark size={16} />} onClick={theme.change}>
          {say(themeWords.theme, { name: say(theme.label) })}
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick={false}
          leftSection={<IconLanguage size={16} />}
          onClick={() => setLanguage(language === "en" ? "zh" : "en")}
        >
          {language === "en" ? "中文" : "English"}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          {say(words.signOut)}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
