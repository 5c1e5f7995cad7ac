// Every page in every state is looked at, and weighed: what it loads, how much, and how long browsers may keep it.

import type { Page, Request } from "@playwright/test";
import { EMAIL, type Keyward, alive, createKey, expect, formAlive, looksRight, openForm, row, scopesField, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 120_000 });

/** Names that are only ever text, however a page is put together. */
const HOSTILE = ["</script><img src=x onerror=alert(1)>", "\u{202e}gnp.eciovni", "{{7*7}} ${7*7} <!--", "W".repeat(80)];

test("before anybody can sign in", async ({ page, bare, expectRefusal }) => {
  const link = await bare.setupLink();
  await page.goto(link);
  await page.getByLabel("Password", { exact: true }).fill("plum kite 3 gate");
  await expect(page.locator("#strength")).toHaveText("Good");
  await looksRight(page, "setup");

  // A browser's own checks stop it before; the server's are behind them.
  await page.locator("form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByLabel("Email").fill("nobody");
  await page.getByLabel("Password", { exact: true }).fill("too short");
  expectRefusal(422);
  await page.getByRole("button", { name: "Create superadmin" }).click();
  await expect(page.locator("#email-error")).toContainText("Type a mail address");
  await expect(page.getByLabel("Email")).toHaveValue("nobody");
  await looksRight(page, "setup refused");

  await bare.addAdmin();
  expectRefusal(410);
  await page.goto(link);
  await looksRight(page, "dead link");

  await page.goto(`${bare.url}/sign-in`);
  await looksRight(page, "sign in");
  await page.getByLabel("Email").fill(EMAIL);
  await page.getByLabel("Password").fill("wrong");
  expectRefusal(401);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await looksRight(page, "sign in refused");

  await bare.signIn(page.context());
  await page.goto(`${bare.url}/keys`);
  await expect(page.getByRole("heading", { name: "No keys yet" })).toBeVisible();
  await alive(page);
  await looksRight(page, "no keys yet");
  await page.goto(`${bare.url}/keys/new`);
  await formAlive(page);
  await looksRight(page, "first key");
});

test("the list, with names that try to be more than text", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  const hostile = [];
  for (const name of HOSTILE) {
    hostile.push(await bare.issue(name, "bookings.read", "bookings.write", "occupancy.read", "tickets.scan"));
  }
  const soon = await bare.issueFor("7d", "Pop-up stand", "tickets.scan");
  const used = await bare.issue("Turnstile 4", "gates.open", "bookings.read");
  await bare.issue("Seminar room display", "occupancy.read");
  await bare.issue("Bookings service", "keyward.verify");
  const gone = await bare.issue("Old kiosk", "bookings.read");
  await bare.archive(gone);
  await bare.use(used);

  const list = `${bare.url}/keys`;
  await expect(async () => {
    await page.goto(list);
    await expect(row(page, used.name).locator(".c-last")).toHaveText("just now", { timeout: 100 });
  }).toPass({ timeout: 10_000 });
  await alive(page);
  for (const { id, name } of hostile) {
    await expect(page.locator(`a[href="/keys/${id}"]`).first()).toHaveText(name);
  }
  await expect(row(page, soon.name)).toContainText("Expires soon");
  await looksRight(page, "keys");

  await page.getByRole("button", { name: `Actions for ${used.name}` }).click();
  await expect(page.getByRole("link", { name: "Archive…" })).toBeVisible();
  await looksRight(page, "row menu");

  await page.goto(`${list}?status=any`);
  await expect(row(page, gone.name)).toContainText("Archived");
  await looksRight(page, "keys with archived");

  await page.goto(`${list}?q=nothing+like+it`);
  await expect(page.getByRole("heading", { name: "No key matches" })).toBeVisible();
  await looksRight(page, "no match");

});

test("a key's page, the audit, and no page at all", async ({ page, bare, expectRefusal }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  const hostile = [];
  for (const name of HOSTILE) {
    hostile.push(await bare.issue(name, "bookings.read", "occupancy.read"));
  }
  const soon = await bare.issueFor("7d", "Pop-up stand", "tickets.scan");
  const used = await bare.issue("Turnstile 4", "gates.open", "bookings.read");
  const gone = await bare.issue("Old kiosk", "bookings.read");
  await bare.archive(gone);
  await bare.use(used);

  const list = `${bare.url}/keys`;
  await expect(async () => {
    await page.goto(`${list}/${used.id}`);
    await expect(page.getByText(/^just now/).first()).toBeVisible({ timeout: 100 });
  }).toPass({ timeout: 10_000 });
  await looksRight(page, "key used");
  await page.goto(`${list}/${soon.id}`);
  await looksRight(page, "key never used");
  await page.goto(`${list}/${gone.id}`);
  await looksRight(page, "key archived");
  for (const { id, name } of hostile) {
    await page.goto(`${list}/${id}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  }
  await looksRight(page, "key with a long name");

  await page.goto(`${bare.url}/audit`);
  await expect(page.getByRole("row").filter({ hasText: gone.name })).toHaveCount(2);
  await looksRight(page, "audit");

  expectRefusal(404);
  const answer = await page.goto(`${bare.url}/nowhere`);
  expect(answer?.status()).toBe(404);
  await looksRight(page, "not found");
  expectRefusal(404);
  await page.goto(`${list}/0000000000000000`);
  await expect(page.getByRole("heading", { name: "Nothing here" })).toBeVisible();
  await looksRight(page, "no such key");
});

test("the form for a new key, and the secret", async ({ page, context, keyward, expectRefusal }) => {
  await keyward.signIn(context);
  await keyward.issue(unique("holder"), "bookings.read", "bookings.write", "occupancy.read");
  await openForm(page, keyward.url);
  await looksRight(page, "new key");

  await page.getByText("Pick a date").click();
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByText("3 fields need you:")).toBeVisible();
  await looksRight(page, "new key with mistakes");

  await createKey(page, keyward.url, unique("pages"), "bookings.read");
  await looksRight(page, "once");
  await page.getByRole("button", { name: "Show the key" }).click();
  await looksRight(page, "once shown");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await looksRight(page, "leave");
  await page.getByRole("button", { name: "Leave" }).click();

  // The pages that answer the plain form, sent past the island.
  const post = async (fields: Record<string, string>) => {
    await page.goto(`${keyward.url}/keys`);
    const answering = page.waitForResponse((answer) => answer.request().method() === "POST");
    await page.evaluate((fields) => {
      const form = document.body.appendChild(document.createElement("form"));
      Object.assign(form, { method: "post", action: "/keys/new" });
      for (const [name, value] of Object.entries(fields)) {
        Object.assign(form.appendChild(document.createElement("input")), { type: "hidden", name, value });
      }
      form.submit();
    }, fields);
    await answering;
  };
  expectRefusal(422);
  await post({ name: "", scopes: "", life: "date", date: "2020-01-01" });
  await expect(page.locator("#expires-error")).not.toBeEmpty();
  await looksRight(page, "new key refused");
  await post({ name: unique("plain"), scopes: "bookings.read", owner: unique("holder"), life: "7", date: "" });
  await expect(page.getByRole("heading", { name: "Store this key now" })).toBeVisible();
  await looksRight(page, "once without script");
});

test("the archive dialog and the list of shortcuts", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("looked at"), "bookings.read");
  await keyward.use(key);
  await expect(async () => {
    await page.goto(`${keyward.url}/keys/${key.id}/archive`);
    await expect(page.getByLabel("Name of the key")).toBeVisible({ timeout: 100 });
  }).toPass({ timeout: 10_000 });
  await looksRight(page, "archive page");

  await page.goto(`${keyward.url}/keys/${key.id}`);
  await alive(page);
  await page.getByRole("link", { name: "Archive…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of the key").fill("not it");
  await looksRight(page, "archive");
  await dialog.getByRole("button", { name: "Archive key" }).click();
  await expect(page.locator("#confirm-error")).not.toBeEmpty();
  await looksRight(page, "archive refused");
  await dialog.getByLabel("Name of the key").fill(key.name);
  await dialog.getByRole("button", { name: "Archive key" }).click();
  await expect(dialog.getByRole("status")).toBeVisible();
  await looksRight(page, "archived");
  await dialog.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Brought back. It is as it was before it was archived.")).toBeVisible();
  await expect(page.getByText("Active", { exact: true })).toBeVisible();
  await alive(page);
  await page.getByRole("link", { name: "Archive…" }).click();
  await dialog.getByLabel("Name of the key").fill(key.name);
  await dialog.getByRole("button", { name: "Archive key" }).click();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText("it can be brought back as it was")).toBeVisible();
  await looksRight(page, "archived a moment ago");

  await alive(page);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await looksRight(page, "shortcuts");
});

/** What a page asks for, from its address until its islands live. */
async function asked(page: Page, go: () => Promise<unknown>): Promise<Request[]> {
  const requests: Request[] = [];
  const note = (request: Request) => requests.push(request);
  page.on("request", note);
  await go();
  await page.waitForLoadState("load");
  page.off("request", note);
  return requests;
}

const paths = (requests: Request[]) => requests.map((request) => new URL(request.url()).pathname);

test("signing in and setting up load no WebAssembly", async ({ page, bare }) => {
  const open = async (address: string) => paths(await asked(page, () => page.goto(address)));
  const scripts = (paths: string[]) => paths.filter((path) => /\.(js|wasm)$/.test(path));
  expect(scripts(await open(await bare.setupLink()))).toEqual(["/setup.js"]);
  expect(scripts(await open(`${bare.url}/sign-in`))).toEqual(["/sign-in.js"]);
});

/** Transferred bytes of bundled files, by their kind. */
async function weigh(keyward: Keyward, requests: Request[], kind: RegExp): Promise<number> {
  let sum = 0;
  for (const path of paths(requests).filter((path) => kind.test(path))) {
    const answer = await fetch(keyward.url + path, { headers: { "accept-encoding": "br" } });
    expect(answer.headers.get("content-encoding"), path).toBe("br");
    expect(answer.headers.get("cache-control"), path).toContain("immutable");
    sum += Number(answer.headers.get("content-length"));
  }
  expect(sum, `${kind} is sent`).toBeGreaterThan(0);
  return sum;
}

test("the first page is small, and is kept by browsers", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await keyward.issue(unique("light"), "bookings.read");
  const requests = await asked(page, async () => {
    await page.goto(`${keyward.url}/keys`);
    await alive(page);
  });
  expect(requests.length, paths(requests).join(" ")).toBeLessThanOrEqual(10);
  for (const request of requests.filter((request) => request.url().includes("/pkg/"))) {
    const answer = await request.response();
    expect(answer?.headers()["cache-control"], request.url()).toContain("immutable");
    expect(answer?.headers()["content-encoding"], request.url()).toBe("br");
  }
  const program = /\/pkg\/.*\.(wasm|js|bin)$/;
  expect(await weigh(keyward, requests, program)).toBeLessThanOrEqual(180 * 1000);
  expect(await weigh(keyward, requests, /\.css$/)).toBeLessThanOrEqual(20 * 1024);

  // The list may still ask for itself, which is none of the form's.
  await page.goto("about:blank");
  // The heaviest page asks for its own parts as well, and for no others.
  const form = await asked(page, () => openForm(page, keyward.url));
  expect(form.length, paths(form).join(" ")).toBeLessThanOrEqual(12);
  expect(await weigh(keyward, form, program)).toBeLessThanOrEqual(250 * 1000);
});
