// SPDX-License-Identifier: Apache-2.0
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const tollgate = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    // Inlined files would be data: addresses, which the console's content policy allows for images
    // only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The one bundle is 0.8 MB before compression; the server sends it as Brotli and for ever.
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/v1": tollgate } },
});
