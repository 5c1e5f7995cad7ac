// One key's page in a browser: its calls, its callers, its successor, what it could do, and an edit that says whom it
// would lock out.

import type { Page } from "@playwright/test";
import { type Key, type Keyward, expect, looksRight, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 120_000 });

/** Uses a key once, as somebody. */
async function call(keyward: Keyward, key: Key, scope: string, agent: string): Promise<number> {
  const headers = { authorization: `Bearer ${key.token}`, "user-agent": agent };
  return (await fetch(`${keyward.url}/forward-auth?scope=${scope}`, { headers })).status;
}

async function open(page: Page, keyward: Keyward, id: string, query = ""): Promise<void> {
  await keyward.signIn(page.context());
  await page.goto(`${keyward.url}/keys/${id}${query}`);
}

/** The page, once what was counted is written. */
async function shows(page: Page, words: string): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(page.getByText(words).first()).toBeVisible({ timeout: 500 });
  }).toPass();
}

test("mission x5: calls over an hour, a day and a month, as bars and as a table; and who called", async ({ page, keyward }) => {
  const key = await keyward.issue(unique("charted"), "rooms");
  for (const scope of ["rooms.read", "rooms.write", "doors.read"]) {
    await call(keyward, key, scope, "planner/3.1");
  }
  await open(page, keyward, key.id);
  await shows(page, "All 3 calls of the last 7 days are in this record.");
  const calls = page.getByRole("region", { name: "Calls", exact: true });
  await expect(calls.getByRole("img", { name: "Calls in 24 h, hour by hour: 2 allowed, 1 refused" })).toBeVisible();
  await looksRight(page, "key with calls");
  await calls.getByRole("link", { name: "1 h" }).click();
  await expect(page).toHaveURL(/period=hour/);
  await expect(calls.getByRole("img", { name: /Calls in 1 h, minute by minute: 2 allowed, 1 refused/ })).toBeVisible();
  await calls.getByText("As a table").click();
  await expect(calls.getByRole("rowheader", { name: /UTC/ }).first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Callers" })).toContainText("planner/3.1");
  await looksRight(page, "key with calls by the minute");
});

test("what a key could do is judged as one types", async ({ page, keyward }) => {
  const key = await keyward.issue(unique("tried"), "rooms.read");
  await open(page, keyward, key.id);
  const trial = page.getByRole("region", { name: "What could this key do?" });
  await expect(trial).toContainText("Every check passes.");
  await expect(async () => {
    await trial.getByLabel("Scope").fill("rooms.write");
    await expect(trial).toContainText("The request needs rooms.write; the key holds rooms.read.", { timeout: 500 });
  }).toPass();
  await trial.getByLabel("Scope").fill("rooms.read");
  await expect(trial).toContainText("Every check passes.");
  await trial.getByLabel("From").fill("10.0.0");
  await expect(trial).toContainText("Type an address such as");
  await trial.getByLabel("From").fill("10.0.0.1");
  await trial.getByLabel("When").fill("2099-01-01T00:00");
  await expect(trial).toContainText("The key has expired.");
  await looksRight(page, "key tried");
});

test("mission n3: a key and its successor, drained, cut and let work again", async ({ page, keyward }) => {
  const old = await keyward.issue(unique("old"), "rooms");
  await open(page, keyward, old.id);
  await page.getByRole("link", { name: "Rotate…" }).click();
  await page.getByText("At a time you pick").click();
  await expect(page.getByLabel("Day and time, in UTC")).toBeVisible();
  await looksRight(page, "rotate at a time");
  await page.getByText("After 7 days").click();
  await page.getByRole("button", { name: "Rotate key" }).click();
  await page.getByLabel("I have stored this key").check();
  await page.getByRole("button", { name: "Done" }).click();
  const pair = page.getByRole("region", { name: "Rotation" });
  await expect(pair).toContainText("It takes the place of");
  await expect(pair).toContainText("The old key was never called.");
  expect(await call(keyward, old, "rooms.read", "left behind")).toBe(200);
  await shows(page, "left behind");
  await expect(pair).toContainText("Still in use");
  await looksRight(page, "key with its successor");
  await pair.getByRole("button", { name: "Stop the old key now" }).click();
  await expect(pair).toContainText("Old key stopped");
  expect(await call(keyward, old, "rooms.read", "left behind")).toBe(401);
  await pair.getByText("Let the old key work again").click();
  await looksRight(page, "key to let work again");
  await pair.getByText("In 1 hour").click();
  await pair.getByRole("button", { name: "Let it work again" }).click();
  await expect(pair.getByRole("button", { name: "Stop the old key now" })).toBeVisible();
  expect(await call(keyward, old, "rooms.read", "left behind")).toBe(200);
});

test("mission n4: an edit that would lock a caller out names it, and loses nothing typed", async ({ page, keyward }) => {
  const key = await keyward.issue(unique("narrow"), "rooms");
  await call(keyward, key, "rooms.read", "lobby screen");
  await open(page, keyward, key.id);
  await shows(page, "lobby screen");
  await page.getByRole("link", { name: "Edit…" }).click();
  await page.getByLabel("Description").fill("for the lobby");
  await page.locator("#addresses").evaluate((field) => field.closest("details")?.setAttribute("open", ""));
  await page.locator("#addresses").fill("192.0.2.0/24");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "This would lock somebody out" })).toBeVisible();
  await expect(page.getByText("lobby screen")).toBeVisible();
  await looksRight(page, "locks somebody out");
  await page.getByRole("button", { name: "Go back and change it" }).click();
  await expect(page.getByLabel("Description")).toHaveValue("for the lobby");
  await expect(page.locator("#addresses")).toHaveValue("192.0.2.0/24");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Save anyway" }).click();
  await expect(page).toHaveURL(new RegExp(`/keys/${key.id}$`));
  await expect(page.getByText("192.0.2.0/24").first()).toBeVisible();
});
