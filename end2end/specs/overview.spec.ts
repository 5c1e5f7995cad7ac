// What is going on, as a person sees it: the overview, the audit with its filters and files, the API reference.

import { readFile } from "node:fs/promises";
import { alive, expect, looksRight, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 90_000 });

test("a call is counted in front of whoever looks", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  const key = await bare.issue(unique("first"), "bookings.read");
  await page.goto(`${bare.url}/`);
  await expect(page).toHaveURL(`${bare.url}/overview`);
  await alive(page);
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  await page.getByText("As a table").click();
  await expect(page.getByText("No calls in this time.")).toBeVisible();
  await bare.use(key);
  await expect(page.locator(".tiles dd").first(), "an open table does not hold up the rest").toHaveText("1");
  expect(await page.evaluate(() => "stayed" in window), "the page is the same one").toBe(true);
  await expect(page.locator("details[open]"), "it is left open").toHaveCount(1);
  await page.reload();
  await expect(page.getByRole("img", { name: "Calls in 24 h, hour by hour: 1 allowed" })).toBeVisible();
  await page.getByText("As a table").click();
  await expect(page.getByRole("columnheader", { name: "Over a limit" })).toBeVisible();
  await looksRight(page, "overview");
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("the audit is narrowed, verified and taken along", async ({ page, context, keyward }) => {
      await keyward.signIn(context);
      const key = await keyward.issue(unique("searched"), "bookings.read");
      await page.goto(`${keyward.url}/audit`);
      await page.getByLabel("Target").fill(key.name);
      await page.locator("select[name=what]").selectOption("key.issue");
      await page.getByRole("button", { name: "Filter" }).click();
      await expect(page.locator("tbody tr")).toHaveCount(1);
      await expect(page.getByLabel("Target")).toHaveValue(key.name);
      const saving = page.waitForEvent("download");
      await page.getByRole("link", { name: "Export CSV" }).click();
      const lines = (await readFile(await (await saving).path(), "utf8")).trim().split("\r\n");
      expect(lines).toHaveLength(2);
      expect(lines[1]).toContain(key.id);
      await page.getByRole("button", { name: "Verify now" }).click();
      await expect(page.getByText(/The chain is whole up to event \d+\./)).toBeVisible();
      if (javaScriptEnabled) {
        await looksRight(page, "audit");
      }
    });
  });
}

test("the audit prints as a plain table", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await keyward.issue(unique("printed"), "bookings.read");
  await page.goto(`${keyward.url}/audit`);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByText(/^Keyward, audit\. Printed \d+ \w+ \d{4}, \d\d:\d\d [A-Z]/)).toBeVisible();
  await expect(page.locator(".side")).toBeHidden();
  await expect(page.getByRole("button", { name: "Verify now" })).toBeHidden();
  await expect(page.locator("tbody tr").first()).toBeVisible();
});

test("the reference and the page about this Keyward look right", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await page.goto(`${keyward.url}/reference`);
  await expect(page.getByText(`curl ${keyward.url}/api/v1/verify`)).toBeVisible();
  await looksRight(page, "reference");
  await page.goto(`${keyward.url}/about`);
  await expect(page.getByText("SQLite 3.")).toBeVisible();
  await looksRight(page, "about");
});
