// What happens between a browser and the server that a single quiet visit does not show: sessions that end, two clicks,
// no network, two browsers, and the theme.

import type { Page } from "@playwright/test";
import { alive, expect, openForm, scopesField, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 60_000 });

/** Fills the form in, unlike its defaults everywhere. */
async function fill(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel(/^Description/).fill("Two\nlines");
  await page.getByLabel("Owner").fill("Front desk");
  await scopesField(page).fill("bookings.read gates.open");
  await page.getByText("180 days").click();
}

/** Sees that all of it is still there. */
async function kept(page: Page, name: string): Promise<void> {
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await expect(page.getByLabel(/^Description/)).toHaveValue("Two\nlines");
  await expect(page.getByLabel("Owner")).toHaveValue("Front desk");
  await expect(scopesField(page)).toHaveValue("bookings.read gates.open");
  await expect(page.getByLabel("180 days")).toBeChecked();
}

test("a session that ended costs nothing that was typed", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  const name = unique("expired");
  await openForm(page, keyward.url);
  await fill(page, name);
  await context.clearCookies({ name: "keyward_session" });
  expectRefusal(401);
  await page.getByRole("button", { name: "Create key" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "Your session is over." });
  await expect(alert).toBeVisible();
  await expect(alert.getByRole("link", { name: "Sign in in a new tab" })).toHaveAttribute("href", "/sign-in");
  await kept(page, name);
  expect(await keyward.find(name)).toEqual([]);

  await keyward.signIn(context);
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("dialog", { name: "Store this key now" })).toBeVisible();
  await expect(alert).toBeHidden();
  expect(await keyward.find(name)).toHaveLength(1);
});

test("two clicks make one key", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const name = unique("twice");
  await openForm(page, keyward.url);
  await fill(page, name);
  const asked: string[] = [];
  page.on("request", (request) => request.url().includes("/issue_key") && asked.push(request.url()));
  await page.getByRole("button", { name: "Create key" }).dblclick();
  await expect(page.getByRole("dialog", { name: "Store this key now" })).toBeVisible();
  expect(asked).toHaveLength(1);
  expect(await keyward.find(name)).toHaveLength(1);
});

test("without a network it says so, keeps everything, and works again with one", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  const name = unique("offline");
  await openForm(page, keyward.url);
  await fill(page, name);
  await context.setOffline(true);
  expectRefusal("offline");
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Keyward cannot be reached." })).toBeVisible();
  await expect(page.getByText("The key may have been made all the same")).toBeVisible();
  await kept(page, name);

  await context.setOffline(false);
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("dialog", { name: "Store this key now" })).toBeVisible();
  expect(await keyward.find(name)).toHaveLength(1);
});

test("the archive dialog says that there is no network, and tries again", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("unreached"), "bookings.read");
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await page.getByRole("link", { name: "Archive…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Never used.")).toBeVisible();
  await dialog.getByLabel("Reason").selectOption("compromised");
  await context.setOffline(true);
  expectRefusal("offline");
  await dialog.getByRole("button", { name: "Archive key" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: "Keyward cannot be reached." })).toBeVisible();
  await expect(dialog.getByLabel("Reason")).toHaveValue("compromised");
  await context.setOffline(false);
  await dialog.getByRole("button", { name: "Archive key" }).click();
  await expect(dialog.getByRole("status")).toContainText("Refused from now on.");
});

test("what one browser archives, the other sees", async ({ page, context, keyward, another }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("shared"), "bookings.read");
  const other = await another();
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await other.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await alive(other);
  await page.getByRole("link", { name: "Archive…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Archive key" }).click();
  await expect(page.getByRole("dialog").getByRole("status")).toContainText("Refused from now on.");

  // The other page does not know yet; its dialog asks, and finds out.
  await other.getByRole("link", { name: "Archive…" }).click();
  await expect(other.getByRole("dialog").getByRole("heading", { name: `${key.name} is archived` })).toBeVisible();
  await other.reload();
  await expect(other.getByText(/It is refused everywhere\. Until /)).toBeVisible();
  await expect(other.getByRole("link", { name: "Archive…" })).toHaveCount(0);
});

test("the theme is chosen by its name, stays on the page, and is kept", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("theme"), "bookings.read");
  const address = `${keyward.url}/keys?q=${encodeURIComponent(key.name)}&status=any`;
  await page.goto(address);
  const html = page.locator("html");
  await expect(html).not.toHaveAttribute("data-theme");
  const choose = async (theme: string) => {
    await page.getByRole("button", { name: "Theme", exact: true }).click();
    await page.getByRole("button", { name: theme, exact: true }).click();
  };
  for (const theme of ["Dark", "Light"]) {
    await choose(theme);
    await expect(html).toHaveAttribute("data-theme", theme.toLowerCase());
    const search = new URL(page.url()).searchParams;
    expect([...search], "the page is the same one").toEqual([["q", key.name], ["status", "any"]]);
    await page.goto(`${keyward.url}/keys/${key.id}`);
    await expect(html, "another page has it too").toHaveAttribute("data-theme", theme.toLowerCase());
    await page.goto(address);
  }
  await choose("System");
  await expect(html).not.toHaveAttribute("data-theme");
  await page.reload();
  await expect(html).not.toHaveAttribute("data-theme");
});
