// Which browsers the system has.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of these programs that is on the PATH. */
function installed(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The system's Chromium, if it has one; Playwright falls back to its own. */
export const chromium = () => installed("chromium", "chromium-browser", "google-chrome");

/** The system's Firefox. Playwright drives none but its own. */
export const firefox = () => installed("firefox-esr", "firefox");
