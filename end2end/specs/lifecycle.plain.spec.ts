// What happens when a form that makes a key is sent twice.

import { expect, row, scopesField, test } from "../fixtures";

test("a reload of the page that showed a secret makes no second key, and says so", async ({ page, bare, expectRefusal }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  await page.goto(`${bare.url}/keys/new`);
  await page.getByLabel("Name", { exact: true }).fill("Lobby map");
  await scopesField(page).fill("maps.read");
  await page.getByRole("button", { name: "Create key" }).click();
  const first = (await page.locator("#once-token").textContent()) ?? "";

  expectRefusal(409);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This form was sent already");
  expect(await page.content(), "a secret is shown once").not.toContain(first);

  // What it says to do: its secret was not stored, so it is rotated; and that page is reloaded, too.
  await page.getByRole("link", { name: "Rotate…" }).click();
  await page.getByRole("button", { name: "Rotate key" }).click();
  const second = (await page.locator("#once-token").textContent()) ?? "";
  expect(second).not.toBe(first);
  expectRefusal(409);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This form was sent already");
  await page.goto(`${bare.url}/keys`);
  await expect(row(page, "Lobby map")).toHaveCount(2);
});
