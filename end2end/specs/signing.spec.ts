// Signing keys: a pair made in the browser, whose private half goes nowhere but into a file and is gone after sign-out.

import type { Page, Request } from "@playwright/test";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EMAIL, Keyward, PASSWORD, type Key, alive, expect, looksRight, run, test as base, unique } from "../fixtures";

const SCRIPT = fileURLToPath(new URL("../../server/deploy/signing/sign.sh", import.meta.url));

const test = base.extend<{ folder: string }, { keyward: Keyward }>({
  // A server that believes what the test, as its proxy, says of a request.
  keyward: [
    async ({}, use) => {
      const keyward = await Keyward.start({ KEYWARD_TRUSTED_PROXIES: "127.0.0.1" });
      await keyward.addAdmin();
      await use(keyward);
      await keyward.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "signing-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
});

test.describe.configure({ mode: "parallel", timeout: 120_000 });

/** What forward auth says of a write that this private key signs. */
async function write(keyward: Keyward, key: Key, pem: string): Promise<number> {
  const env = { PATH: process.env.PATH, KEYWARD_SIGNING_KEY: pem };
  const signed = await run(SCRIPT, ["--print", "POST", "https://api.example.com/bookings"], env);
  expect(signed).toMatchObject({ code: 0 });
  const lines = signed.stdout.trim().split("\n").map((line) => line.split(": ", 2) as [string, string]);
  const said = { "x-forwarded-method": "POST", "x-forwarded-uri": "/bookings", "x-forwarded-host": "api.example.com" };
  const headers = { authorization: `Bearer ${key.token}`, ...said, ...Object.fromEntries(lines) };
  return (await fetch(`${keyward.url}/forward-auth?scope=any`, { headers })).status;
}

/** Saves what a button downloads. */
async function save(page: Page, name: string, path: string): Promise<string> {
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name }).click();
  await (await saving).saveAs(path);
  return readFile(path, "utf8");
}

/** Everything of a request that leaves the browser. */
const sent = (request: Request) =>
  [request.url(), JSON.stringify(request.headers()), request.postData() ?? ""].map((text) => decodeURIComponent(text.replaceAll("+", " "))).join("\n");

const made = (page: Page) => page.getByRole("button", { name: "Generate another pair" });

test("mission E3, E4: a pair made in the browser signs; its private half stays there until sign-out", async ({ page, keyward, folder }) => {
  const key = await keyward.issue(unique("kiosk"), "bookings");
  const address = `${keyward.url}/keys/${key.id}/signing`;
  const requests: Request[] = [];
  page.on("request", (request) => requests.push(request));
  const signIn = async () => {
    await page.getByLabel("Email").fill(EMAIL);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  await page.goto(address);
  await signIn();
  await looksRight(page, "signing keys");

  const pem = join(folder, "private.pem");
  await test.step("made and saved", async () => {
    await page.getByRole("button", { name: "Generate a pair in this browser" }).click();
    await expect(page.getByText("A new pair.")).toBeVisible();
    await expect(page.getByLabel("Public key")).toHaveValue(/^-----BEGIN PUBLIC KEY-----\n/);
    await save(page, "Private key, PEM", pem);
  });
  const secret = createPrivateKey(await readFile(pem));

  await test.step("the public half is added, and is that of the file", async () => {
    await page.getByLabel("Label").fill("kiosk 4");
    await page.getByRole("button", { name: "Add signing key" }).click();
    await expect(page.locator(".lines li")).toContainText("kiosk 4");
    const der = createPublicKey(secret).export({ type: "spki", format: "der" });
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", der)).toString("base64").replace(/=+$/, "");
    await expect(page.locator(".fingerprint")).toHaveText(`SHA256:${digest}`);
    expect(await write(keyward, key, pem), "forward auth takes what it signs").toBe(200);
  });

  await test.step("still there after a reload, and after coming back, as PEM and as JWK", async () => {
    await expect(page.getByText("The private half of kiosk 4 is in this tab until you sign out.")).toBeVisible();
    await page.reload();
    await expect(made(page)).toBeVisible();
    await page.goto(`${keyward.url}/keys/${key.id}`);
    await page.getByRole("link", { name: "Signing keys" }).click();
    await expect(made(page)).toBeVisible();
    await looksRight(page, "signing keys with a pair");
    const jwk = JSON.parse(await save(page, "Private key, JWK", join(folder, "private.jwk")));
    expect(createPrivateKey({ key: jwk, format: "jwk" }).export({ type: "pkcs8", format: "pem" })).toBe(
      secret.export({ type: "pkcs8", format: "pem" }),
    );
    expect(await save(page, "Private key, PEM", join(folder, "again.pem"))).toBe(await readFile(pem, "utf8"));
  });

  await test.step("another pair takes its place", async () => {
    await made(page).click();
    await expect(page.getByText("A new pair.")).toBeVisible();
    const other = join(folder, "other.pem");
    expect(await save(page, "Private key, PEM", other)).not.toBe(await readFile(pem, "utf8"));
    expect(await write(keyward, key, other), "nobody knows its public half yet").toBe(401);
  });

  await test.step("gone after sign-out, for the next session in this tab too", async () => {
    expect(await page.evaluate(() => sessionStorage.length)).toBe(1);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText("You are signed out.")).toBeVisible();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    await page.goto(address);
    await signIn();
    await expect(page.getByRole("button", { name: "Generate a pair in this browser" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Private key, PEM" })).toHaveCount(0);
  });

  // In no form in which it could have been written.
  const { d } = secret.export({ format: "jwk" });
  const bytes = Buffer.from(d ?? "", "base64url");
  const lines = (await readFile(pem, "utf8")).split("\n").filter((line) => line && !line.startsWith("-----"));
  const forms = [d ?? "", bytes.toString("base64"), bytes.toString("hex"), lines[0], "PRIVATE"];
  expect(requests.some((request) => sent(request).includes("BEGIN PUBLIC KEY")), "the public half is sent").toBe(true);
  for (const form of forms) {
    expect(form.length).toBeGreaterThan(6);
    expect(requests.filter((request) => sent(request).includes(form)), `${form} is in no request`).toEqual([]);
  }
});

// It signs out, so it has a server, and a session, of its own.
test("what is kept for one session is forgotten by the next, wherever it signed in", async ({ page, context, bare }) => {
  await bare.addAdmin();
  await bare.signIn(context);
  const key = await bare.issue(unique("kept"), "bookings");
  await page.goto(`${bare.url}/keys/${key.id}/signing`);
  await page.evaluate((id) => sessionStorage.setItem(`keyward.pair.0123456789abcdef.${id}`, "A.B.C"), key.id);
  await page.reload();
  await expect(page.getByRole("button", { name: "Generate a pair in this browser" })).toBeVisible();
  await expect.poll(() => page.evaluate(() => sessionStorage.length)).toBe(0);

  // A page that stays open while another tab signs out has nothing left to save.
  await page.getByRole("button", { name: "Generate a pair in this browser" }).click();
  await expect(page.getByText("A new pair.")).toBeVisible();
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other.getByText("You are signed out.")).toBeVisible();
  await expect.poll(() => page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.getByRole("button", { name: "Private key, PEM" }).click();
  await expect(page.getByText("The private half is gone: it is kept until you sign out.")).toBeVisible();
});

test("where browsers make no pairs, the same curve is here", async ({ page, context, keyward, folder }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("plain host"), "bookings");
  // As on a page of plain HTTP.
  await page.addInitScript(() => Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined }));
  await page.goto(`${keyward.url}/keys/${key.id}/signing`);
  await page.getByRole("button", { name: "Generate a pair in this browser" }).click();
  const pem = join(folder, "private.pem");
  const text = await save(page, "Private key, PEM", pem);
  await page.getByLabel("Label").fill("kiosk");
  await page.getByRole("button", { name: "Add signing key" }).click();
  await expect(page.getByText("The private half of kiosk is in this tab until you sign out.")).toBeVisible();
  expect(createPrivateKey(text).export({ type: "pkcs8", format: "pem" })).toBe(text);
  expect(await write(keyward, key, pem)).toBe(200);
});

test("mission E5: one's own is read from a file; a private key is stopped before it is sent", async ({ page, context, keyward, folder, expectRefusal }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("own"), "bookings");
  const [secret, pub] = [join(folder, "private.pem"), join(folder, "public.pem")];
  await run("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", secret], { PATH: process.env.PATH });
  await run("openssl", ["pkey", "-in", secret, "-pubout", "-out", pub], { PATH: process.env.PATH });
  await page.goto(`${keyward.url}/keys/${key.id}/signing`);
  await alive(page);
  const posts: string[] = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
  await page.getByLabel("Label").fill("own");
  await page.getByLabel("Read a file").setInputFiles(secret);
  await expect(page.locator("#public_key-error")).toContainText("This is a private key.");
  await expect(page.getByLabel("Public key")).toHaveValue("");
  await page.getByLabel("Public key").fill(await readFile(secret, "utf8"));
  await page.getByRole("button", { name: "Add signing key" }).click();
  await expect(page.locator("#public_key-error")).toContainText("This is a private key.");
  await expect(page.getByLabel("Public key")).toBeFocused();
  expect(posts).toEqual([]);

  await writeFile(join(folder, "nonsense"), "nonsense");
  await page.getByLabel("Read a file").setInputFiles(join(folder, "nonsense"));
  expectRefusal(422);
  await page.getByRole("button", { name: "Add signing key" }).click();
  await expect(page.locator("#public_key-error")).toContainText("neither a public key in PEM");
  await expect(page.getByLabel("Public key")).toHaveValue("nonsense");
  await expect(page.getByLabel("Label")).toHaveValue("own");
  await looksRight(page, "signing keys refused");
  await page.getByLabel("Read a file").setInputFiles(pub);
  await page.getByRole("button", { name: "Add signing key" }).click();
  await expect(page.locator(".lines li")).toContainText("own");
  expect(await write(keyward, key, secret)).toBe(200);

  await page.getByRole("button", { name: "Retire own…" }).click();
  await looksRight(page, "retire a request signing key");
  await page.getByLabel("Signatures by its private half are refused").selectOption("24h");
  await page.getByRole("button", { name: "Retire", exact: true }).click();
  await expect(page.locator(".lines li")).toContainText("Counts until");
});
