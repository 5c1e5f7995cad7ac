// How the console is tried in a browser: once with JavaScript, once without.

import { defineConfig } from "@playwright/test";
import { chromium } from "./browsers";

/** How Chromium is started, with more arguments. */
const launch = (...more: string[]) => ({
  executablePath: chromium(),
  args: [
    "--no-sandbox", // containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    ...more,
  ],
});

/** A name of the house, as people have it at home and in offices: no TLS, no loopback. */
const LAN = { host: "keys.lan", launchOptions: launch("--host-resolver-rules=MAP keys.lan 127.0.0.1") };

export default defineConfig<object, { host: string }>({
  testDir: "specs",
  outputDir: "test-results",
  // What a page tells assistive technology is kept as text; `npx playwright test tree --update-snapshots` keeps it anew.
  snapshotPathTemplate: "trees/{arg}{ext}",
  reporter: "list",
  // A test that passes at the second try has failed.
  retries: 0,
  // Each worker has a server of its own beside its browser: two fill a small machine.
  workers: 2,
  forbidOnly: !!process.env.CI,
  use: {
    launchOptions: launch(),
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "script", testIgnore: "**/*.plain.spec.ts" },
    { name: "plain", testMatch: "**/*.plain.spec.ts", use: { javaScriptEnabled: false } },
    // Pages have no clipboard there: keyboard.spec.ts does without one.
    { name: "lan", testMatch: "**/journey.spec.ts", grepInvert: /a secret is shown once/, use: LAN },
    { name: "lan-plain", testMatch: "**/journey.plain.spec.ts", use: { ...LAN, javaScriptEnabled: false } },
  ],
});
