// A key's creation in Firefox, at a name of the house over plain HTTP. Playwright drives no Firefox but its own build;
// puppeteer drives the system's, over WebDriver BiDi.

import puppeteer, { type Page } from "puppeteer-core";
import { firefox } from "../browsers";
import { EMAIL, PASSWORD, expect, test as base, unique } from "../fixtures";

const test = base.extend<{ fox: Page }>({
  fox: [
    async ({ bare }, use) => {
      const browser = await puppeteer.launch({
        browser: "firefox",
        executablePath: firefox(),
        headless: true,
        defaultViewport: { width: 1280, height: 800 },
        extraPrefsFirefox: { "network.dns.localDomains": new URL(bare.url).hostname },
        timeout: 60_000,
        // On a signal puppeteer would end the whole process, before Playwright has stopped the server.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
      const heard: string[] = [];
      try {
        const page = await browser.newPage();
        page.setDefaultTimeout(10_000);
        page.on("pageerror", (error) => heard.push(`error: ${error instanceof Error ? error.stack : error}`));
        page.on("console", (message) => heard.push(`${message.type()}: ${message.text()} (${message.location().url})`));
        // Chromium says these in its console, Firefox does not.
        page.on("response", (answer) => answer.status() >= 400 && heard.push(`${answer.status()}: ${answer.url()}`));
        await use(page);
        expect(heard, "Firefox says nothing in its console").toEqual([]);
      } finally {
        const program = browser.process();
        await browser.close();
        program?.kill("SIGKILL");
      }
    },
    { timeout: 120_000 },
  ],
});

test.use({ host: "keys.lan" });
test.describe.configure({ timeout: 120_000 });

/** The first element at this path, once it can be seen. */
const find = (page: Page, path: string) => page.locator(`::-p-xpath(${path})`).setVisibility("visible");

/** An element whose text begins with these words, or whose label they are. By role and name, Firefox takes seconds to find it. */
const named = (page: Page, tag: string, words: string) =>
  find(page, `//${tag}[starts-with(normalize-space(), "${words}") or @aria-label="${words}"]`);

/** An open dialog with this title. */
const dialog = (page: Page, title: string) => named(page, "dialog[@open]", title);

/** Types into the field with this label, in place of what is there. */
async function type(page: Page, label: string, text: string): Promise<void> {
  await find(page, `//*[@id=//label[normalize-space()="${label}"]/@for]`).click({ count: 3 });
  await page.keyboard.type(text);
}

/** The text of an element; nothing while the page has none of it. */
const text = (page: Page, selector: string) => page.$eval(selector, (element) => element.textContent).catch(() => null);

test("the first superadmin makes a key in Firefox, and it works", async ({ fox, bare }) => {
  const name = unique("kiosk");

  await test.step("the one-time link makes the superadmin, who is signed in", async () => {
    await fox.goto(await bare.setupLink());
    expect(await fox.evaluate(() => isSecureContext), "the page is one over plain HTTP").toBe(false);
    await type(fox, "Email", EMAIL);
    await type(fox, "Password", PASSWORD);
    await expect.poll(() => text(fox, "#strength")).toBe("Strong");
    await named(fox, "button", "Create superadmin").click();
    await named(fox, "h2", "Finish the setup").wait();
  });

  await test.step("the form sums up what is typed", async () => {
    await named(fox, "a", "Create key").click();
    await fox.locator("html[data-alive]").wait();
    await type(fox, "Name", name);
    await type(fox, "Owner", "Front desk");
    await type(fox, "More scopes", "bookings.read");
    await named(fox, "summary", "Keyward itself").click();
    await named(fox, "input", "keyward.verify").click();
    await expect.poll(() => text(fox, ".sentence")).toContain(name);
    await expect.poll(() => text(fox, ".sentence")).toMatch(/bookings\.read.*keyward\.verify|keyward\.verify.*bookings\.read/);
    await named(fox, "button", "Create key").click();
    await dialog(fox, "Store this key now").wait();
  });

  const token = await test.step("the secret is masked until it is asked for", async () => {
    expect(await text(fox, "#once-token")).toMatch(/^kw_•+$/);
    await named(fox, "button", "Show the key").click();
    await expect.poll(() => text(fox, "#once-token")).toMatch(/^kw_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}$/);
    return (await text(fox, "#once-token")) ?? "";
  });

  await test.step("copied by hand where pages have no clipboard", async () => {
    await named(fox, "button", "Copy key").click();
    await fox.locator("::-p-text(Press Ctrl+C to copy)").wait();
    expect(await fox.evaluate(() => `${getSelection()}`)).toBe(token);
  });

  await test.step("Escape and Back ask first", async () => {
    const ways: Array<() => Promise<unknown>> = [() => fox.keyboard.press("Escape"), () => fox.evaluate(() => history.back())];
    for (const go of [...ways, ...ways]) {
      await go();
      await dialog(fox, "Leave without storing?").wait();
      await named(fox, "button", "Go back").click();
      await fox.locator("dialog[role=alertdialog]").setVisibility("hidden").wait();
      await dialog(fox, "Store this key now").wait();
      expect(fox.url()).toBe(`${bare.url}/keys/new`);
    }
  });

  const [, id, secret] = token.split("_");
  await test.step("Done waits for the tick, and leads to the key's page", async () => {
    expect(await fox.$eval("dialog[open] footer .primary", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    await named(fox, "label", "I have stored this key").click();
    await named(fox, "button", "Done").click();
    await named(fox, "h1", name).wait();
    expect(fox.url()).toBe(`${bare.url}/keys/${id}`);
  });

  await test.step("nothing of the secret is left, here or in the history", async () => {
    for (const go of [() => fox.goBack(), () => fox.goForward()]) {
      expect(await fox.content()).not.toContain(secret);
      await go();
    }
    await named(fox, "h1", name).wait();
    expect(await fox.content()).not.toContain(secret);
  });

  await test.step("the list has the key", async () => {
    await named(fox, "a", "Keys").click();
    await named(fox, "h1", "Keys").wait();
    await expect.poll(() => text(fox, "tr[data-row]")).toContain(name);
    expect(await text(fox, "tr[data-row]")).toContain("Front desk");
    expect(await text(fox, "tr[data-row] .c-state")).toBe("Active");
  });

  await test.step("the key opens its door, and no other", async () => {
    // It may ask about itself.
    const key = { id, name, token };
    expect(await bare.verify(key, token, "bookings.read")).toMatchObject({ valid: true, code: "valid" });
    expect(await bare.verify(key, token, "bookings.write")).toMatchObject({ valid: false, code: "insufficient_scope" });
  });
});
