// The register in a browser: a group is made, a scope edited, mistakes come back at their fields, and every page of the
// settings looks right.

import { PASSWORD, expect, looksRight, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 120_000 });

for (const scripts of [true, false]) {
  test.describe(scripts ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled: scripts });

    test("a group is made, and a scope edited", async ({ page, context, keyward, expectRefusal }) => {
      await keyward.signIn(context);
      const name = unique("Lobby");
      await page.goto(`${keyward.url}/keys`);
      await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Groups" }).click();
      await page.getByRole("link", { name: "Add group" }).click();

      // A mistake comes back at its field, with what was typed elsewhere.
      await page.getByLabel("Description").fill("Screens & lights\nin the lobby");
      expectRefusal(422);
      await page.getByRole("button", { name: "Add" }).click();
      await expect(page.locator("#name-error")).toHaveText("This is needed.");
      await expect(page.getByLabel("Name", { exact: true })).toHaveAttribute("aria-invalid", "true");
      await expect(page.getByLabel("Name", { exact: true })).toHaveAccessibleDescription("This is needed.");
      await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
      await expect(page.getByLabel("Description")).toHaveValue("Screens & lights\nin the lobby");
      await page.getByLabel("Name", { exact: true }).fill(name);
      await page.getByRole("button", { name: "Add" }).click();
      await expect(page.getByText("Saved.")).toBeVisible();
      await expect(page.getByRole("row").filter({ hasText: name })).toContainText("Screens & lights");

      await page.getByRole("link", { name: "Scopes" }).click();
      await page.getByRole("link", { name: "spaces" }).click();
      const sentence = unique("Buildings");
      await page.getByLabel("It opens").fill(sentence);
      await page.getByLabel("Risk").selectOption("High");
      const stale = await context.newPage();
      await stale.goto(page.url());
      await page.getByRole("button", { name: "Save changes" }).click();
      await expect(page.getByRole("row").filter({ hasText: sentence })).toContainText("High");

      // Whoever edited it meanwhile is told so, and keeps what they typed.
      await stale.getByLabel("It opens").fill("Too late.");
      await stale.getByRole("button", { name: "Save changes" }).click();
      await expect(stale.getByText("Somebody else changed this meanwhile.")).toBeVisible();
      await expect(stale.getByLabel("It opens")).toHaveValue("Too late.");
      await stale.getByRole("link", { name: "See how it is now" }).click();
      await expect(stale.getByLabel("It opens")).toHaveValue(sentence);
      await stale.getByLabel("Risk").selectOption("Low");
      await stale.getByRole("button", { name: "Save changes" }).click();
      await expect(stale.getByRole("row").filter({ hasText: sentence })).toContainText("Low");
    });
  });
}

test("the settings look right", async ({ page, bare, fresh, expectRefusal }) => {
  await fresh.addAdmin();
  await fresh.signIn(page.context());
  await page.goto(`${fresh.url}/settings/groups`);
  await expect(page.getByRole("heading", { name: "No groups yet" })).toBeVisible();
  await looksRight(page, "no groups yet");

  await bare.addAdmin();
  await bare.signIn(page.context());
  const settings = `${bare.url}/settings`;

  const done = async (...args: string[]) => expect(await bare.cli(args), args.join(" ")).toMatchObject({ code: 0 });
  await done("tenants", "create", "name=acme", "prefix=acme", "docs=https://docs.acme.example", "presentations=bearer raw");
  await done("groups", "create", `name=${"W".repeat(80)}`, "description=</script><img src=x>", "--tenant", "acme");
  await done("identities", "create", "name=panel@acme.example", "--tenant", "acme");
  await done("identities", "create", "name=kiosk@example.com", "description=At the gate");
  await done("identities", "disable", "kiosk@example.com");
  await done("scopes", "edit", "devices", "opened=acme default");
  for (const kind of ["tenants", "groups", "identities", "scopes", "templates", "policy", "people"]) {
    await page.goto(`${settings}/${kind}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await looksRight(page, kind);
  }
  await page.goto(`${settings}/scopes`);
  await page.getByRole("link", { name: "devices" }).click();
  await expect(page.getByLabel("acme")).toBeChecked();
  await looksRight(page, "a gated scope");

  await page.goto(`${settings}/tenants/new`);
  for (const box of await page.getByRole("checkbox").all()) {
    await box.uncheck();
  }
  expectRefusal(422);
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.locator("#presentations-error")).toContainText("Choose at least one");
  await looksRight(page, "tenant refused");

  await page.goto(`${settings}/people/new`);
  await page.getByLabel("Email").fill("ada@example.com");
  await page.getByLabel("Role").selectOption({ label: "Auditor: reading everything, changing nothing" });
  await page.getByLabel("Password").fill("too short");
  expectRefusal(422);
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.locator("#password-error")).toContainText("at least 15 characters");
  await expect(page.getByLabel("Role")).toHaveValue("auditor");
  await looksRight(page, "person refused");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Add" }).click();
  const key = await bare.issueTo("ada@example.com", "90d", "Ada's export", "bookings.read");
  await bare.useAndWrite(key);
  await page.getByRole("link", { name: "Disable ada@example.com\u2026" }).click();
  await expect(page.getByText("1 key would stop, and it is in use.")).toBeVisible();
  await expect(page.getByRole("region", { name: "What stops" }).getByRole("link", { name: key.name })).toBeVisible();
  await looksRight(page, "disable asked");
  expectRefusal(422);
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.locator("#confirm-error")).toContainText("Type ada@example.com");
  await page.getByRole("button", { name: "Hand them over first\u2026" }).click();
  await page.getByLabel("New owner").fill("front desk");
  await page.getByRole("button", { name: "Hand over 1 key" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("1 key handed over");
  await page.goto(`${settings}/people`);
  await page.getByRole("link", { name: "Disable ada@example.com\u2026" }).click();
  await expect(page.getByText("No key that works would stop.")).toBeVisible();
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.getByText("They own no key that works.")).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "ada@example.com" })).toContainText("Disabled");

  await page.goto(`${settings}/groups`);
  await page.getByRole("button", { name: "Archive all keys of Lobbies" }).click();
  await expect(page.getByRole("heading", { name: "No key matches" })).toBeVisible();
  await looksRight(page, "nothing to archive");
  await page.goto(`${bare.url}/audit`);
  await expect(page.getByText("nothing → acme default")).toBeVisible();
  await looksRight(page, "audit of the register");
});
