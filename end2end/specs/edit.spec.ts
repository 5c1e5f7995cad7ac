// Everything a key can say, in a browser: made with all of it, edited, switched off and on, rotated.

import type { Page } from "@playwright/test";
import { type Keyward, alive, createKey, expect, formAlive, looksRight, openForm, row, scopesField, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 120_000 });

/** Opens a folded part of the form. */
const unfold = (page: Page, title: string) => page.locator("summary", { hasText: title }).click();

/** The number of calls of a rate limit, by its row. */
const limit = (page: Page, row: number) => page.getByLabel(`Rate limit ${row}: calls`);

/** The page of a key that was just made, once its secret is stored. */
async function done(page: Page): Promise<string> {
  await page.getByLabel("I have stored this key").check();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page).toHaveURL(/\/keys\/[0-9A-Za-z]{16}$/);
  return page.url().split("/").at(-1) ?? "";
}

async function signedIn(page: Page, keyward: Keyward): Promise<void> {
  await keyward.signIn(page.context());
}

test("mission p2 p3 p7 i5 f1: a key with everything it can say", async ({ page, keyward, expectRefusal }) => {
  await signedIn(page, keyward);
  await openForm(page, keyward.url);
  const name = unique("full");

  await test.step("a template ticks its scopes and keeps what was typed", async () => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("link", { name: "Booking Panel" }).click();
    await expect(page.getByLabel("calendar.read")).toBeChecked();
    await expect(page.locator(".sentence")).toContainText("bookings, calendar.read and spaces.read");
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
    await page.getByRole("link", { name: "Blank" }).click();
    await expect(page.getByLabel("calendar.read")).not.toBeChecked();
    await expect(page.getByLabel("devices", { exact: true }), "a gated scope is locked").toBeDisabled();
  });

  await test.step("what opens everything needs a reason", async () => {
    const reason = page.getByLabel("Why it may open everything");
    await expect(reason).toBeHidden();
    await page.getByLabel("public", { exact: true }).check();
    await expect(reason).toBeVisible();
    await page.getByRole("button", { name: "Create key" }).click();
    await expect(page.locator("#all_access_reason-error")).toContainText("say why");
    await expect(reason).toBeFocused();
    await reason.fill("Until the move is over");
  });

  await test.step("a folded part opens when it has to be mended, and says what is chosen", async () => {
    await unfold(page, "Limits");
    await limit(page, 1).fill("often");
    await unfold(page, "Limits");
    await expect(limit(page, 1)).toBeHidden();
    await page.getByRole("button", { name: "Create key" }).click();
    await expect(page.locator("#limits-error")).toContainText("Type a whole number of calls");
    await expect(limit(page, 1)).toBeFocused();
    await limit(page, 1).fill("100");
    await page.getByLabel("Quota: calls").fill("10 000");
    const says = page.locator("details", { hasText: "Rate limits" }).locator("summary");
    await expect(says).toContainText("100/minute, 10000/month");
    await page.getByRole("button", { name: "Add a limit" }).click();
    await expect(limit(page, 2), "the new row has the focus").toBeFocused();
    await expect(limit(page, 3)).toBeHidden();
    await limit(page, 2).fill("0");
    await page.getByLabel("Rate limit 2: per").selectOption("second");
    await page.getByRole("button", { name: "Create key" }).click();
    await expect(page.locator("#limits-2-error"), "a mistake is at its row").toContainText("Type a whole number of calls");
    await expect(page.locator("#limits-error")).toBeEmpty();
    await expect(limit(page, 2)).toBeFocused();
    await looksRight(page, "new key unfolded");
    await limit(page, 2).fill("5");
    await expect(page.locator("#limits-2-error")).toBeEmpty();
    await expect(says).toContainText("100/minute, 5/second, 10000/month");
  });

  await test.step("the visitor's own address is one press away", async () => {
    await unfold(page, "Addresses");
    await page.getByLabel("Allowed addresses").fill("203.0.113.0/24");
    await page.getByRole("button", { name: "Add my address" }).click();
    await expect(page.getByLabel("Allowed addresses")).toHaveValue("203.0.113.0/24\n127.0.0.1");
    await expect(page.locator(".sentence")).toContainText("from 2 addresses and networks");
  });

  await test.step("days are typed, and the rest is said", async () => {
    const never = page.getByRole("complementary").getByText("It works until someone archives it.");
    await expect(never).toHaveCount(0);
    await page.getByText("Type days").click();
    await page.getByLabel("Days", { exact: true }).fill("45");
    await expect(page.locator(".sentence")).toContainText("until 45 days from now");
    await unfold(page, "Group and identity");
    await page.getByLabel("Role").fill("concierge");
    await unfold(page, "Signed writes");
    await page.getByLabel("Writes need a signature").check();
    await unfold(page, "Metadata");
    await page.getByLabel(/^Metadata/).fill('{"site": "north"}');
    await page.getByRole("button", { name: "Create key" }).click();
    await done(page);
    for (const text of ["All access", "Until the move is over", "203.0.113.0/24", "100/minute", "5/second", "10000/month", "in role concierge", "need a signature", "north"]) {
      await expect(page.getByText(text).first()).toBeVisible();
    }
    await looksRight(page, "key with everything");
  });
});

test("mission x1: the pair is beside the joined token, each half to be copied", async ({ page, context, keyward }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signedIn(page, keyward);
  const dialog = await createKey(page, keyward.url, unique("pair"), "maps");
  await dialog.locator("summary").click();
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await dialog.getByRole("button", { name: "Copy key" }).click();
  const token = await copied();
  await dialog.getByRole("button", { name: "Copy API key" }).click();
  await expect.poll(copied).toBe(token.split("_")[1]);
  await expect(dialog.locator("#pair-secret")).not.toContainText(token.split("_")[2]);
  await dialog.getByRole("button", { name: "Copy API secret" }).click();
  await expect.poll(copied).toBe(token.split("_")[2]);
  await dialog.getByRole("button", { name: "Show the API secret" }).click();
  await expect(dialog.locator("#pair-secret")).toHaveText(token.split("_")[2]);
  await looksRight(page, "once as two values");
  await done(page);
});

test("mission i6 i3: edited, with a mistake that keeps what was typed; switched off and on; rotated", async ({ page, keyward, expectRefusal }) => {
  await signedIn(page, keyward);
  const key = await keyward.issue(unique("edit"), "rooms.read", "maps.read");
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);

  await test.step("edit", async () => {
    await page.getByRole("link", { name: "Edit…" }).click();
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(key.name);
    await expect(page.getByLabel("maps.read")).toBeChecked();
    await expect(scopesField(page)).toHaveValue("rooms.read");
    await expect(page.getByLabel("As it is")).toBeChecked();
    await looksRight(page, "edit");
    await page.getByLabel("Name", { exact: true }).fill(`${key.name} north`);
    await unfold(page, "Limits");
    await page.getByLabel("Quota: calls").fill("lots");
    expectRefusal(422);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator("#quota-error")).toContainText("Type a whole number of calls");
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(`${key.name} north`);
    await expect(page.getByLabel("Quota: calls")).toHaveValue("lots");
    await looksRight(page, "edit with a mistake");
    await page.getByLabel("Quota: calls").fill("500");
    await page.getByLabel("Quota: per").selectOption("day");
    await expect(page.locator("#quota-error")).toBeEmpty();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${key.name} north`);
    await expect(page.getByText("500/day", { exact: true })).toBeVisible();
  });

  await test.step("two at once: the later one is told, and loses nothing", async () => {
    await page.goto(`${keyward.url}/keys/${key.id}/edit`);
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(`${key.name} north`);
    expect(await keyward.cli(["keys", "edit", key.id, "--role", "guest"])).toMatchObject({ code: 0 });
    await page.getByLabel("Name", { exact: true }).fill(`${key.name} late`);
    expectRefusal(409);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Somebody else changed this meanwhile.")).toBeVisible();
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(`${key.name} late`);
    await looksRight(page, "edit too late");
  });

  await test.step("off and on, from the row and from the page", async () => {
    await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(key.name)}`);
    await alive(page);
    await page.getByRole("button", { name: "Actions for" }).click();
    await row(page, key.name).getByRole("button", { name: "Switch off" }).click();
    await expect(row(page, key.name).locator(".c-state")).toHaveText("Off");
    await expect(page.getByRole("status").filter({ hasText: "Switched off." })).toBeVisible();
    await page.goto(`${keyward.url}/keys/${key.id}`);
    await alive(page);
    await expect(page.getByText("It is refused everywhere until it is switched on.")).toBeVisible();
    expect((await keyward.verify(await keyward.issue(unique("asker"), "keyward.verify"), key.token, "maps.read")).code).toBe("inactive");
    await looksRight(page, "key switched off");
    await page.getByRole("button", { name: "Switch on" }).first().click();
    await expect(page.getByText("Active", { exact: true })).toBeVisible();
  });

  await test.step("rotate", async () => {
    await page.getByRole("link", { name: "Rotate…" }).click();
    await expect(page.getByLabel("After 24 hours")).toBeChecked();
    await looksRight(page, "rotate");
    await page.getByText("At once", { exact: true }).click();
    await page.getByRole("button", { name: "Rotate key" }).click();
    const dialog = page.getByRole("dialog", { name: "Store this key now" });
    await expect(dialog.getByRole("button", { name: "Copy key" })).toBeFocused();
    await dialog.getByRole("button", { name: "Show the key" }).click();
    const token = (await page.locator("#once-token").textContent()) ?? "";
    expect(token).not.toBe(key.token);
    await looksRight(page, "rotated");
    await page.getByLabel("I have stored this key").check();
    await page.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("link", { name: key.id })).toBeVisible();
    const asker = await keyward.issue(unique("asker"), "keyward.verify");
    expect((await keyward.verify(asker, token, "maps.read")).code).toBe("valid");
    expect((await keyward.verify(asker, key.token, "maps.read")).code).toBe("expired");
  });
});

test("mission c1 c6 p6: a JWT's signed fields stay; an owner's sixth key is refused; an archived key is purged", async ({ page, bare, expectRefusal }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  await openForm(page, bare.url);
  await expect(page.getByText("You hold 0 of 5 live keys.")).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill("offline");
  await page.getByLabel("maps", { exact: true }).check();
  await unfold(page, "Type");
  await page.getByText("JWT", { exact: true }).click();
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("dialog", { name: "Store this key now" }).locator("summary"), "a JWT is one piece").toHaveCount(0);
  const id = await done(page);
  await page.getByRole("link", { name: "Edit…" }).click();
  await expect(page.getByText("This is signed into the JWT.").first()).toBeVisible();
  await expect(scopesField(page)).not.toBeEditable();
  await looksRight(page, "edit a JWT");

  for (let made = 1; made < 5; made++) {
    expect(await bare.cli(["keys", "create", "--name", `more ${made}`, "--scope", "maps", "--owner", "ops@example.com"])).toMatchObject({ code: 0 });
  }
  await page.goto(`${bare.url}/keys/new`);
  await formAlive(page);
  await expect(page.getByText("You hold 5 of 5 live keys.")).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill("sixth");
  await page.getByLabel("maps", { exact: true }).check();
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.locator("#owner-error")).toContainText("holds 5 of 5 live keys");
  await expect(page.getByLabel("Owner")).toBeFocused();

  expect(await bare.cli(["keys", "archive", id])).toMatchObject({ code: 0 });
  await page.goto(`${bare.url}/keys/${id}`);
  await page.getByRole("link", { name: "Delete for good…" }).click();
  expectRefusal(422);
  await page.getByRole("button", { name: "Delete for good" }).click();
  await expect(page.locator("#confirm-error")).toContainText("Type its name, offline");
  await looksRight(page, "purge");
  await page.getByLabel("Name of the key").fill("offline");
  await page.getByRole("button", { name: "Delete for good" }).click();
  await expect(page).toHaveURL(/status=any/);
  await expect(row(page, "offline")).toHaveCount(0);
});

test("mission p3: what an edit changes is listed beside it as it is typed, and asked about no more", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.done(["policy", "edit", "never=allowed"]);
  await signedIn(page, bare);
  const key = await bare.issue("Turnstile", "rooms.read", "maps.read", "bookings.read");
  for (const viewport of [{ width: 1280, height: 800 }, { width: 375, height: 800 }]) {
    await page.setViewportSize(viewport);
    await page.goto(`${bare.url}/keys/${key.id}/edit`);
    await alive(page);
    const changes = page.getByRole("complementary", { name: "What will change" });
    await expect(changes).toContainText("Nothing so far.");
    await page.getByLabel("maps.read").uncheck();
    await page.getByLabel("calendar.read").check();
    await expect(changes.locator("ins")).toHaveText(["+ calendar.read"]);
    await expect(changes.locator("del")).toHaveText(["\u2212 maps.read"]);
    await page.getByText("Never ends").click();
    await expect(changes).toContainText("\u2192 never");
    await expect(changes.getByText("It works until someone archives it.")).toBeVisible();
    await unfold(page, "Limits");
    await limit(page, 1).fill("60");
    await expect(changes).toContainText("+ 60/minute");
    await looksRight(page, `what will change at ${viewport.width}`);
    await limit(page, 1).fill("");
    await page.getByText("As it is").click();
    await page.getByLabel("maps.read").check();
    await page.getByLabel("calendar.read").uncheck();
    await expect(changes, "what is taken back is no change").toContainText("Nothing so far.");
  }

  await test.step("a link leaves scopes out, and Save needs no second page", async () => {
    await page.goto(`${bare.url}/keys/${key.id}/edit?drop=rooms.read+maps.read`);
    await alive(page);
    await expect(page.getByText("Left out: maps.read, rooms.read.")).toBeVisible();
    const changes = page.getByRole("complementary", { name: "What will change" });
    await expect(changes.locator("del")).toHaveText(["\u2212 maps.read", "\u2212 rooms.read"]);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(`${bare.url}/keys/${key.id}`);
    await expect(page.getByText("maps.read", { exact: true })).toHaveCount(0);
  });

  await test.step("a form that lists nothing is asked about first", async () => {
    await page.goto(`${bare.url}/keys/${key.id}/edit`);
    await alive(page);
    await page.getByLabel("Name", { exact: true }).fill("Turnstile 2");
    await page.getByText("Never ends").click();
    await page.locator("[name=step]").evaluate((step: HTMLInputElement) => (step.value = ""));
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { name: "Save these changes?" })).toBeVisible();
    await expect(page.getByText("It works until someone archives it.")).toBeVisible();
    await looksRight(page, "changes asked about");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Turnstile 2");
  });

  await test.step("what changes nothing is not saved", async () => {
    await page.goto(`${bare.url}/keys/${key.id}/edit`);
    await alive(page);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Nothing changed, so nothing was saved." })).toBeVisible();
  });
});

test("mission p3: a long list of scopes is filtered as one types", async ({ page, bare }) => {
  await bare.addAdmin();
  for (let place = 0; place < 12; place++) {
    await bare.done(["scopes", "create", `name=lift${place}`, `sentence=Calls lift ${place}.`]);
  }
  await signedIn(page, bare);
  await openForm(page, bare.url);
  for (const viewport of [{ width: 1280, height: 800 }, { width: 375, height: 800 }]) {
    await page.setViewportSize(viewport);
    const find = page.getByRole("searchbox", { name: "Find a scope" });
    await find.fill("");
    await page.getByLabel("maps.read").uncheck();
    await page.getByLabel("lift11", { exact: true }).uncheck();
    const count = page.locator("legend .ticked");
    await expect(count).toHaveText(/^0 of \d+ ticked$/);
    await page.getByLabel("maps.read").check();
    await expect(count).toHaveText(/^1 of \d+ ticked$/);
    await find.fill("CALLS LIFT 1");
    await expect(page.locator("[data-scope]:visible")).toHaveCount(3);
    await expect(page.locator("[data-filtered]")).toHaveText(/^3 of \d+ match\. Ticked and hidden: 1\.$/);
    await page.getByLabel("lift11", { exact: true }).check();
    await expect(count, "what is hidden is still counted").toHaveText(/^2 of \d+ ticked$/);
    await looksRight(page, `scopes filtered at ${viewport.width}`);
    await find.fill("no such thing");
    await expect(page.locator("[data-scope]:visible")).toHaveCount(0);
    await expect(page.locator("[data-filtered]")).toContainText("Nothing matches. Clear the field to see all. Ticked and hidden: 2.");
    await find.press("Enter");
    await expect(page, "Enter sends nothing").toHaveURL(/\/keys\/new$/);
    await expect(page.locator("#name-error")).toBeEmpty();
  }
  await page.getByLabel("Name", { exact: true }).fill("Lift panel");
  await page.getByRole("button", { name: "Create key" }).click();
  await done(page);
  await expect(page.getByText("maps.read", { exact: true }).first(), "what was hidden is sent, too").toBeVisible();
  await expect(page.getByText("lift11", { exact: true }).first()).toBeVisible();
});

test("mission p3: the locks of scopes follow the tenant", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.done(["tenants", "create", "name=north", "prefix=north"]);
  await bare.done(["scopes", "edit", "devices", "opened=north"]);
  await signedIn(page, bare);
  await openForm(page, bare.url);
  const why = page.getByText("It has to be opened by a superadmin for tenant default.");
  await expect(page.getByLabel("devices", { exact: true })).toBeDisabled();
  await expect(why).toBeVisible();
  await page.getByLabel("Tenant", { exact: true }).selectOption("north");
  await expect(page.getByLabel("devices", { exact: true })).toBeEnabled();
  await expect(why).toBeHidden();
  await page.getByLabel("Tenant", { exact: true }).selectOption("default");
  await expect(page.getByLabel("devices", { exact: true })).toBeDisabled();
});
