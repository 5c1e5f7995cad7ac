// Why a request was refused, as a person finds out: by the request's id, by the key, and from the list.

import { type Page } from "@playwright/test";
import { type Key, type Keyward, expect, looksRight, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 90_000 });

/** Has a request refused, and answers its id. */
async function refuse(keyward: Keyward, key: Key, scope: string): Promise<string> {
  const answer = await fetch(`${keyward.url}/forward-auth?scope=${scope}`, { headers: { authorization: `Bearer ${key.token}` } });
  expect(answer.status).toBe(403);
  const { request_id } = (await answer.json()) as { request_id: string };
  expect(request_id).toBe(answer.headers.get("x-keyward-request-id"));
  return request_id;
}

/** Asks the page. */
async function ask(page: Page, what: string, scope = "") {
  await page.getByLabel("Key, its id or name, or a request id").fill(what);
  await page.getByLabel(/^Scope/).fill(scope);
  await page.getByRole("button", { name: "Check" }).click();
}

const verdict = (page: Page, words: string) => page.getByRole("heading", { name: words });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a refusal explains itself", async ({ page, context, keyward }) => {
      await keyward.signIn(context);
      const key = await keyward.issue(unique("turnstile"), "gates.read");
      const request = await refuse(keyward, key, "gates.write");

      await expect(async () => {
        await page.goto(`${keyward.url}/keys/${key.id}`);
        await expect(page.getByRole("link", { name: "Why refused?" })).toBeVisible({ timeout: 100 });
        await expect(page.getByText("no call let in; 1 refused in 24 h")).toBeVisible({ timeout: 100 });
      }, "refusals and counts are written every few seconds").toPass();
      await expect(page.getByRole("main").locator("dl.facts").first().locator("dt")).toHaveText(["Owner", "Last used", "Expires", "Tenant", "Id", "Created"]);
      await page.getByRole("link", { name: "Why refused?" }).click();
      await expect(verdict(page, "1 refused in 24 h, all insufficient_scope: gates.write")).toBeVisible();
      await expect(page.getByText("Judged as if its secret had been presented")).toBeVisible();
      await expect(verdict(page, "The key does not hold the scope this needs."), "held against what was refused").toBeVisible();
      await expect(page.getByLabel(/^Scope/)).toHaveValue("gates.write");
      await page.getByRole("link", { name: "Add scope…" }).click();
      await expect(page.getByText("Added to what the key has: gates.write")).toBeVisible();
      await page.getByRole("button", { name: "Save" }).click();
      if (!javaScriptEnabled) {
        await expect(page.getByRole("heading", { level: 1 })).toHaveText("Save these changes?");
        await page.getByRole("button", { name: /^Save/ }).click();
      }
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(key.name);
      await page.getByRole("link", { name: "Why refused?" }).click();
      await expect(verdict(page, "Every check passes."), "it was mended").toBeVisible();

      await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Debug a request" }).click();
      await expect(page.getByRole("link", { name: request })).toBeVisible();
      await ask(page, request);
      await expect(page.getByText("Now", { exact: true }), "then and now differ").toBeVisible();
      const then = page.getByRole("region", { name: "The key does not hold the scope this needs." }).first();
      await expect(then.getByRole("listitem").filter({ hasText: "Failed" })).toContainText("It holds the scope");
      await expect(then.getByText("The request needs gates.write; the key holds gates.read.")).toBeVisible();
      await expect(then.getByText("Not reached")).toHaveCount(3);
      await expect(page.getByRole("link", { name: key.name })).toHaveAttribute("href", `/keys/${key.id}`);
      await expect(page.getByLabel("Key, its id or name, or a request id"), "an id is given back").toHaveValue(request);
      if (javaScriptEnabled) {
        await looksRight(page, "why refused");
      }

      await page.goto(`${keyward.url}/why`);
      await page.getByRole("link", { name: request }).click();
      await expect(then).toBeVisible();
    });

    test("a key is found by its name, and then and now are one list while they agree", async ({ page, context, keyward }) => {
      await keyward.signIn(context);
      const name = unique("Lobby Turnstile");
      const first = await keyward.issue(name, "gates.read");
      await page.goto(`${keyward.url}/keys/${first.id}`);
      await expect(page.getByRole("link", { name: "Why refused?" }), "nothing was refused").toHaveCount(0);
      await page.goto(`${keyward.url}/why`);
      await ask(page, name.toLowerCase());
      await expect(page.getByText("Judged as if its secret had been presented")).toBeVisible();
      await expect(page.getByRole("link", { name, exact: true })).toHaveAttribute("href", `/keys/${first.id}`);
      const second = await keyward.issue(name, "gates.read");
      await ask(page, name);
      await expect(verdict(page, "2 keys have this name")).toBeVisible();
      const request = await refuse(keyward, second, "gates.write");
      await page.goto(`${keyward.url}/why`);
      await ask(page, request);
      await expect(page.getByText("Then and now", { exact: true })).toBeVisible();
      await expect(page.getByText("The request needs gates.write; the key holds gates.read.")).toHaveCount(1);
    });

    test("a pasted key is judged and not given back", async ({ page, context, keyward, expectRefusal }) => {
      await keyward.signIn(context);
      const key = await keyward.issue(unique("panel"), "bookings.read");
      await page.goto(`${keyward.url}/why`);
      await ask(page, key.token, "bookings.read");
      await expect(verdict(page, "Every check passes.")).toBeVisible();
      await expect(page.getByText("Passed")).toHaveCount(10);
      await expect(page.getByLabel("Key, its id or name, or a request id")).toHaveValue("");
      await expect(page.getByLabel(/^Scope/)).toHaveValue("bookings.read");
      expect(await page.content()).not.toContain(key.token.split("_")[2]);
      expect(page.url()).toBe(`${keyward.url}/why`);

      await ask(page, key.token.slice(0, -1));
      await expect(verdict(page, "This is not a key.")).toBeVisible();

      expectRefusal(422);
      await ask(page, key.token, "Not a scope!");
      await expect(page.locator("#scope-error")).toContainText("Type scopes such as");
      await expect(page.getByLabel(/^Scope/)).toHaveAttribute("aria-invalid", "true");
    });
  });
}

test("the pages look right in every state", async ({ page, bare, expectRefusal }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  await page.goto(`${bare.url}/why`);
  await expect(page.getByText("Nothing was refused in the last 7 days.")).toBeVisible();
  await looksRight(page, "why");
  await ask(page, "0000000000000000");
  await expect(page.getByText("No key and no refusal has this id or name")).toBeVisible();
  await looksRight(page, "why unknown");
  const key = await bare.issue("W".repeat(80), "bookings.read", "occupancy.read");
  await refuse(bare, key, "bookings.write");
  await ask(page, key.token, "bookings.read");
  await looksRight(page, "why allowed");

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Check a gateway" }).click();
  await page.getByLabel("Address").fill("http://127.0.0.1:1/rooms");
  expectRefusal(422);
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect(page.locator("#url-error")).toContainText("is at a private address");
  await looksRight(page, "gateway refused");
});
