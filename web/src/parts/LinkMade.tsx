/** A link that was made for somebody: mailed, or shown to be handed over. */
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { dictionary, useSay } from "../language/language";
import { CopyField } from "./Copy";
import { Dialog } from "./Dialog";
import { Moment } from "./Moment";
import { common } from "./words";

const words = dictionary({
  link: ["Link", "链接"],
  mailed: ["The link was sent by mail.", "链接已通过邮件发送。"],
  hand: [
    "Hand this link over in a way that only the right person reads. It works once.",
    "请通过仅本人可见的方式转交此链接。链接只能使用一次。",
  ],
  expires: ["It expires", "过期时间："],
});

interface LinkMadeProps {
  title: string;
  link: string | null;
  expiresAt: string | null;
  close: () => void;
}

export function LinkMade({ title, link, expiresAt, close }: LinkMadeProps) {
  const say = useSay();
  return (
    <Dialog isOpen close={close} title={title} size="lg" isEasilyClosed={link === null}>
      <Stack>
        {link === null ? (
          <Alert icon={<IconMail size={20} />}>{say(words.mailed)}</Alert>
        ) : (
          <>
            <Text size="sm">{say(words.hand)}</Text>
            <CopyField value={link} name={say(words.link)} />
          </>
        )}
        <Text size="sm" c="dimmed">
          {say(words.expires)} <Moment at={expiresAt} />
        </Text>
        <Group justify="flex-end">
          <Button onClick={close}>{say(common.done)}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
