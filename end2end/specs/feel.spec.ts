// How the console feels: pages that keep themselves up to date, everything by keyboard, acts that can be taken back,
// nothing typed that is lost, and what the visitor's system asks for: its own colours, its zone, no motion.

import type { Locator, Page } from "@playwright/test";
import { alive, expect, looksRight, openForm, picture, row, scopesField, test, unique } from "../fixtures";

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

test("a new key of somebody else is announced, and shown when one asks", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const word = unique("announced");
  await keyward.issue(`${word} before`, "bookings.read");
  await page.goto(list(keyward.url, word));
  await alive(page);
  await expect(page.locator("tr[data-row]")).toHaveCount(1);
  await keyward.issue(`${word} after`, "bookings.read");
  const pill = page.getByRole("button", { name: / Show$/ });
  await expect(pill).toBeVisible();
  await expect(row(page, `${word} after`), "the list stays as it was").toHaveCount(0);
  await pill.click();
  await expect(row(page, `${word} after`)).toBeVisible();
  await expect(row(page, `${word} before`)).toBeVisible();
  await expect(pill).toHaveCount(0);
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
  await expect(page.locator("tbody time").first()).toBeVisible();
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

/** How far a colour of an element is from what is behind it: 0 is invisible, 255 is black on white. */
const distance = (place: Locator, colour: "color" | "borderTopColor") =>
  place.evaluate((element, colour) => {
    const painted = (layers: string[]) => {
      const paint = new OffscreenCanvas(1, 1).getContext("2d") as OffscreenCanvasRenderingContext2D;
      for (const layer of layers) {
        paint.fillStyle = layer;
        paint.fillRect(0, 0, 1, 1);
      }
      return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const grounds: string[] = [];
    for (let at: Element | null = element; at; at = at.parentElement) {
      grounds.unshift(getComputedStyle(at).backgroundColor);
    }
    const ground = painted(grounds);
    const seen = painted([...grounds, getComputedStyle(element)[colour]]);
    return Math.max(...seen.map((part, index) => Math.abs(part - ground[index])));
  }, colour);

for (const colorScheme of ["light", "dark"] as const) {
  test(`states and buttons are seen where the system chooses the colours: ${colorScheme} ones`, async ({ page, context, keyward }) => {
    await keyward.signIn(context);
    const key = await keyward.issue(unique("forced"), "bookings.read");
    await page.emulateMedia({ forcedColors: "active", colorScheme });
    const places = [
      ["keys", list(keyward.url, key.name), "Create key"],
      ["key", `${keyward.url}/keys/${key.id}`, "Edit…"],
    ];
    for (const [name, address, words] of places) {
      await page.goto(address);
      await alive(page);
      expect(await page.evaluate(() => matchMedia("(forced-colors: active)").matches)).toBe(true);
      const icon = page.locator(`[data-live="state-${key.id}"] .icon`);
      await expect(icon).toBeVisible();
      expect(await distance(icon, "color"), "the icon of a state").toBeGreaterThan(100);
      const button = page.getByRole("link", { name: words }).first();
      expect(await distance(button, "color"), "the words of a button").toBeGreaterThan(100);
      // Its ground is the page's own there: the edge is what makes it a button.
      await expect(button).toHaveCSS("border-top-width", "1px");
      expect(await distance(button, "borderTopColor"), "the edge of a button").toBeGreaterThan(100);
      await picture(page, `${name} in forced colours-${colorScheme}`);
    }
  });
}

test("nothing moves for whoever asked for that", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("still"), "bookings.read");
  await page.addInitScript(() => {
    Object.assign(window, { moved: 0 });
    for (const start of ["animationstart", "transitionrun"]) {
      addEventListener(start, () => ((window as unknown as { moved: number }).moved += 1));
    }
  });
  const moved = () => page.evaluate(() => (window as unknown as { moved: number }).moved);
  for (const reducedMotion of ["no-preference", "reduce"] as const) {
    await page.emulateMedia({ reducedMotion });
    await page.goto(list(keyward.url, key.name));
    await alive(page);
    // What was done rises at the foot of the page.
    await page.getByRole("button", { name: `Actions for ${key.name}` }).click();
    await row(page, key.name).getByRole("button", { name: /^Switch o/ }).click();
    await expect(page.getByRole("status").filter({ hasText: /^Switched o/ })).toBeVisible();
    if (reducedMotion === "no-preference") {
      await expect.poll(moved, "others see it move").toBeGreaterThan(0);
    } else {
      expect(await page.evaluate(() => document.getAnimations().length), "nothing is on its way").toBe(0);
      expect(await moved(), "nothing was").toBe(0);
    }
  }
});

test.describe("in another zone", () => {
  test.use({ timezoneId: "America/New_York" });

  test("instants are told in the viewer's zone, and named", async ({ page, context, keyward }) => {
    await keyward.signIn(context);
    const key = await keyward.issue(unique("zone"), "bookings.read");
    await page.goto(`${keyward.url}/keys/${key.id}`);
    await alive(page);
    const made = page.locator(".facts div").filter({ hasText: "Created" }).locator("time");
    const iso = (await made.getAttribute("datetime")) ?? "";
    const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "America/New_York" }).format(new Date(iso));
    await expect(made).toHaveText(new RegExp(`^\\d{1,2} [A-Z][a-z]{2} \\d{4}, ${hours} GMT-[45]$`));
    await expect(made).toHaveAttribute("title", "just now");
  });
});
