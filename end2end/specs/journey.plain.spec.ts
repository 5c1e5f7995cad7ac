// The same life of a key without JavaScript: real forms, answered by pages. One test, as a person would go.

import { readFile } from "node:fs/promises";
import { EMAIL, PASSWORD, type Key, expect, row, scopesField, test } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 60_000 });

test("a key's life without JavaScript", async ({ page, bare, expectRefusal }) => {
  await test.step("setup", async () => {
    await page.goto(await bare.setupLink());
    await expect.soft(page.getByRole("button", { name: "Show password" })).toBeHidden();
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByLabel("Email").fill(EMAIL);
    await page.getByRole("button", { name: "Create superadmin" }).click();
    await expect(page.getByRole("heading", { name: "Finish the setup" }), "whoever set it up is signed in").toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
  });

  await test.step("sign in", async () => {
    await page.getByLabel("Email").fill(EMAIL);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Finish the setup" })).toBeVisible();
    await page.goto(`${bare.url}/keys`);
    await expect(page.getByRole("heading", { name: "No keys yet" })).toBeVisible();
    await expect.soft(page.getByRole("button", { name: "Copy command" }), "what needs a script is not there").toBeHidden();
    await page.getByRole("link", { name: "Create key" }).click();
  });

  await test.step("mistakes come back at their fields, with what was typed", async () => {
    await page.getByLabel(/^Description/).fill("</textarea><b>Two</b>\nlines & more");
    await page.getByLabel("Owner").fill("Front desk");
    await scopesField(page).fill("Not A Scope!");
    await page.getByLabel("180 days").check();
    expectRefusal(422);
    await page.getByRole("button", { name: "Create key" }).click();
    await expect(page.locator("#name-error")).toHaveText("This is needed.");
    await expect(page.locator("#scopes-error")).toContainText("is not a scope");
    await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
    await expect(page.getByLabel("Name", { exact: true })).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByLabel(/^Description/)).toHaveValue("</textarea><b>Two</b>\nlines & more");
    await expect(page.getByLabel("Owner")).toHaveValue("Front desk");
    await expect(scopesField(page)).toHaveValue("Not A Scope!");
    await expect(page.getByLabel("180 days")).toBeChecked();
  });

  const key = await test.step("the secret is shown once, on a page that nobody keeps", async (): Promise<Key> => {
    await page.getByLabel("Name", { exact: true }).fill("Kiosk & gate");
    await scopesField(page).fill("gates.open, bookings.read");
    await page.locator("summary").filter({ hasText: "Keyward itself" }).click();
    await page.getByLabel("Ask Keyward").or(page.getByLabel("keyward.verify")).check();
    const answering = page.waitForResponse((answer) => answer.request().method() === "POST");
    await page.getByRole("button", { name: "Create key" }).click();
    const answer = await answering;
    expect(answer.status()).toBe(200);
    expect(answer.headers()["cache-control"]).toBe("no-store");
    await expect(page.getByRole("heading", { name: "Store this key now" })).toBeVisible();
    const token = (await page.locator("#once-token").textContent()) ?? "";
    expect(token).toMatch(/^kw_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}$/);
    const seen = await page.locator("body").innerText();
    expect(seen.split(token).length - 1, "it is to be seen in one place").toBe(1);
    const loaded = await page.locator("script[src], link[rel=modulepreload]").evaluateAll((all) => all.map((one) => one.getAttribute("src")));
    expect(loaded, "the page loads nothing that could carry it on").toEqual(["/once.js"]);
    expect((await page.locator("script").allTextContents()).join()).not.toContain(token);

    const saving = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download .env" }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe("Kiosk & gate.env");
    expect(await readFile(await saved.path(), "utf8")).toBe(`KEYWARD_KEY=${token}\n`);
    return { id: token.split("_")[1], name: "Kiosk & gate", token };
  });

  await test.step("Done needs the tick", async () => {
    await page.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("heading", { name: "Store this key now" })).toBeVisible();
    await page.getByLabel("I have stored this key").check();
    await page.getByRole("button", { name: "Done" }).click();
    await expect(page).toHaveURL(new RegExp(`/keys/${key.id}\\??$`));
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(key.name);
    await expect(page.getByText("</textarea><b>Two</b>")).toBeVisible();
    expect(await page.content()).not.toContain(key.token.split("_")[2]);
  });

  await test.step("the key works, and the list shows it", async () => {
    expect(await bare.verify(key, key.token, "gates.open")).toMatchObject({ valid: true });
    await page.getByRole("link", { name: "Keys", exact: true }).first().click();
    await page.getByLabel("Search keys").fill("kiosk &");
    await page.getByLabel("Search keys").press("Enter");
    await expect(row(page, key.name).locator(".c-state")).toHaveText("Active");
    await expect(async () => {
      await page.reload();
      await expect(row(page, key.name).locator(".c-last")).toHaveText("just now", { timeout: 100 });
    }).toPass({ timeout: 10_000 });
  });

  await test.step("the page that archives asks for the name of a key in use, and keeps a wrong one", async () => {
    await page.getByRole("button", { name: `Actions for ${key.name}` }).click();
    await page.getByRole("link", { name: "Archive…" }).click();
    await expect(page.getByRole("heading", { name: `Archive ${key.name}?` })).toBeVisible();
    await expect(page.getByText(/In use: \d+ calls? in 24 h/)).toBeVisible();
    await page.getByLabel("Reason").selectOption("owner_left");
    await page.getByLabel("Name of the key").fill("Kiosk");
    expectRefusal(422);
    await page.getByRole("button", { name: "Archive key" }).click();
    await expect(page.locator("#confirm-error")).toContainText("Type its name");
    await expect(page.getByLabel("Name of the key")).toHaveValue("Kiosk");
    await expect(page.getByLabel("Reason")).toHaveValue("owner_left");
    await page.getByLabel("Name of the key").fill(key.name);
    await page.getByRole("button", { name: "Archive key" }).click();
    await expect(page.getByText(/It is refused everywhere\. Until /)).toBeVisible();
  });

  await test.step("archived is for good", async () => {
    await page.goto(`${bare.url}/keys/${key.id}/archive`);
    await expect(page.getByRole("heading", { name: `${key.name} is archived already` })).toBeVisible();
    const answer = await fetch(`${bare.local}/forward-auth?scope=any`, { headers: { authorization: `Bearer ${key.token}` } });
    expect(answer.status).toBe(401);
  });

  await test.step("the audit has it all", async () => {
    await page.getByRole("link", { name: "Audit" }).click();
    const events = page.getByRole("row").filter({ hasText: key.name });
    await expect(events).toHaveCount(2);
    await expect(events.first()).toContainText("Key archived");
    await expect(events.last()).toContainText("Key created");
    expect(await bare.cli(["audit", "verify"])).toMatchObject({ code: 0 });
  });

  await test.step("the theme can be chosen, and signing out ends it", async () => {
    await page.getByRole("button", { name: "Theme", exact: true }).click();
    await page.getByRole("button", { name: "Dark", exact: true }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText("You are signed out.")).toBeVisible();
    await page.goto(`${bare.url}/keys`);
    await expect(page.getByRole("heading", { name: "Sign in to Keyward" })).toBeVisible();
  });
});
