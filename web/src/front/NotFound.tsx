/** There is no such page. */
import { Button, Center } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconMapOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { dictionary, useSay } from "../language/language";
import { Empty } from "../parts/Empty";

const words = dictionary({
  title: ["There is no such page", "页面不存在"],
  text: ["The address may be mistyped, or the page has moved.", "地址可能有误，或页面已移动。"],
  home: ["To the overview", "返回概览"],
});

export function NotFound() {
  const say = useSay();
  useDocumentTitle(`${say(words.title)} · AIGNE Hub`);
  return (
    <Center component="main" id="content" tabIndex={-1} mih="80dvh">
      <Empty
        icon={IconMapOff}
        order={1}
        title={say(words.title)}
        text={say(words.text)}
        action={
          <Button component={Link} to="/">
            {say(words.home)}
          </Button>
        }
      />
    </Center>
  );
}
