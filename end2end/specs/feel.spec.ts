// How the console feels: pages that keep themselves up to date, everything by keyboard, acts that can be taken back, and
// nothing typed that is lost.

import type { Page } from "@playwright/test";
import { alive, expect, looksRight, openForm, row, scopesField, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 60_000 });

const list = (url: string, words: string) => `${url}/keys?q=${encodeURIComponent(words)}`;

/** Switches a key off in another browser, as somebody else would. */
async function switchElsewhere(other: Page, url: string, id: string, words: "Switch off" | "Switch on"): Promise<void> {
  await other.goto(`${url}/keys/${id}`);
  await alive(other);
  await other.getByRole("button", { name: words }).first().click();
  await expect(other.getByRole("status").filter({ hasText: words.replace("Switch", "Switched") })).toBeVisible();
}

test("what another browser does is shown here, without a reload", async ({ page, context, keyward, another }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("live"), "bookings.read");
  const streams = page.waitForResponse((answer) => answer.url().includes("/live"));
  await page.goto(list(keyward.url, key.name));
  expect((await streams).status()).toBe(200);
  await alive(page);
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  const other = await another();
  await switchElsewhere(other, keyward.url, key.id, "Switch off");
  await expect(row(page, key.name).locator(".c-state")).toHaveText("Off");
  await switchElsewhere(other, keyward.url, key.id, "Switch on");
  await expect(row(page, key.name).locator(".c-state")).toHaveText("Active");
  await keyward.use(key);
  await expect(row(page, key.name).locator(".c-last")).toHaveText("just now");
  expect(await page.evaluate(() => "stayed" in window), "the page is the same one").toBe(true);
});

test("what someone selects is left alone, and a changed key says so", async ({ page, context, keyward, another }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("held"), "bookings.read");
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  const state = page.locator(`[data-live="state-${key.id}"]`);
  await state.evaluate((place) => getSelection()?.selectAllChildren(place));
  const other = await another();
  await switchElsewhere(other, keyward.url, key.id, "Switch off");
  const pill = page.getByRole("button", { name: "This key changed. Show" });
  await expect(pill).toBeVisible();
  await expect(state).toHaveText("Active");
  await looksRight(page, "a page that changed");
  await pill.click();
  await expect(page.locator(`[data-live="state-${key.id}"]`)).toHaveText("Off");
  await expect(pill).toBeHidden();
});

test("a lost connection is said after a while, and forgotten when it is back", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("lost"), "bookings.read");
  await page.goto(list(keyward.url, key.name));
  await alive(page);
  for (let line = 0; line < 8; line += 1) {
    expectRefusal("offline");
  }
  await context.setOffline(true);
  const said = page.getByRole("status").filter({ hasText: "Offline. Trying again…" });
  await page.waitForTimeout(3_000);
  await expect(said, "not at once").toHaveCount(0);
  await expect(said).toBeVisible({ timeout: 15_000 });
  await context.setOffline(false);
  await expect(said).toHaveCount(0);
});

test("a session that ends while one looks is said, and nothing moves", async ({ page, context, keyward, another, expectRefusal }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("ended"), "bookings.read");
  await page.goto(list(keyward.url, key.name));
  await alive(page);
  await context.clearCookies({ name: "keyward_session" });
  expectRefusal(401);
  await switchElsewhere(await another(), keyward.url, key.id, "Switch off");
  await expect(page.getByRole("button", { name: "You are signed out. Sign in" })).toBeVisible();
  await expect(row(page, key.name)).toBeVisible();
});

test("a key is switched in its row, at once, and back", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("switch"), "bookings.read");
  await page.goto(list(keyward.url, key.name));
  await alive(page);
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  const menu = page.getByRole("button", { name: `Actions for ${key.name}` });
  await menu.click();
  await row(page, key.name).getByRole("button", { name: "Switch off" }).click();
  await expect(row(page, key.name).locator(".c-state")).toHaveText("Off");
  await expect(menu, "the focus is where it was").toBeFocused();
  const toast = page.getByRole("status").filter({ hasText: "Switched off. It is refused everywhere." });
  // It stays while the focus is in it.
  await toast.getByRole("button", { name: "Undo" }).focus();
  await looksRight(page, "a toast");
  expect(await keyward.find(key.name)).toMatchObject([{ status: "off" }]);
  await toast.getByRole("button", { name: "Undo" }).click();
  await expect(row(page, key.name).locator(".c-state")).toHaveText("Active");
  await expect(page.getByRole("status").filter({ hasText: "Switched on." })).toBeVisible();
  await menu.click();
  await expect(row(page, key.name).getByRole("button", { name: "Switch off" })).toBeVisible();
  expect(await page.evaluate(() => "stayed" in window), "the page is the same one").toBe(true);
});

test("a switch that fails goes back and says why", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("failing"), "bookings.read");
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await page.route("**/api/console/switch_key", (route) => route.fulfill({ status: 503, contentType: "application/json", body: '"Unavailable"' }));
  expectRefusal(503);
  await page.getByRole("button", { name: "Switch off" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Not switched off. The database does not answer" })).toBeVisible();
  await expect(page.locator(`[data-live="state-${key.id}"]`)).toHaveText("Active");
});

test("what a form did is a toast on the page it leads to", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("saved"), "bookings.read");
  await page.goto(`${keyward.url}/keys/${key.id}/edit`);
  await expect(page.locator(".sentence, #edit-key").first()).toBeVisible();
  await page.getByLabel(/^Description/).fill("Says so");
  await page.getByRole("button", { name: "Save" }).click();
  const said = page.getByRole("status").filter({ hasText: "Saved." });
  await expect(said).toBeVisible();
  await expect(said.getByRole("button", { name: "Close" })).toBeVisible();
  await page.reload();
  await alive(page);
  await expect(said).toHaveCount(0);
});

test("everything on the list is done by keyboard", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("keys"), "bookings.read");
  await page.goto(list(keyward.url, key.name));
  await alive(page);
  // The list has a box in each row to select it by.
  await page.evaluate(() => {
    const cell = document.querySelector("tr[data-row] .c-menu");
    if (cell && !document.querySelector("tr[data-row] input[name=key]")) {
      cell.insertAdjacentHTML("beforeend", '<input type="checkbox" name="key" aria-label="Select">');
    }
  });
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(row(page, key.name).locator("input[name=key]")).toBeChecked();
  await page.keyboard.press("x");
  await expect(row(page, key.name).locator("input[name=key]")).not.toBeChecked();
  await page.keyboard.press("e");
  await expect(page).toHaveURL(`${keyward.url}/keys/${key.id}/edit`);
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await page.keyboard.press("e");
  await expect(page).toHaveURL(`${keyward.url}/keys/${key.id}/edit`);
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await expect(page).toHaveURL(`${keyward.url}/audit`);
  await page.waitForFunction(() => document.querySelector("[data-chord]")?.textContent);
  await expect(page.locator("time").first()).toBeVisible();
  await expect(async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("k");
    await expect(page).toHaveURL(`${keyward.url}/keys`, { timeout: 500 });
  }).toPass();
});

test("the palette goes to pages and keys, by keyboard alone", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("Palette kiosk"), "bookings.read");
  await page.goto(list(keyward.url, key.name));
  await alive(page);
  const palette = page.getByRole("dialog", { name: "Search or jump to" });
  const box = palette.getByRole("combobox");
  await page.getByLabel("Search keys").focus();
  await page.keyboard.press("Control+k");
  await expect(box, "typing elsewhere is no obstacle").toBeFocused();
  await page.keyboard.press("Escape");
  await expect(palette).toHaveCount(0);
  await expect(page.getByLabel("Search keys")).toBeFocused();

  await page.getByRole("button", { name: "Search or jump to…" }).click();
  const options = palette.getByRole("option");
  await expect(options.filter({ hasText: "Keys" }).first()).toBeVisible();
  await expect(options.first()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowUp");
  await expect(options.last()).toHaveAttribute("aria-selected", "true");
  await expect(options.last()).toHaveText("Sign out");
  await looksRight(page, "the palette");

  await box.fill(key.name.toUpperCase());
  const found = options.filter({ hasText: key.name });
  await expect(found.first()).toBeVisible();
  await expect(options.last()).toHaveText(`Search all keys for “${key.name.toUpperCase()}”`);
  await looksRight(page, "the palette with a key");
  await expect(box).toHaveAttribute("aria-activedescendant", "palette-0");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${keyward.url}/keys/${key.id}`);

  await alive(page);
  await page.keyboard.press("Control+k");
  await box.fill("audit");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${keyward.url}/audit`);
});

test("leaving a form that holds something asks, and sending it does not", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss().catch(() => {});
  });
  const name = unique("guard");
  await page.goto(`${keyward.url}/settings/groups/new`);
  await page.waitForFunction(() => document.querySelector("[data-chord]")?.textContent);
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page, "nothing was typed").toHaveURL(`${keyward.url}/settings/groups`);
  expect(asked).toEqual([]);

  await page.goto(`${keyward.url}/settings/groups/new`);
  await page.waitForLoadState("networkidle");
  await page.getByLabel("Name").fill(name);
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect.poll(() => asked).toEqual(["beforeunload"]);
  await expect(page).toHaveURL(`${keyward.url}/settings/groups/new`);
  await expect(page.getByLabel("Name")).toHaveValue(name);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  expect(asked).toHaveLength(1);
});

test("a key that was created is left without a question", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.accept().catch(() => {});
  });
  await openForm(page, keyward.url);
  const name = unique("left");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Owner").fill(unique("desk"));
  await scopesField(page).fill("bookings.read");
  await page.getByRole("button", { name: "Create key" }).click();
  const dialog = page.getByRole("dialog", { name: "Store this key now" });
  await dialog.getByLabel("I have stored this key").check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  expect(asked).toEqual([]);
});

test("a form whose session ended waits, with all that was typed", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  const name = unique("waiting");
  await page.goto(`${keyward.url}/settings/groups/new`);
  await page.waitForLoadState("networkidle");
  await page.getByLabel("Name").fill(name);
  await context.clearCookies({ name: "keyward_session" });
  expectRefusal(401);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Your session is over" });
  await expect(dialog.getByRole("link", { name: "Sign in in a new tab" })).toHaveAttribute("href", "/sign-in");
  await looksRight(page, "a form that waits");
  await keyward.signIn(context);
  await dialog.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.getByText(name)).toBeVisible();
});

test.describe("in another zone", () => {
  test.use({ timezoneId: "America/New_York" });

  test("instants are told in the viewer's zone, and named", async ({ page, context, keyward }) => {
    await keyward.signIn(context);
    const key = await keyward.issue(unique("zone"), "bookings.read");
    await page.goto(`${keyward.url}/keys/${key.id}`);
    await alive(page);
    const made = page.locator(".facts time").first();
    const iso = (await made.getAttribute("datetime")) ?? "";
    const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "America/New_York" }).format(new Date(iso));
    await expect(made).toHaveText(new RegExp(`^\\d{1,2} [A-Z][a-z]{2} \\d{4}, ${hours} GMT-[45]$`));
    await expect(made).toHaveAttribute("title", "just now");
  });
});
