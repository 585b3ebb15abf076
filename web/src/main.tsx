/** The console starts here. */
import "@mantine/core/styles/baseline.css";
import "virtual:theme.css";
import "@mantine/core/styles/global.css";
import "./mantine.css";
import "@mantine/notifications/styles.css";
import "./global.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { watchFocus } from "./parts/focus";
import { makeQueryClient } from "./queries";
import { makeRouter } from "./router";
import { theme } from "./theme";

const colorSchemeManager = localStorageColorSchemeManager({ key: "hub-colour-scheme" });
const client = makeQueryClient(() => void router.invalidate());
const router = makeRouter(client);

watchFocus();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
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
