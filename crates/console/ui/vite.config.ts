// How the pages are built: five entries, no inlined files (the content security policy allows none), addresses relative
// to the page so that a proxy may put the console below a path of its own.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index.html", "display.html", "mr.html", "plant.html", "project.html"] },
  },
  // `npm run dev` shows the running gateway at the usual address.
  server: { proxy: { "/api": "http://127.0.0.1:8090" } },
});
