/** The frame of the pages outside: one centred card, with the language and the theme below it. */
import { Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { LanguageSwitch } from "../language/LanguageSwitch";
import { Brand } from "../parts/Brand";
import { useFocusKept } from "../parts/focus";
import { ThemeSwitch } from "../shell/ThemeSwitch";
import classes from "./Front.module.css";

export function Front() {
  return (
    <div className={classes.front}>
      <header className={classes.brand}>
        <Brand size={32} />
      </header>
      <main id="content" tabIndex={-1} className={`hub-card ${classes.card}`}>
        <Outlet />
      </main>
      <footer>
        <Group gap="xs" justify="center">
          <LanguageSwitch />
          <ThemeSwitch />
        </Group>
      </footer>
    </div>
  );
}

interface CardProps {
  title: string;
  text?: ReactNode;
  children?: ReactNode;
}

/** The card's own heading and content. */
export function Card({ title, text, children }: CardProps) {
  useDocumentTitle(`${title} · AIGNE Hub`);
  useFocusKept(title);
  return (
    <Stack gap="lg">
      <div>
        <Title order={1}>{title}</Title>
        {text !== undefined && (
          <Text c="dimmed" mt="xs" component="div">
            {text}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
}
