/** What is seen while a page's code is on its way. */
import { Center, Loader } from "@mantine/core";
import { useSay } from "../language/language";
import { common } from "../parts/words";

export function Waiting() {
  const say = useSay();
  return (
    <Center mih={320} role="status" aria-label={say(common.loading)}>
      <Loader size="sm" />
    </Center>
  );
}
