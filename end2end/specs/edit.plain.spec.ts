// The same without JavaScript: everything a key can say, edited, switched and rotated with real forms.

import { expect, scopesField, test } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 60_000 });

test("mission c2 i3 i6 p7: a key is made, edited, switched and rotated without JavaScript", async ({ page, bare, expectRefusal }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());

  const id = await test.step("a template is a link, and everything is in the form", async () => {
    await page.goto(`${bare.url}/keys/new`);
    await expect(page.getByRole("button", { name: "Add my address" }), "what needs a script is not there").toBeHidden();
    await page.getByRole("link", { name: "Map Kiosk" }).click();
    await expect(page.getByLabel("maps.read")).toBeChecked();
    await page.getByLabel("Name", { exact: true }).fill("Lobby map");
    await page.getByText("Type days").click();
    await page.getByLabel("Days", { exact: true }).fill("400");
    await page.locator("summary", { hasText: "Addresses" }).click();
    await expect(page.getByText("You come from 127.0.0.1.")).toBeVisible();
    await page.getByLabel("Allowed addresses").fill("127.0.0.1\n10.0.0.0/8");
    expectRefusal(422);
    await page.getByRole("button", { name: "Create key" }).click();
    await expect(page.locator("#expires-error")).toContainText("at most 365 days");
    await expect(page.getByLabel("Days", { exact: true })).toHaveValue("400");
    await expect(page.locator("#addresses")).toHaveValue("127.0.0.1\n10.0.0.0/8");
    await expect(page.getByLabel("maps.read")).toBeChecked();
    await expect(page.getByText("It needs")).toBeVisible();
    await page.getByLabel("Days", { exact: true }).fill("45");
    await page.getByRole("button", { name: "Create key" }).click();
    await expect(page.getByRole("heading", { name: "Store this key now" })).toBeVisible();
    const token = (await page.locator("#once-token").textContent()) ?? "";
    await page.locator("summary", { hasText: "As two values" }).click();
    await expect(page.locator("#pair-secret")).toHaveText(token.split("_")[2]);
    await page.getByLabel("I have stored this key").check();
    await page.getByRole("button", { name: "Done" }).click();
    return token.split("_")[1];
  });

  await test.step("edit, with a mistake that keeps what was typed", async () => {
    await page.getByRole("link", { name: "Edit…" }).click();
    await scopesField(page).fill("rooms.read");
    await page.locator("summary", { hasText: "Metadata" }).click();
    await page.locator("#metadata").fill("not JSON");
    expectRefusal(422);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator("#metadata-error")).toContainText("Type a JSON object");
    await expect(page.locator("#metadata")).toHaveValue("not JSON");
    await expect(scopesField(page)).toHaveValue("rooms.read");
    await page.locator("#metadata").fill('{"floor": 2}');
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { name: "Save these changes?" })).toBeVisible();
    await expect(page.locator("ins").first()).toHaveText("+ rooms.read");
    await page.getByRole("button", { name: "Go back and change it" }).click();
    await expect(scopesField(page)).toHaveValue("rooms.read");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText('{"floor":2}')).toBeVisible();
    await expect(page.getByText("rooms.read")).toBeVisible();
  });

  await test.step("limits have one row to spare, and what changes no access is saved at once", async () => {
    await page.getByRole("link", { name: "Edit…" }).click();
    await expect(page.getByRole("searchbox", { name: "Find a scope" }), "what needs a script is not there").toBeHidden();
    await page.locator("summary", { hasText: "Limits" }).click();
    const limit = (row: number) => page.getByLabel(`Rate limit ${row}: calls`);
    await expect(limit(2)).toBeHidden();
    await limit(1).fill("1,000");
    await page.getByLabel("Rate limit 1: per").selectOption("hour");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator("ins")).toHaveText(["+ 1000/hour"]);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("link", { name: "Edit…" }).click();
    await page.locator("summary", { hasText: "Limits" }).click();
    await expect(limit(1)).toHaveValue("1000");
    await expect(limit(2), "one to spare").toBeVisible();
    await expect(limit(3)).toBeHidden();
    await page.getByLabel("Name", { exact: true }).fill("Lobby map 2");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Lobby map 2");
  });

  await test.step("off, on, and rotated", async () => {
    await page.getByRole("button", { name: "Switch off" }).click();
    await expect(page.getByText("It is refused everywhere until it is switched on.")).toBeVisible();
    await page.getByRole("button", { name: "Switch on" }).first().click();
    await page.getByRole("link", { name: "Rotate…" }).click();
    await page.getByText("After 7 days").click();
    await page.getByRole("button", { name: "Rotate key" }).click();
    await expect(page.getByRole("heading", { name: "Store this key now" })).toBeVisible();
    await page.getByLabel("I have stored this key").check();
    await page.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("link", { name: id })).toBeVisible();
  });
});
