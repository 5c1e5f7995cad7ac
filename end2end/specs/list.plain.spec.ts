// The list and one act on many keys, without JavaScript.

import { expect, row, test } from "../fixtures";

test("the list is narrowed, and many keys are switched off and on again, by plain forms", async ({ page, bare, expectRefusal }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  const [one, two] = [await bare.issue("North kiosk", "bookings.read"), await bare.issue("South kiosk", "maps.read")];
  await bare.useAndWrite(one);
  await page.goto(`${bare.url}/keys`);
  await page.getByRole("searchbox").fill("kio");
  await page.keyboard.press("Enter");
  await expect(page.locator("tr[data-row]")).toHaveCount(2);
  await page.getByRole("button", { name: "More filters" }).click();
  await page.getByRole("textbox", { name: "Scope" }).fill("maps");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await expect(page.locator("tr[data-row]")).toHaveCount(1);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByLabel("Save this view as").fill("Maps");
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByRole("link", { name: "Clear" }).click();
  await expect(page.locator("tr[data-row]")).toHaveCount(2);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("link", { name: "Maps" }).click();
  await expect(page.getByRole("button", { name: "Views: Maps" })).toBeVisible();
  await page.getByRole("link", { name: "Clear" }).click();

  await row(page, one.name).getByRole("checkbox").check();
  await row(page, two.name).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Switch off" }).first().click();
  await expect(page.getByRole("heading", { name: "Switch off 2 keys?" })).toBeVisible();
  await expect(page.getByText("2 keys would stop, 1 of them used in 24 h.")).toBeVisible();
  await page.getByLabel("Number of keys").fill("2");
  await page.getByRole("button", { name: "Switch off 2 keys" }).click();
  await expect(page.getByRole("heading", { name: "2 keys switched off" })).toBeVisible();
  await page.getByRole("button", { name: "Switch them on again" }).click();
  await expect(page.getByRole("heading", { name: "2 keys switched on" })).toBeVisible();
  await page.getByRole("link", { name: "Back to the keys" }).click();
  await expect(row(page, one.name)).toContainText("Active");
});
