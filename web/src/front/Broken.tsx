/** The last resort: a page that could not be shown, and the way to try again. */
import { Center } from "@mantine/core";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { Trouble } from "../parts/Empty";

export function Broken({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Center mih={320} p="md">
      <Trouble error={error} retry={() => void router.invalidate()} />
    </Center>
  );
}

/** The same where no frame is around it. */
export function BrokenWhole(props: ErrorComponentProps) {
  return (
    <main id="content" tabIndex={-1}>
      <Broken {...props} />
    </main>
  );
}
