import { alive, expect, looksRight, test } from "../fixtures.ts";

test.describe.configure({ timeout: 120_000 });

test("many keys are changed by a job, which is watched, stays after a reload, and is taken back", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.run(["keys", "seed", "300"]);
  await bare.signIn(page.context());
  await page.goto(`${bare.url}/jobs`);
  await expect(page.getByRole("heading", { name: "No job yet" })).toBeVisible();
  await looksRight(page, "jobs none");

  await page.goto(`${bare.url}/keys?status=active`);
  await alive(page);
  await page.locator("tr[data-row] input[name=key]").first().check();
  await page.getByLabel(/that match/).check();
  await page.getByRole("button", { name: "Switch off" }).first().click();
  const heading = await page.getByRole("heading", { name: /^Switch off \d+ keys\?/ }).innerText();
  const count = Number(heading.match(/\d+/)?.[0]);
  expect(count).toBeGreaterThan(200);
  const sure = page.getByLabel("Number of keys");
  if (await sure.count()) {
    await sure.fill(String(count));
  }
  await page.getByRole("button", { name: /^Switch off \d+ keys/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Switch keys off" })).toBeVisible();
  await expect(page).toHaveURL(/\/jobs\/\w{16}$/);
  await alive(page);
  // The page follows by itself.
  await expect(page.getByText(`${count} of ${count}`).first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("button", { name: "Switch them on again" })).toBeVisible();
  await looksRight(page, "job done");
  await page.reload();
  await expect(page.getByText(`${count} of ${count}`).first()).toBeVisible();

  await page.getByRole("button", { name: "Switch them on again" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Switch keys on" })).toBeVisible();
  await alive(page);
  await expect(page.getByText(`${count} of ${count}`).first()).toBeVisible({ timeout: 60_000 });
  await page.goto(`${bare.url}/jobs`);
  await expect(page.getByRole("row")).toHaveCount(3);
  await looksRight(page, "jobs");
});
