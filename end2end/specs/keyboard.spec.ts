// The console by keyboard: a key's whole life, shortcuts, dialogs that hold the focus and give it back, and copying where
// a page may not.

import type { Locator, Page } from "@playwright/test";
import { alive, createKey, expect, row, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 60_000 });

/** Sees that the focus is somewhere. A page that was just loaded has it nowhere until a key is pressed. */
const focusIsKept = (page: Page) =>
  expect.poll(() => page.evaluate(() => document.activeElement !== document.body), "the focus is somewhere").toBe(true);

/** Presses Tab until this has the focus, which is never lost on the way. */
async function tabTo(page: Page, place: Locator): Promise<void> {
  await expect(place).toBeVisible();
  for (let step = 0; step < 80 && !(await place.evaluate((element) => element === document.activeElement)); step += 1) {
    await page.keyboard.press("Tab");
    await focusIsKept(page);
  }
  await expect(place).toBeFocused();
}

/** Presses Tab all the way round and sees that the focus never leaves a dialog for the page behind it. */
async function holdsFocus(page: Page, dialog: string): Promise<void> {
  const places = new Set<string>();
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("Tab");
    places.add(
      await page.evaluate((dialog) => {
        const here = document.activeElement;
        // Between the last and the first is the browser's own frame, when the page has none of the focus.
        return !here || here === document.body || here.closest(dialog) ? "inside" : here.outerHTML;
      }, dialog),
    );
  }
  expect([...places]).toEqual(["inside"]);
}

test("a key is made, found, edited and archived without a mouse", async ({ page, context, keyward }) => {
  // Tab goes from place to place, of which forms have many.
  test.setTimeout(240_000);
  await keyward.signIn(context);
  const name = unique("mouseless");
  const dialog = page.getByRole("dialog");

  await test.step("made", async () => {
    await page.goto(`${keyward.url}/keys`);
    await alive(page);
    await page.keyboard.press("c");
    await expect(page).toHaveURL(`${keyward.url}/keys/new`);
    await alive(page);
    await tabTo(page, page.getByLabel("Name", { exact: true }));
    await page.keyboard.type(name);
    // What Tab comes to is selected, so that typing replaces it.
    const [field, owner] = [page.getByLabel("Owner"), unique("desk")];
    await tabTo(page, field);
    await page.keyboard.type(owner);
    await expect(field).toHaveValue(owner);
    const scope = page.getByLabel("bookings.read");
    await tabTo(page, scope);
    await page.keyboard.press("Space");
    await expect(scope).toBeChecked();
    await tabTo(page, page.getByRole("button", { name: "Create key" }));
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("button", { name: "Copy key" })).toBeFocused();
  });

  await test.step("stored", async () => {
    const stored = dialog.getByLabel("I have stored this key");
    await tabTo(page, stored);
    await page.keyboard.press("Space");
    await expect(stored).toBeChecked();
    await focusIsKept(page);
    await tabTo(page, dialog.getByRole("button", { name: "Done" }));
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
    await alive(page);
  });

  await test.step("found", async () => {
    await page.keyboard.press("/");
    await expect(page.getByLabel("Search keys")).toBeFocused();
    await page.keyboard.type(name);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/keys\?q=/);
    await expect(page.locator("tr[data-row]")).toHaveCount(1);
    // The answer is a page of its own, which hears keys once it lives.
    await alive(page);
    await expect(page.getByLabel("Search keys")).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("link", { name })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
    await alive(page);
  });

  await test.step("edited", async () => {
    await page.keyboard.press("e");
    await expect(page).toHaveURL(/\/edit$/);
    await alive(page);
    await tabTo(page, page.getByLabel(/^Description/));
    await page.keyboard.type("At the gate");
    await tabTo(page, page.getByRole("button", { name: "Save" }));
    await page.keyboard.press("Enter");
    await expect(page.locator("p").filter({ hasText: "At the gate" })).toBeVisible();
    await alive(page);
  });

  await test.step("archived", async () => {
    await tabTo(page, page.getByRole("link", { name: "Archive…" }));
    await page.keyboard.press("Enter");
    await expect(dialog.getByText("Never used.")).toBeVisible();
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
    await tabTo(page, dialog.getByRole("button", { name: "Archive key" }));
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("button", { name: "Done" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByText(/It is refused everywhere\. Until /)).toBeVisible();
    expect(await keyward.find(name)).toMatchObject([{ status: "archived" }]);
  });
});

test("letters drive the list", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const word = unique("walk");
  for (const fruit of ["apple", "berry", "cherry"]) {
    await keyward.issue(`${word} ${fruit}`, "bookings.read");
  }
  await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(word)}`);
  await alive(page);
  // The newest comes first.
  const links = ["cherry", "berry", "apple"].map((fruit) => page.getByRole("link", { name: `${word} ${fruit}` }));
  for (const [key, place] of [["j", 0], ["j", 1], ["j", 2], ["j", 2], ["k", 1], ["k", 0], ["k", 0], ["j", 1]] as const) {
    await page.keyboard.press(key);
    await expect(links[place], key).toBeFocused();
  }

  await page.keyboard.press("/");
  const search = page.getByLabel("Search keys");
  await expect(search).toBeFocused();
  await expect(search).toHaveValue(word);
  await page.keyboard.press("End");
  await page.keyboard.type(" jkc/?");
  await expect(search, "who types is left alone").toHaveValue(`${word} jkc/?`);
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await search.fill(`${word} ber`);
  await page.keyboard.press("Enter");
  await expect(page.locator("tr[data-row]")).toHaveCount(1);
  await expect(search).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(links[1]).toBeFocused();
  await page.keyboard.press("x");
  await page.locator("tr[data-row] input[name=key]").focus();
  await page.keyboard.press("x");
  await expect(page.locator("tr[data-row] input[name=key]"), "a box leaves letters to the page").not.toBeChecked();
  await links[1].press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${word} berry`);
});

test("c opens the form, and only where it does nothing else", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await keyward.issue(unique("shortcut"), "bookings.read");
  await page.goto(`${keyward.url}/keys`);
  await alive(page);
  await page.keyboard.press("Control+c");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("c");
  await expect(page, "a dialog keeps letters to itself").toHaveURL(`${keyward.url}/keys`);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("c");
  await expect(page).toHaveURL(`${keyward.url}/keys/new`);
});

test("c and / lead to the form and to the search from other pages, too", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await keyward.issue(unique("elsewhere"), "bookings.read");
  const search = page.getByLabel("Search keys");
  for (const path of ["/overview", "/audit"]) {
    await page.goto(keyward.url + path);
    await alive(page);
    await page.keyboard.press("c");
    await expect(page, path).toHaveURL(`${keyward.url}/keys/new`);
    await page.goto(keyward.url + path);
    await alive(page);
    await page.keyboard.press("/");
    await expect(search, path).toBeFocused();
    await expect(search, "the key that led here is not typed").toHaveValue("");
    await expect(page, path).toHaveURL(/\/keys(#search)?$/);
  }
});

test("the list of shortcuts holds the focus and gives it back", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("help"), "bookings.read");
  await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(key.name)}`);
  await alive(page);
  await page.keyboard.press("j");
  for (const close of ["Escape", "the cross", "a click beside it"]) {
    await page.keyboard.press("?");
    const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await expect(dialog).toBeVisible();
    for (const word of ["Search the keys", "Create a key", "Next key in the list", "Previous key in the list", "Show this list"]) {
      await expect(dialog).toContainText(word);
    }
    await holdsFocus(page, "dialog");
    if (close === "Escape") {
      await page.keyboard.press("Escape");
    } else if (close === "the cross") {
      await dialog.getByRole("button", { name: "Close" }).click();
    } else {
      await page.mouse.click(5, 5);
    }
    await expect(dialog, close).toHaveCount(0);
    await expect(page.getByRole("link", { name: key.name }), close).toBeFocused();
  }
});

test("a dialog that is opened again before the browser says that it was closed stays open", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await page.goto(`${keyward.url}/keys`);
  await alive(page);
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(dialog).toBeVisible();
  await page.evaluate(() => {
    const told = new Promise((done) => document.querySelector("dialog[open]")?.addEventListener("close", done));
    document.querySelector<HTMLDialogElement>("dialog[open]")?.close();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true, cancelable: true }));
    return told;
  });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await expect(dialog).toBeVisible();
});

test("the archive dialog holds the focus and gives it back", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("focus"), "bookings.read");
  const dialog = page.getByRole("dialog");

  await test.step("from the key's page, to the link", async () => {
    await page.goto(`${keyward.url}/keys/${key.id}`);
    await alive(page);
    const link = page.getByRole("link", { name: "Archive…" });
    await link.focus();
    await page.keyboard.press("Enter");
    await expect(dialog.getByText("Never used.")).toBeVisible();
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
    await holdsFocus(page, "dialog");
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(link).toBeFocused();
  });

  await test.step("from the list, to the menu's button", async () => {
    await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(key.name)}`);
    await alive(page);
    const menu = page.getByRole("button", { name: `Actions for ${key.name}` });
    await menu.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await expect(row(page, key.name).getByRole("button", { name: "Copy id" })).toBeFocused();
    for (const next of ["Test this key", "Edit…", "Switch off", "Rotate…"]) {
      await page.keyboard.press("Tab");
      await expect(row(page, key.name).getByText(next)).toBeFocused();
    }
    await page.keyboard.press("Tab");
    await expect(page.getByRole("link", { name: "Archive…" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(dialog.getByText("Never used.")).toBeVisible();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect(dialog).toHaveCount(0);
    await expect(menu).toBeFocused();
  });
});

test("the dialog with the secret, and its question, hold the focus", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const dialog = await createKey(page, keyward.url, unique("trap"), "bookings.read");
  await holdsFocus(page, "dialog:not([role])");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await holdsFocus(page, "dialog[role=alertdialog]");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("alertdialog")).toBeHidden();
  await expect(dialog).toBeVisible();
});

test("mission i2: an id is copied from its row's menu and from its page", async ({ page, context, keyward }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await keyward.signIn(context);
  const key = await keyward.issue(unique("copied"), "bookings.read");
  const held = () => page.evaluate(() => navigator.clipboard.readText());
  const said = page.getByRole("status").filter({ hasText: "Copied" });

  await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(key.name)}`);
  await alive(page);
  await page.getByRole("button", { name: `Actions for ${key.name}` }).press("Enter");
  await page.getByRole("button", { name: "Copy id" }).press("Enter");
  await expect(said).toBeAttached();
  expect(await held()).toBe(key.id);
  await expect(said, "it says so for two seconds").not.toBeAttached();

  await page.evaluate(() => navigator.clipboard.writeText("something else"));
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await page.getByRole("button", { name: "Copy id" }).click();
  await expect(said).toBeAttached();
  expect(await held()).toBe(key.id);
});

test.describe("without a clipboard for pages", () => {
  // As on a host that is reached by plain HTTP.
  test.beforeEach(({ page }) => page.addInitScript(() => delete (Navigator.prototype as { clipboard?: unknown }).clipboard));

  test("an id is selected to copy by hand", async ({ page, context, keyward }) => {
    await keyward.signIn(context);
    const key = await keyward.issue(unique("by hand"), "bookings.read");
    await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(key.name)}`);
    await alive(page);
    const menu = page.getByRole("button", { name: `Actions for ${key.name}` });
    await menu.click();
    await page.getByRole("button", { name: "Copy id" }).click();
    const value = page.getByLabel("Press Ctrl+C to copy");
    await expect(value).toBeFocused();
    await expect(value).toHaveValue(key.id);
    await page.keyboard.press("Control+c");
    await expect(value, "it goes once it was copied").toHaveCount(0);
    await expect(menu).toBeFocused();
    await page.getByLabel("Search keys").fill("");
    await page.keyboard.press("Control+v");
    await expect(page.getByLabel("Search keys")).toHaveValue(key.id);
  });

  test("a secret is shown and selected to copy by hand", async ({ page, context, keyward }) => {
    await keyward.signIn(context);
    const dialog = await createKey(page, keyward.url, unique("by hand"), "bookings.read");
    await dialog.getByRole("button", { name: "Copy key" }).click();
    await expect(dialog.getByRole("status").filter({ hasText: "Press Ctrl+C to copy" })).toBeVisible();
    const token = (await page.locator("#once-token").textContent()) ?? "";
    expect(token).toMatch(/^kw_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}$/);
    expect(await page.evaluate(() => String(getSelection()))).toBe(token);

    await dialog.getByRole("button", { name: "Copy command" }).click();
    const command = await page.locator("#once-command").innerText();
    expect(await page.evaluate(() => String(getSelection()))).toBe(command);
  });
});
