/** The menu of a row. Focus goes back to its button before an action opens a dialog, so that it returns there after. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, type Icon } from "@tabler/icons-react";
import { useRef } from "react";
import { useSay } from "../language/language";
import { common } from "./words";

export interface RowAction {
  label: string;
  icon: Icon;
  act: () => void;
  isDanger?: boolean;
}

export function RowMenu({ name, actions }: { name: string; actions: readonly RowAction[] }) {
  const say = useSay();
  const button = useRef<HTMLButtonElement>(null);
  if (actions.length === 0) return null;
  const run = (action: RowAction): void => {
    button.current?.focus();
    action.act();
  };
  return (
    <Menu
      position="bottom-end" width={220} returnFocus withInitialFocusPlaceholder={false} portalProps={{ target: "#content" }}
    >
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" aria-label={say(common.actions, { name })}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => (
          <Menu.Item
            key={action.label}
            leftSection={<action.icon size={16} />}
            {...(action.isDanger ? { color: "var(--mantine-color-error)" } : {})}
            onClick={() => run(action)}
          >
            {action.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
