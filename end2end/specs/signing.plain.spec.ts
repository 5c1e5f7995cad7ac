// Signing keys without JavaScript: a public key is pasted, replaced and retired by forms alone.

import { expect, run, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 60_000 });

async function publicKey(): Promise<string> {
  const env = { PATH: process.env.PATH };
  const secret = await run("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout"], env);
  return (await run("openssl", ["pkey", "-pubout"], env, secret.stdout)).stdout;
}

test("mission E5 without JavaScript: paste, replace, retire", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("plain"), "bookings");
  await page.goto(`${keyward.url}/keys/${key.id}`);
  await page.getByRole("link", { name: "Signing keys" }).click();
  for (const what of ["Generate a pair in this browser", "Copy fingerprint"]) {
    await expect(page.getByRole("button", { name: what }), "what needs a script is not there").toHaveCount(0);
  }
  await expect(page.getByText("openssl ecparam")).toBeVisible();
  for (const label of ["old", "new"]) {
    await page.getByLabel("Label").fill(label);
    await page.getByLabel("Public key").fill(await publicKey());
    if (label === "new") {
      await page.getByLabel("Retire the signing keys before it").selectOption("1h");
    }
    await page.getByRole("button", { name: "Add signing key" }).click();
    await expect(page.locator(".lines li").first()).toContainText(label);
  }
  const items = page.locator(".lines li");
  await expect(items.first()).toContainText("Counts");
  await expect(items.last()).toContainText("Counts until");
  await page.getByRole("button", { name: "Retire old…" }).click();
  await page.getByRole("button", { name: "Retire", exact: true }).click();
  await expect(items.last()).toContainText("Retired ");
});
