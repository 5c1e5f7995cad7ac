// What people come for, by its clicks; and what a page says beside its words, to fingers and keys.

import type { Locator } from "@playwright/test";
import { alive, expect, type Key, type Keyward, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 90_000 });

/** Clicks in turn, and answers how many clicks that were. */
async function clicked(...places: Locator[]): Promise<number> {
  for (const place of places) {
    await place.click();
  }
  return places.length;
}

/** Has calls refused until the key counts as refusing. */
async function refusing(keyward: Keyward, key: Key): Promise<void> {
  for (let call = 0; call < 12; call += 1) {
    const headers = { authorization: `Bearer ${key.token}` };
    const answer = await fetch(`${keyward.url}/forward-auth?scope=doors.write`, { headers });
    expect(answer.status).toBe(403);
  }
}

test("rotating, archiving and finding out why take few clicks", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const name = unique("clicks");
  const key = await keyward.issue(name, "bookings.read");
  await refusing(keyward, key);
  const main = page.getByRole("main");
  const list = async () => {
    await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(name)}`);
    await alive(page);
  };

  await expect(async () => {
    await list();
    await expect(page.locator("tr[data-row]").getByText("Refusing")).toBeVisible({ timeout: 100 });
  }, "keys are looked at again every few seconds").toPass();
  const why = await clicked(page.getByRole("link", { name, exact: true }), page.getByRole("link", { name: "Why refused?" }));
  await expect(page.getByRole("heading", { name: "12 refused in 24 h, all insufficient_scope: doors.write" })).toBeVisible();
  const side = page.getByRole("navigation", { name: "Main" }).getByRole("listitem").filter({ hasText: "Needs attention" });
  await expect(side.locator(".count"), "the sidebar counts it").toHaveText(/^[\d,]+ keys? leaked, or refuses? or limits? calls$/);

  await list();
  const rotate = await clicked(
    page.getByRole("button", { name: `Actions for ${name}` }),
    page.getByRole("link", { name: "Rotate…" }),
    main.getByRole("button", { name: "Rotate key" }),
    page.getByRole("button", { name: "Copy key" }),
    page.getByLabel("I have stored this key"),
    page.getByRole("button", { name: "Done" }),
  );
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);

  await list();
  const old = page.locator("tr[data-row]").filter({ hasText: "Replaced by" });
  await old.getByRole("button", { name: `Actions for ${name}` }).click();
  await expect(page.getByRole("link", { name: "Edit…" }).filter({ visible: true })).toHaveCount(1);
  await expect(page.getByRole("link", { name: "Rotate…" }).filter({ visible: true }), "what was replaced is not replaced again").toHaveCount(0);
  await page.keyboard.press("Escape");

  const archive = await clicked(
    old.getByRole("button", { name: `Actions for ${name}` }),
    page.getByRole("link", { name: "Archive…" }).filter({ visible: true }),
    page.getByRole("button", { name: "Archive key" }),
    page.getByRole("dialog").getByRole("button", { name: "Done" }),
  );
  await expect(old).toHaveCount(0);
  expect({ why, rotate, archive }, "clicks from the list").toEqual({ why: 2, rotate: 6, archive: 4 });
});

test.describe("by hand", () => {
  test.use({ hasTouch: true, viewport: { width: 375, height: 700 } });

  test("what a state means is said to fingers and to keys", async ({ page, context, keyward }) => {
    await keyward.signIn(context);
    const name = unique("told");
    const key = await keyward.issueFor("8d", name, "bookings.read");
    const said = (place: Locator) => place.evaluate((element) => getComputedStyle(element, "::after").content);
    await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(name)}`);
    await alive(page);
    const state = page.locator("tr[data-row] .status").filter({ visible: true });
    expect(await said(state), "nothing is said before it is touched").toBe("none");
    await state.tap();
    expect(await said(state)).toMatch(/^"It stops in \d+ days\. Make a new key and change over before\."$/);

    await page.goto(`${keyward.url}/keys/${key.id}`);
    await alive(page);
    const pill = page.locator("h1 ~ * .pill, .pill").filter({ visible: true }).first();
    for (let step = 0; step < 20 && !(await pill.evaluate((element) => element === document.activeElement)); step += 1) {
      await page.keyboard.press("Tab");
    }
    await expect(pill, "keys reach it").toBeFocused();
    expect(await said(pill)).toContain("It stops in");
  });
});

test("what was saved is said, and the focus is at the page's work", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("saved"), "bookings.read");
  await page.goto(`${keyward.url}/keys/${key.id}/edit`);
  await alive(page);
  await page.getByLabel(/^Description/).fill("At the gate");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(key.name);
  await expect(page.getByRole("status").filter({ hasText: "Saved." })).toBeVisible();
  await expect(page.locator("#main")).toBeFocused();
});
