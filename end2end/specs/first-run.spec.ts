// The first run: an empty catalog that is filled with one click, and a checklist that ticks itself, with JavaScript and
// without.

import { alive, expect, looksRight, test } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 90_000 });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a new installation is led from nothing to a set-up Keyward", async ({ page, fresh }) => {
      await fresh.addAdmin();
      await fresh.signIn(page.context());
      const list = page.getByRole("region", { name: "Finish the setup" });
      const open = async (words: string) => {
        await page.goto(`${fresh.url}/`);
        await expect(page).toHaveURL(`${fresh.url}/overview`);
        await expect(list.getByText(words)).toBeVisible();
      };
      // What looks at a page is a script.
      const look = async (name: string) => (javaScriptEnabled ? looksRight(page, name) : undefined);

      await test.step("the catalog is filled with a sample set", async () => {
        await open("0 of 5 done");
        await look("first run");
        await page.goto(`${fresh.url}/settings/templates`);
        await expect(page.getByRole("heading", { name: "No templates yet" })).toBeVisible();
        await look("no templates");
        await page.goto(`${fresh.url}/keys/new`);
        await expect(page.getByRole("heading", { name: "No scopes are listed yet" })).toBeVisible();
        await look("new key without scopes");
        await page.goto(`${fresh.url}/overview`);
        await list.getByRole("button", { name: "Add the sample set Booking Panel" }).click();
        await expect(page.getByText("Added 8 entries.")).toBeVisible();
        await expect(list.getByText("No scopes are listed yet")).toHaveCount(0);
        await page.goto(`${fresh.url}/settings/scopes`);
        await expect(page.getByRole("link", { name: "calendar" })).toBeVisible();
        await page.goto(`${fresh.url}/keys/new`);
        await expect(page.getByRole("link", { name: "Booking Panel" })).toBeVisible();
        await expect(page.getByRole("heading", { name: "No scopes are listed yet" })).toHaveCount(0);
      });

      await test.step("steps tick themselves", async () => {
        const key = await fresh.issue("Door panel", "bookings.read");
        await open("1 of 5 done");
        await expect(list.getByText("curl -i")).toBeVisible();
        await look("first run with a key");
        if (javaScriptEnabled) {
          await alive(page);
          await fresh.use(key);
          await expect(list.getByText("2 of 5 done"), "in front of whoever looks").toBeVisible();
          await expect(page.getByRole("status").filter({ hasText: "2 of 5 done" }), "and hears").toBeAttached();
        } else {
          await fresh.useAndWrite(key);
        }
        const asked = await fetch(`${fresh.local}/forward-auth?scope=bookings.read`, {
          headers: { authorization: `Bearer ${key.token}`, "x-forwarded-method": "GET", "x-forwarded-uri": "/rooms" },
        });
        expect(asked.status).toBe(200);
        await fresh.addPerson("second@example.com", "superadmin");
        await expect(async () => open("4 of 5 done")).toPass();
        await list.getByRole("button", { name: "I have a copy" }).click();
        await expect(page.getByText("Keyward is set up.")).toBeVisible();
        await look("first run done");
      });
    });

    test("the checklist is hidden for everyone, and shown again", async ({ page, fresh }) => {
      await fresh.addAdmin();
      await fresh.signIn(page.context());
      await page.goto(`${fresh.url}/overview`);
      const list = page.getByRole("region", { name: "Finish the setup" });
      await list.getByRole("button", { name: "Hide the setup checklist for everyone" }).click();
      await expect(page.getByText("Hidden for everyone. About shows it again.")).toBeVisible();
      await expect(list).toHaveCount(0);
      await page.goto(`${fresh.url}/about`);
      await page.getByRole("button", { name: "Show the setup checklist" }).click();
      await expect(page).toHaveURL(`${fresh.url}/overview`);
      await expect(list).toBeVisible();
    });
  });
}

test("whoever does not see the list hears what is left", async ({ page, fresh }) => {
  await fresh.addAdmin();
  await fresh.signIn(page.context());
  await page.goto(`${fresh.url}/overview`);
  // A page that is left while it comes to life says so in its console.
  await alive(page);
  const steps = page.getByRole("region", { name: "Finish the setup" }).getByRole("listitem");
  await expect(steps.getByRole("heading")).toHaveText([
    "To do: Create the first key",
    "To do: See a call allowed",
    "To do: Guard a gateway",
    "To do: Add a second superadmin",
    "To do: Back up the master key",
  ]);
});
