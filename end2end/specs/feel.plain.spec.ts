// The same without JavaScript: what was done is said at the top of the page, and a form outlives its session.

import { EMAIL, PASSWORD, expect, scopesField, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 60_000 });

test("what was done is said once, and undone by a form", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("plain"), "bookings.read");
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await page.getByRole("button", { name: "Switch off" }).click();
  const said = page.getByRole("status").filter({ hasText: "Switched off. It is refused everywhere." });
  await expect(said).toBeVisible();
  await said.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Switched on." })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("status").filter({ hasText: "Switched on." })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Search or jump to…" }), "what needs a script is not there").toBeHidden();
});

test("a form outlives its session", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  const name = unique("outlives");
  await page.goto(`${keyward.url}/keys/new`);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel(/^Description/).fill("Two\nlines");
  await page.getByLabel("Owner").fill(unique("desk"));
  await scopesField(page).fill("bookings.read");
  await context.clearCookies({ name: "keyward_session" });
  expectRefusal(401);
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("heading", { name: "Your session is over" })).toBeVisible();
  await page.getByText("What you typed").click();
  await expect(page.getByText(name)).toBeVisible();

  const opening = context.waitForEvent("page");
  await page.getByRole("link", { name: "Sign in in a new tab" }).click();
  const tab = await opening;
  await tab.getByLabel("Email").fill(EMAIL);
  await tab.getByLabel("Password").fill(PASSWORD);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await expect(tab.getByRole("heading", { level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByRole("heading", { name: "Store this key now" })).toBeVisible();
  expect(await keyward.find(name)).toHaveLength(1);
});
