// Pages in states that come about by a role, an open menu, an act on many keys or a filter, each looked at.

import { alive, expect, looksRight, openForm, row, scopesField, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 120_000 });

/** What changes a key, or makes one, wherever it stands. */
const WRITES = 'a[data-create], a[data-edit], a[data-archive], a[href$="/rotate"], form[data-switch], input[name=key], #bulk';

test("an auditor sees every key and nothing that changes one", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.addPerson("auditor@example.com", "auditor");
  const key = await bare.issue("Turnstile 4", "gates.open", "bookings.read");
  await bare.issueFor("7d", "Pop-up stand", "tickets.scan");
  await bare.use(key);
  await bare.signIn(page.context(), "auditor@example.com");
  await page.goto(`${bare.url}/keys`);
  await alive(page);
  await expect(page.locator("tr[data-row]")).toHaveCount(2);
  await expect(page.locator(WRITES)).toHaveCount(0);
  await looksRight(page, "keys of an auditor");
  await page.getByRole("link", { name: key.name }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(key.name);
  await alive(page);
  await expect(page.locator(WRITES)).toHaveCount(0);
  await looksRight(page, "key of an auditor");
});

test("a member sees their own keys, and may change them", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.addPerson("member@example.com", "member");
  await bare.issue("Turnstile 4", "gates.open");
  const names = ["Lobby map", "Seminar room display"];
  for (const name of names) {
    await bare.issueTo("member@example.com", "90d", name, "maps.read");
  }
  await bare.signIn(page.context(), "member@example.com");
  await page.goto(`${bare.url}/keys`);
  await alive(page);
  await expect(page.locator("tr[data-row]")).toHaveCount(2);
  for (const name of names) {
    await expect(row(page, name).locator(WRITES), "tick, edit, switch, rotate, archive").toHaveCount(5);
  }
  await looksRight(page, "keys of a member");
});

test("the menus of the list", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await keyward.issue(unique("menus"), "bookings.read");
  await page.goto(`${keyward.url}/keys`);
  await alive(page);
  await page.getByRole("button", { name: "Status" }).click();
  await expect(page.getByRole("link", { name: "With archived" })).toBeVisible();
  await looksRight(page, "status menu");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("link", { name: "With archived" })).toBeHidden();
  await page.getByRole("button", { name: "Columns" }).click();
  await expect(page.getByRole("button", { name: "Show these" })).toBeVisible();
  await looksRight(page, "columns menu");
});

test("what is done to many keys is asked first, with what else it needs to know", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const word = unique("many");
  expect(await keyward.cli(["groups", "create", `name=${word}`])).toMatchObject({ code: 0 });
  const used = await keyward.issue(`${word} used`, "bookings.read");
  await keyward.issue(`${word} spare`, "maps.read");
  await keyward.use(used);
  const acts = [
    ["Archive…", "Archive 2 keys?", "Why", "bulk asked to archive"],
    ["Set group…", "Set the group of 2 keys?", "Group", "bulk asked to move"],
    ["Hand over…", "Hand over 2 keys?", "New owner", "bulk asked to hand over"],
    ["Extend…", "Extend 2 keys?", "Until", "bulk asked to extend"],
  ];
  for (const [act, heading, label, name] of acts) {
    await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(word)}`);
    await alive(page);
    await expect(row(page, used.name).locator(".c-last")).not.toHaveText("never");
    await page.getByLabel("Select all on this page").check();
    await page.getByRole("button", { name: act }).first().click();
    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
    await expect(page.getByLabel(label, { exact: true })).toBeVisible();
    // Only what stops a key in use has to be known.
    await expect(page.getByLabel("Number of keys")).toHaveCount(act === "Archive…" ? 1 : 0);
    await alive(page);
    await looksRight(page, name);
  }
});

test("the audit with a filter that nothing fits", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await page.goto(`${keyward.url}/audit`);
  await page.getByLabel("Target").fill(unique("nothing"));
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByText("No event fits.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Clear filters" })).toBeVisible();
  await alive(page);
  await looksRight(page, "audit without events");
});

test("a page that a role may not use says which may", async ({ page, bare, expectRefusal }) => {
  await bare.addPerson("auditor@example.com", "auditor");
  await bare.signIn(page.context(), "auditor@example.com");
  expectRefusal(403);
  const answer = await page.goto(`${bare.url}/keys/new`);
  expect(answer?.status()).toBe(403);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not for your role");
  await expect(page.getByText("Create and change keys: for the roles Superadmin, Admin and Member.")).toBeVisible();
  await expect(page.getByText("Your role is Auditor.")).toBeVisible();
  await looksRight(page, "not for your role");
});

test("the plain page that shows a secret hides it, copies it, and asks before it is left", async ({ page, context, keyward }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await keyward.signIn(context);
  const key = await keyward.issue(unique("plain"), "maps.read");
  await page.goto(`${keyward.url}/keys/${key.id}/rotate`);
  // Past the island, as a browser does in which it never came to life.
  const shown = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.status() === 200);
  await page.locator("form.stack").evaluate((form) => (form as HTMLFormElement).submit());
  await shown;
  const [token, copy] = [page.locator("#once-token"), page.getByRole("button", { name: "Copy key" })];
  await expect(copy).toBeFocused();
  await expect(token).toHaveText(/^kw_•+$/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const secret = await page.evaluate(() => navigator.clipboard.readText());
  expect(secret).toMatch(/^kw_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}$/);
  const eye = page.getByRole("button", { name: "Show the key" });
  await eye.click();
  await expect(token).toHaveText(secret);
  await looksRight(page, "once on a plain page");
  await eye.click();
  await expect(token).toHaveText(/^kw_•+$/);

  const asked = page.waitForEvent("dialog");
  void page.evaluate(() => location.reload());
  const question = await asked;
  expect(question.type()).toBe("beforeunload");
  await question.dismiss();
  await page.getByLabel("I have stored this key").check();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page, "nothing is asked when it is stored").toHaveURL(new RegExp(`/keys/${secret.split("_")[1]}`));
});

test("a form that was sent already says what it made", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  const name = unique("twice");
  await openForm(page, keyward.url);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await scopesField(page).fill("maps.read");
  // Past the island, as a browser does that never heard of it.
  const shown = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.status() === 200);
  await page.locator("#create-key").evaluate((form) => (form as HTMLFormElement).submit());
  await shown;
  await expect(page.getByRole("heading", { name: "Store this key now" })).toBeVisible();
  expectRefusal(409);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This form was sent already");
  await looksRight(page, "sent already");
});
