// What assistive technology is told of each page, compared with what was kept, and how fast and steady pages appear.

import type { Page, TestInfo } from "@playwright/test";
import { type Keyward, alive, expect, pages, test } from "../fixtures";

test.describe.configure({ timeout: 180_000 });

/** What differs from run to run becomes a word. */
const steady = (tree: string, keyward: Keyward) =>
  tree
    .replaceAll(keyward.url, "ORIGIN")
    .replace(/\/\S+\/master\.key/g, "MASTER-KEY")
    .replace(/owner[ +][0-9a-f]{6}/g, "OWNER")
    .replace(/kw_\w{16}_…\w{4}/g, "MASK")
    .replace(/[\w-]{40,}/g, "LONG")
    .replace(/\b[0-9A-Za-z]{16}\b/g, "ID")
    .replace(/kw_\w{4}…_…\w{4}/g, "MASK")
    .replace(/\d{1,2} \w{3} \d{4}(, \d{2}:\d{2})?( [A-Z]{3,4}(\+\d+)?)?/g, "DATE")
    .replace(/\d{4}-\d{2}-\d{2}T[\d:]+Z/g, "INSTANT")
    .replace(/\d{4}-\d{2}-\d{2}/g, "DAY")
    .replace(/\b\d{1,2}:\d{2}\b/g, "TIME")
    .replace(/(in )?\d+ (seconds?|s|min|h|hours?|days?)( ago)?/g, "SPAN")
    .replace(/just now/g, "SPAN")
    .replace(/\/url: \/icons.*\n/g, "")
    .replace(/\d+\.\d+ (kB|MB)/g, "SIZE");

/** Compares what a page tells with what was kept. */
async function tellsTheSame(page: Page, keyward: Keyward, name: string): Promise<void> {
  const tree = steady(await page.locator("main").ariaSnapshot(), keyward);
  expect.soft(tree, name).toMatchSnapshot(`${name}.txt`);
}

test("every page tells the same to assistive technology as before", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  const key = await bare.issue("Turnstile 4", "bookings.read");
  // The chain is walked now, not when its turn in the background comes.
  await page.goto(`${bare.url}/audit`);
  await page.getByRole("button", { name: "Verify now" }).click();
  await expect(page.getByText(/The chain is whole up to event \d/).first()).toBeVisible();
  for (const [name, path] of pages(key.id)) {
    await page.goto(bare.url + path);
    await alive(page);
    await tellsTheSame(page, bare, name);
  }

  await page.goto(`${bare.url}/keys`);
  await alive(page);
  await page.getByLabel(`Select ${key.name}`).check();
  await page.getByRole("button", { name: "Archive…" }).first().click();
  await expect(page.getByRole("heading", { name: "Archive 1 key?" })).toBeVisible();
  await alive(page);
  await tellsTheSame(page, bare, "bulk");

  await bare.archive(key);
  await page.goto(`${bare.url}/keys/${key.id}/purge`);
  await alive(page);
  await tellsTheSame(page, bare, "purge-key");
});

test("so do the pages before there is anybody, or any key", async ({ page, bare }) => {
  await page.goto(await bare.setupLink());
  await expect(page.getByRole("button", { name: "Show password" })).toBeVisible();
  await tellsTheSame(page, bare, "setup");
  await bare.addAdmin();
  await page.goto(`${bare.url}/sign-in`);
  await expect(page.getByLabel("Email")).toBeFocused();
  await tellsTheSame(page, bare, "sign-in");
  await bare.signIn(page.context());
  await page.goto(`${bare.url}/keys`);
  await alive(page);
  await tellsTheSame(page, bare, "no-keys");
});

test("so do the pages of a new installation", async ({ page, fresh }) => {
  await fresh.addAdmin();
  await fresh.signIn(page.context());
  for (const [name, path] of [["first-run", "/overview"], ["no-scopes", "/settings/scopes"], ["new-key-no-scopes", "/keys/new"]]) {
    await page.goto(fresh.url + path);
    await alive(page);
    await tellsTheSame(page, fresh, name);
  }
});

interface Vitals {
  lcp: number;
  cls: number;
  tbt: number;
}

/** Largest paint and blocked time in milliseconds, and the sum of what shifted. */
async function vitals(page: Page, url: string): Promise<Vitals> {
  await page.goto(url);
  await alive(page);
  await page.waitForTimeout(500);
  return page.evaluate(() => (window as unknown as { vitals: Vitals }).vitals);
}

function record(info: TestInfo, name: string, { lcp, cls, tbt }: Vitals): void {
  const description = `${name}: LCP ${Math.round(lcp)} ms, CLS ${cls.toFixed(3)}, TBT ${Math.round(tbt)} ms`;
  info.annotations.push({ type: "vitals", description });
  console.log(description);
}

test("pages appear at once and stay where they are", async ({ page, bare }, info) => {
  await bare.addAdmin();
  await bare.seed(200);
  await bare.signIn(page.context());
  const key = await bare.issue("Turnstile 4", "bookings.read");
  await page.addInitScript(() => {
    const vitals = { lcp: 0, cls: 0, tbt: 0 };
    Object.assign(window, { vitals });
    const watch = (type: string, note: (entry: PerformanceEntry) => void) =>
      new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
    watch("largest-contentful-paint", (entry) => (vitals.lcp = entry.startTime));
    watch("layout-shift", (entry) => {
      const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
      vitals.cls += shift.hadRecentInput ? 0 : shift.value;
    });
    watch("longtask", (entry) => (vitals.tbt += Math.max(0, entry.duration - 50)));
  });
  for (const path of ["/keys", `/keys/${key.id}`, "/keys/new", "/hygiene", "/audit"]) {
    const seen = await vitals(page, bare.url + path);
    record(info, path.replace(key.id, ":id"), seen);
    // What moves under the reader is a fault, however fast the machine.
    expect.soft(seen.cls, `${path} stays where it is`).toBeLessThan(0.1);
    expect.soft(seen.lcp, `${path} is painted`).toBeGreaterThan(0);
  }
});
