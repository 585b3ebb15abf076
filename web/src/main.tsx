/** The console starts here. */
import "@mantine/core/styles/baseline.css";
import "virtual:theme.css";
import "@mantine/core/styles/global.css";
import "./mantine.css";
import "@mantine/notifications/styles.css";
import "./global.css";
import { Button, localStorageColorSchemeManager, MantineProvider, mergeThemeOverrides } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { enterPage, watchFocus } from "./parts/focus";
import { WaitingButton } from "./parts/WaitingButton";
import { makeQueryClient } from "./queries";
import { makeRouter } from "./router";
import { theme } from "./theme";

const colorSchemeManager = localStorageColorSchemeManager({ key: "hub-colour-scheme" });
const themeInUse = mergeThemeOverrides(theme, {
  components: { Button: Button.extend({ defaultProps: { component: WaitingButton } }) },
});
const client = makeQueryClient(() => void router.invalidate());
const router = makeRouter(client);

watchFocus();
router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
  if (fromLocation !== undefined && pathChanged) enterPage();
});
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={themeInUse}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" limit={3} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
