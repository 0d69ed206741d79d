import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { compressed } from "./compressed.ts";

/** The server that a page in development speaks with. */
const server = process.env["RINGCRAFT_DEV_SERVER"] ?? "http://127.0.0.1:8080";

/** Recordings are read from the store inside that server, whose addresses begin with the bucket. */
const bucket = process.env["S3_BUCKET"] ?? "ringcraft";

export default defineConfig({
  plugins: [react(), tailwindcss(), compressed()],
  // Fonts and icons as files: the page's policy allows no data of other kinds.
  build: { assetsInlineLimit: 0, sourcemap: false },
  server: { proxy: { "/api": { target: server, ws: true }, [`/${bucket}/`]: { target: server } } },
});
