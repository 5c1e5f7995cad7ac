// A key's life in a browser with JavaScript: the first superadmin, the form, the secret that is shown once, use, archive,
// audit.

import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { EMAIL, type Keyward, PASSWORD, alive, createKey, expect, openForm, row, run, scopesField, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 60_000 });

/** Rotates a new key up to the dialog that shows its successor's secret. */
async function rotateKey(page: Page, keyward: Keyward, name: string) {
  const old = await keyward.issue(name, "bookings.read");
  await page.goto(`${keyward.url}/keys/${old.id}/rotate`);
  await alive(page);
  await page.getByRole("button", { name: "Rotate key" }).click();
  return page.getByRole("dialog", { name: "Store this key now" });
}

test("the first superadmin comes through a link that works once, and signs in", async ({ page, bare, expectRefusal }) => {
  const link = await bare.setupLink();
  await test.step("the password is commented on as it is typed", async () => {
    await page.goto(link);
    await expect(page.getByRole("heading", { name: "Set up Keyward" })).toBeVisible();
    await expect(page.getByLabel("Email")).toBeFocused();
    const password = page.getByLabel("Password", { exact: true });
    const hint = page.locator("#strength");
    const meter = page.locator("#strength-meter");
    for (const [typed, said, level] of [
      ["short", "10 more characters needed", "1"],
      ["fourteen chars", "1 more character needed", "1"],
      ["aaaaaaaaaaaaaaaa", "Too easy to guess: use more different characters", "1"],
      ["plum kite 3 gate", "Good", "3"],
      [PASSWORD, "Strong", "4"],
    ]) {
      await password.fill(typed);
      await expect(hint).toHaveText(said);
      await expect(meter).toHaveJSProperty("value", Number(level));
    }
  });

  await test.step("the password can be shown and hidden", async () => {
    const password = page.locator("#password");
    await expect(password).toHaveAttribute("type", "password");
    await page.getByRole("button", { name: "Show password" }).click();
    await expect(password).toHaveAttribute("type", "text");
    await page.getByRole("button", { name: "Hide password" }).click();
    await expect(password).toHaveAttribute("type", "password");
  });

  await test.step("the superadmin is made, and the link is dead", async () => {
    await page.getByLabel("Email").fill(EMAIL);
    await page.getByRole("button", { name: "Create superadmin" }).click();
    await expect(page.getByRole("heading", { name: "Finish the setup" }), "who set it up is signed in").toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
    expectRefusal(410);
    const answer = await page.goto(link);
    expect(answer?.status()).toBe(410);
    await expect(page.getByRole("heading", { name: "This link does not work any more" })).toBeVisible();
    await page.getByRole("link", { name: "Sign in instead" }).click();
  });

  await test.step("a wrong password is refused and the mail address kept", async () => {
    await page.getByLabel("Email").fill(EMAIL);
    await page.getByLabel("Password").fill("not the right one at all");
    expectRefusal(401);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toHaveText("The mail address or the password is wrong.");
    await expect(page.getByLabel("Email")).toHaveValue(EMAIL);
    await expect(page.getByLabel("Password")).toHaveValue("");
  });

  await test.step("the right one leads to what there is to do first", async () => {
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Finish the setup" })).toBeVisible();
    await page.getByRole("link", { name: "Create key" }).click();
    await expect(page.getByRole("heading", { name: "Create a key" })).toBeVisible();
  });

  await test.step("signing out ends it", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText("You are signed out.")).toBeVisible();
    await page.goto(`${bare.url}/audit`);
    await expect(page).toHaveURL(/\/sign-in\?next=/);
  });
});

test("whoever is led to sign in comes back to where they were going", async ({ page, keyward }) => {
  await page.goto(`${keyward.url}/keys?q=100%2525&status=any`);
  await page.getByLabel("Email").fill(EMAIL);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${keyward.url}/keys?q=100%2525&status=any`);
});

test("mission x2 e1: the form says at each field what is wrong, and keeps what was typed", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const name = unique("turnstile");
  await openForm(page, keyward.url);
  const field = page.getByLabel("Name", { exact: true });
  const scopes = scopesField(page);
  const create = page.getByRole("button", { name: "Create key" });
  await page.getByLabel(/^Description/).fill("Opens the gate.\nAnd closes it.");

  await test.step("nothing where something is needed", async () => {
    await create.click();
    await expect(page.locator("#name-error")).toHaveText("This is needed.");
    await expect(page.locator("#scopes-error")).toContainText("Choose at least one scope");
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(scopes).toHaveAttribute("aria-invalid", "true");
    await expect(field).toBeFocused();
    await expect(page.getByRole("alert").filter({ hasText: "2 fields need you:" })).toBeVisible();
    await expect(page.getByLabel(/^Description/)).toHaveValue("Opens the gate.\nAnd closes it.");
    await expect(page).toHaveURL(`${keyward.url}/keys/new`);
  });

  await test.step("what is being mended is no longer wrong", async () => {
    await field.fill(name);
    await expect(page.locator("#name-error")).toHaveText("");
    await expect(field).not.toHaveAttribute("aria-invalid");
    await expect(page.locator("#scopes-error")).not.toHaveText("");
    await create.click();
    await expect(page.getByRole("table", { name: "Scopes" }).getByRole("checkbox").first(), "none is chosen: here they are").toBeFocused();
  });

  await test.step("the first that is still wrong gets the focus", async () => {
    await scopes.fill("Gates.Open");
    await create.click();
    await expect(page.locator("#scopes-error")).toContainText("is not a scope");
    await expect(scopes).toBeFocused();
    await expect(scopes).toHaveValue("Gates.Open");
    await expect(field).toHaveValue(name);
  });

  await test.step("a date out of range", async () => {
    await scopes.fill("gates.open");
    await page.getByText("Pick a date").click();
    await page.getByLabel("Date", { exact: true }).fill("2099-01-01");
    await expect(page.locator(".sentence")).toContainText("1 Jan 2099");
    await create.click();
    await expect(page.locator("#expires-error")).toContainText("A key lives at most 365 days");
    await expect(page.getByLabel("Date", { exact: true })).toBeFocused();
    await expect(page.getByLabel("Date", { exact: true })).toHaveValue("2099-01-01");
    await page.getByRole("link", { name: "how long it lives" }).click();
    await expect(page.getByLabel("Date", { exact: true })).toBeFocused();
  });

  await test.step("no key was made on the way; a whole form makes one", async () => {
    expect(await keyward.find(name)).toEqual([]);
    await page.getByText("30 days").click();
    await create.click();
    await expect(page.getByRole("dialog", { name: "Store this key now" })).toBeVisible();
    expect(await keyward.find(name)).toHaveLength(1);
  });
});

for (const made of ["created", "rotated"]) {
test.describe(`when it is ${made}`, () => {
test("mission c5 c7 p4 f3: a secret is shown once, and every way out asks", async ({ page, context, keyward }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await keyward.signIn(context);
  const name = unique("kiosk");
  await page.goto(`${keyward.url}/keys`);
  const dialog = made === "created" ? await createKey(page, keyward.url, name, "bookings.read") : await rotateKey(page, keyward, name);
  const address = page.url();
  const shown = page.locator("#once-token");
  const copy = dialog.getByRole("button", { name: "Copy key" });

  const token = await test.step("it is masked, and Copy has the focus", async () => {
    await expect(shown).toHaveText(/^kw_•+$/);
    await expect(copy).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("button", { name: "Copied" })).toBeVisible();
    const token = await page.evaluate(() => navigator.clipboard.readText());
    expect(token).toMatch(/^kw_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}$/);
    expect(await page.content()).not.toContain(token);
    await expect(copy, "it says so for two seconds").toBeVisible();
    return token;
  });

  await test.step("an eye shows it", async () => {
    const eye = dialog.getByRole("button", { name: "Show the key" });
    await expect(eye).toHaveAttribute("aria-pressed", "false");
    await eye.click();
    await expect(shown).toHaveText(token);
    await expect(eye).toHaveAttribute("aria-pressed", "true");
    await eye.click();
    await expect(shown).toHaveText(/^kw_•+$/);
  });

  await test.step("each way out leads to one question", async () => {
    const leave = page.getByRole("alertdialog", { name: "Leave without storing?" });
    const ways: Array<[string, () => Promise<unknown>]> = [
      ["Escape", () => page.keyboard.press("Escape")],
      ["a click beside it", () => page.mouse.click(5, 5)],
      ["the cross", () => dialog.getByRole("button", { name: "Close" }).click()],
      ["Back", () => page.evaluate(() => history.back())],
      ["Back, again", () => page.evaluate(() => history.back())],
    ];
    for (const [way, go] of ways) {
      await go();
      await expect(leave, way).toBeVisible();
      await expect(leave.getByRole("button", { name: "Go back" }), way).toBeFocused();
      await leave.getByRole("button", { name: "Go back" }).click();
      await expect(leave, way).toBeHidden();
      await expect(dialog, way).toBeVisible();
      await expect(page, way).toHaveURL(address);
    }
    for (const open of [true, false, true, false]) {
      await page.keyboard.press("Escape");
      await expect(leave, "Escape opens the question and closes it").toBeVisible({ visible: open });
      await expect(dialog).toBeVisible();
    }
  });

  await test.step("the browser asks before it loads the page anew", async () => {
    const asked = page.waitForEvent("dialog");
    void page.evaluate(() => location.reload());
    const question = await asked;
    expect(question.type()).toBe("beforeunload");
    await question.dismiss();
    await expect(dialog).toBeVisible();
  });

  await test.step("the file has the line of the environment", async () => {
    const saving = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Download .env" }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe(`${name}.env`);
    expect(await readFile(await saved.path(), "utf8")).toBe(`KEYWARD_KEY=${token}\n`);
  });

  await test.step("the command works as it is", async () => {
    const command = await page.locator("#once-command").innerText();
    expect(command).not.toContain(token);
    await dialog.getByRole("button", { name: "Copy command" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(command);
    const ended = await run("sh", ["-c", command], { PATH: process.env.PATH, KEYWARD_KEY: token });
    expect(ended.stdout.split("\r\n")[0]).toBe("HTTP/1.1 200 OK");
  });

  const id = token.split("_")[1];
  await test.step("Done waits for the tick, and leads to the key's page", async () => {
    const done = dialog.getByRole("button", { name: "Done" });
    await expect(done).toBeDisabled();
    await dialog.getByLabel("I have stored this key").check();
    await done.click();
    await expect(page).toHaveURL(`${keyward.url}/keys/${id}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  });

  await test.step("nothing of it is left", async () => {
    const secret = token.split("_")[2];
    const kept = () => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, document.cookie]));
    const ways: Array<[string, () => Promise<unknown>, string]> = [
      ["here", async () => {}, name],
      ["Back", () => page.goBack(), "Keys"],
      ["Forward", () => page.goForward(), name],
    ];
    for (const [way, go, heading] of ways) {
      await go();
      await expect(page.getByRole("heading", { level: 1 }), way).toHaveText(heading);
      await expect(page.getByRole("dialog")).toBeHidden();
      expect(await page.content(), way).not.toContain(secret);
      expect(await kept(), way).not.toContain(secret);
    }
  });
});
});
}

test("whoever leaves without storing finds the key, without its secret", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const name = unique("lost");
  await createKey(page, keyward.url, name, "bookings.read");
  await page.keyboard.press("Escape");
  await page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
});

test("mission c3 c4 x4 x5 p6: a key is used, then archived from the list, and refused from then on", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const asker = await keyward.issue(unique("asker"), "keyward.verify");
  const key = await keyward.issue(unique("scanner"), "tickets.scan");
  const list = `${keyward.url}/keys?q=${encodeURIComponent(key.name)}`;

  await test.step("a service asks, and the console shows it", async () => {
    expect(await keyward.verify(asker, key.token, "tickets.scan", "203.0.113.9")).toMatchObject({ valid: true, code: "valid" });
    await expect(async () => {
      await page.goto(list);
      await expect(row(page, key.name).locator(".c-last")).toHaveText("just now", { timeout: 100 });
    }).toPass({ timeout: 10_000 });
    await row(page, key.name).getByRole("link", { name: key.name }).click();
    await expect(page.locator("dd").filter({ hasText: /^just now/ })).toBeVisible();
    await page.goBack();
  });

  const dialog = page.getByRole("dialog");
  await test.step("the dialog shows what is at stake and asks for the name", async () => {
    await alive(page);
    await page.getByRole("button", { name: `Actions for ${key.name}` }).click();
    await page.getByRole("link", { name: "Archive…" }).click();
    await expect(dialog.getByRole("heading", { name: `Archive ${key.name}?` })).toBeVisible();
    await expect.soft(dialog).toContainText("In use: 1 call in 24 h, 1 in 7 d from 1 address.");
    await expect(dialog.getByRole("listitem")).toHaveText(/^203\.0\.113\.9/);
    await expect(dialog.getByLabel("Name of the key")).toHaveAccessibleDescription(`Type ${key.name} to archive a key in use.`);
  });

  await test.step("another name is refused at the field", async () => {
    const name = dialog.getByLabel("Name of the key");
    await name.fill("something else");
    await dialog.getByRole("button", { name: "Archive key" }).click();
    await expect(page.locator("#confirm-error")).toContainText("This key is in use. Type its name");
    await expect(name).toHaveAttribute("aria-invalid", "true");
    await expect(name).toBeFocused();
    await expect(name).toHaveValue("something else");
    expect(await keyward.verify(asker, key.token, "tickets.scan")).toMatchObject({ code: "valid" });
  });

  await test.step("the right name archives it, at once", async () => {
    await dialog.getByLabel("Reason").selectOption("superseded");
    await dialog.getByLabel("Name of the key").fill(key.name);
    await dialog.getByRole("button", { name: "Archive key" }).click();
    await expect(dialog.getByRole("heading", { name: `${key.name} is archived` })).toBeVisible();
    await expect(dialog.getByRole("status")).toContainText("Refused from now on.");
    await expect(dialog.getByRole("button", { name: "Done" })).toBeFocused();
    await expect.poll(() => keyward.verify(asker, key.token, "tickets.scan"), { timeout: 1000 }).toMatchObject({ valid: false, code: "archived" });
  });

  await test.step("the list is as it is now", async () => {
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("heading", { name: "No key matches" })).toBeVisible();
    await page.getByRole("button", { name: /^Status/ }).click();
    await page.getByRole("link", { name: "With archived" }).click();
    await expect(row(page, key.name).locator(".c-state")).toHaveText("Archived");
  });
});

test("a key that was never used is archived from its page without typing its name", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("spare"), "tickets.scan");
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await page.getByRole("link", { name: "Archive…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Never used.");
  await expect(dialog.getByLabel("Name of the key")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Archive key" }).click();
  await expect(dialog.getByRole("status")).toContainText("Refused from now on.");
  await page.keyboard.press("Escape");
  await expect(page.getByText(/It is refused everywhere\. Until /)).toBeVisible();
  await expect(page.getByRole("link", { name: "Archive…" })).toHaveCount(0);
});

test("the audit tells it all, and its chain is whole", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("told"), "tickets.scan");
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await page.getByRole("link", { name: "Archive…" }).click();
  await page.getByRole("dialog").getByLabel("Reason").selectOption("compromised");
  await page.getByRole("dialog").getByRole("button", { name: "Archive key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await page.getByRole("link", { name: "Audit" }).click();
  const events = page.getByRole("row").filter({ hasText: key.name });
  await expect(events).toHaveCount(2);
  await expect(events.nth(0)).toContainText("Key archived");
  await expect(events.nth(0)).toContainText(EMAIL);
  await expect(events.nth(0)).toContainText("compromised");
  await expect(events.nth(1)).toContainText("Key created");
  await expect(events.nth(1)).toContainText("command line");
  await events.nth(0).getByRole("link", { name: key.name }).click();
  await expect(page).toHaveURL(`${keyward.url}/keys/${key.id}`);

  expect(await keyward.cli(["audit", "verify"])).toMatchObject({ code: 0, stdout: expect.stringContaining("The chain is whole") });
});
