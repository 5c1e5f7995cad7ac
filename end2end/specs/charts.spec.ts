// Charts of calls: periods, the card of a bar, and the way from a bar to its calls, by pointer, keyboard and finger, and
// without JavaScript.

import { alive, expect, looksRight, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 90_000 });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a bar says what it stands for and leads to its calls", async ({ page, context, keyward }) => {
      await keyward.signIn(context);
      const key = await keyward.issue(unique("charted"), "rooms");
      await fetch(`${keyward.local}/forward-auth?scope=doors`, { headers: { authorization: `Bearer ${key.token}` } });
      await keyward.useAndWrite(key);

      await page.goto(`${keyward.url}/keys?q=${encodeURIComponent(key.name)}`);
      const trend = page.getByRole("link", { name: /^2 calls in 24 h/ });
      await expect(trend.locator(".tip")).toHaveCSS("opacity", "0");
      await trend.hover();
      await expect(trend.locator(".tip")).toHaveCSS("opacity", "1");
      await trend.click();
      await expect(page).toHaveURL(`${keyward.url}/keys/${key.id}?period=day#calls`);

      const calls = page.getByRole("region", { name: "Calls", exact: true });
      await calls.getByRole("link", { name: "7 d", exact: true }).click();
      const bars = calls.getByRole("list", { name: "Bar by bar" }).getByRole("link");
      await expect(bars).toHaveCount(28);
      await bars.last().hover();
      await expect(bars.last().locator(".tip")).toHaveCSS("opacity", "1");
      await expect(bars.last().locator(".tip")).toHaveText(/, \d\d:00 .*1 allowed.*1 refused/);
      if (javaScriptEnabled) {
        await alive(page);
        await looksRight(page, "key with calls of 7 days");
        // One tab stop, and the arrow keys from bar to bar.
        await bars.last().focus();
        await page.keyboard.press("ArrowLeft");
        await expect(bars.nth(26)).toBeFocused();
        await expect(bars.nth(26).locator(".tip")).toHaveCSS("opacity", "1");
        await expect(calls.locator("[data-bars] a[tabindex='0']")).toHaveCount(1);
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("Enter");
      } else {
        await calls.getByText("As a table").click();
        await calls.getByRole("rowheader").last().getByRole("link").click();
      }
      await expect(page).toHaveURL(/\?period=week&at=\d{4}-\d\d-\d\dT\d\d:00:00Z#calls$/);
      await expect(bars).toHaveCount(6);
      await expect(calls.getByRole("heading", { name: "Refused requests" })).toBeVisible();
      await expect(calls.getByRole("link", { name: "insufficient_scope" })).toHaveAttribute("href", /\/why\?request=/);
      if (javaScriptEnabled) {
        await looksRight(page, "key with calls of one bar");
      }
      await calls.getByRole("link", { name: "All of 7 d" }).click();
      await expect(page).toHaveURL(/\?period=week#calls$/);

      await page.goto(`${keyward.url}/overview`);
      await page.getByRole("link", { name: "1 h", exact: true }).click();
      await expect(bars).toHaveCount(60);
      await calls.getByText("As a table").click();
      await calls.getByRole("rowheader").last().getByRole("link").click();
      await expect(page).toHaveURL(/\/overview\?period=hour&at=/);
      await page.getByRole("region", { name: "Busiest keys" }).getByRole("link", { name: key.name }).click();
      await expect(page, "the time is kept").toHaveURL(new RegExp(`/keys/${key.id}\\?period=hour&at=`));
    });
  });
}

test.describe("with a finger", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 375, height: 800 } });

  test("a first tap on a bar shows its card, the next one follows it", async ({ page, context, keyward }) => {
    await keyward.signIn(context);
    const key = await keyward.issue(unique("tapped"), "rooms");
    await keyward.useAndWrite(key);
    await page.goto(`${keyward.url}/keys/${key.id}`);
    await alive(page);
    const bar = page.getByRole("list", { name: "Bar by bar" }).getByRole("listitem").nth(3);
    await bar.tap();
    await expect(bar.locator(".tip")).toHaveCSS("opacity", "1");
    await expect(page).toHaveURL(`${keyward.url}/keys/${key.id}`);
    await bar.tap();
    await expect(page).toHaveURL(/\?period=day&at=/);
  });
});
