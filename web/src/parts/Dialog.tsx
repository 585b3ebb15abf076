/** Dialogs: one for forms, one that asks before something cannot be undone. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useSay } from "../language/language";
import classes from "./Dialog.module.css";
import { Refusal } from "./Empty";
import { useFocusBack } from "./focus";
import { common } from "./words";

interface DialogProps {
  isOpen: boolean;
  close: () => void;
  title: string;
  children: ReactNode;
  size?: string;
  /** False where Escape, or a click beside the dialog, would lose something, such as a secret shown once. */
  isEasilyClosed?: boolean;
}

export function Dialog({ isOpen, close, title, children, size = "md", isEasilyClosed = true }: DialogProps) {
  const say = useSay();
  useFocusBack(isOpen);
  const isNarrow = useMediaQuery("(max-width: 36em)", false, { getInitialValueInEffect: false });
  return (
    <Modal.Root
      opened={isOpen} onClose={close} size={size} centered fullScreen={isNarrow} lockScroll={false}
      closeOnClickOutside={isEasilyClosed} closeOnEscape={isEasilyClosed} returnFocus={false}
    >
      <Modal.Overlay />
      <Modal.Content>
        <div className={classes.head}>
          <Modal.Title className={classes.title}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={say(common.close)} />
        </div>
        <Modal.Body className={classes.body}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

interface ConfirmProps {
  isOpen: boolean;
  close: () => void;
  title: string;
  text: ReactNode;
  confirm: string;
  /** What happens; the dialog stays open and tells the reason when it fails. */
  act: () => Promise<unknown>;
  /** After it happened; closes unless another dialog follows. */
  done?: () => void;
  isDanger?: boolean;
}

export function Confirm({ isOpen, close, title, text, confirm, act, done, isDanger = true }: ConfirmProps) {
  const say = useSay();
  const action = useMutation({ mutationFn: act, onSuccess: () => (done ?? leave)() });
  const leave = (): void => {
    action.reset();
    close();
  };
  return (
    <Dialog isOpen={isOpen} close={leave} title={title}>
      <Stack>
        <Text component="div" size="sm">
          {text}
        </Text>
        <Refusal error={action.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={leave} data-autofocus>
            {say(common.cancel)}
          </Button>
          <Button {...(isDanger ? { color: "red" } : {})} loading={action.isPending} onClick={() => action.mutate()}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
