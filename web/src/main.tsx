// SPDX-License-Identifier: Apache-2.0
import "./styles";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { take_link_token } from "./link_token";
import { make_query_client } from "./query_client";
import { make_router } from "./routes";
import { theme } from "./theme";

// First of all: the router would put the token into its history.
const link_token = take_link_token(window.location, window.history);
const queries = make_query_client(() => void router.invalidate());
const router = make_router({ queries, link_token });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
