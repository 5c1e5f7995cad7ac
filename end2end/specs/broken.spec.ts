// Where a page's program cannot live, its plain forms do.

import { expect, test, unique } from "../fixtures";

test("a page whose text was wrapped by a translator says so, and its form makes the key", async ({ page, keyward, watcher }) => {
  watcher.dies = true;
  await keyward.signIn(page.context());
  await page.addInitScript(() =>
    document.addEventListener("readystatechange", () => {
      if (document.readyState !== "interactive" || location.pathname !== "/keys/new") {
        return;
      }
      const walk = document.createTreeWalker(document.querySelector("main")!, NodeFilter.SHOW_TEXT);
      const texts: Node[] = [];
      while (walk.nextNode()) {
        texts.push(walk.currentNode);
      }
      for (const text of texts.filter((text) => text.nodeValue?.trim() && text.parentElement?.closest("script, select, textarea") === null)) {
        const wrap = document.createElement("font");
        text.parentNode?.replaceChild(wrap, text);
        wrap.append(text);
      }
    }),
  );
  const name = unique("translated");
  await page.goto(`${keyward.url}/keys/new`);
  await expect(page.getByRole("alert").filter({ hasText: "stopped working in this browser" })).toBeVisible();
  await page.locator("#name").fill(name);
  await page.locator("#scopes").fill("things.read");
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.locator("#once-token")).toBeVisible();
});

test("an island whose part cannot be loaded stays a plain form", async ({ page, keyward, expectRefusal }) => {
  await keyward.signIn(page.context());
  await page.route(/\/pkg\/(parts\..*\.bin|.*loader.*\.wasm|chunk_.*\.wasm)$/, (route) => route.fulfill({ status: 503 }));
  for (let refused = 0; refused < 4; refused++) {
    expectRefusal(503);
  }
  const name = unique("partless");
  await page.goto(`${keyward.url}/keys/new`);
  await expect(page.getByRole("alert").filter({ hasText: "stopped working in this browser" })).toBeVisible();
  await page.locator("#name").fill(name);
  await page.locator("#scopes").fill("things.read");
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.locator("#once-token")).toBeVisible();
});
