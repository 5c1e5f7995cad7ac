// Every page at the widths that windows have, in the usual font and in a wide one. A page is loaded once and resized in
// place, so that this stays cheap. Names are as long as people make them.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { FONTS, type Key, type Keyward, alive, expect, pages, test } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 180_000 });

const WIDTHS = [320, 375, 600, 700, 768, 900, 1024, 1280, 1440, 1920];

/** In pixels: `--measure` of style/tokens.css. */
const MEASURE = 640;

/** What is wrong with the page as it is laid out now, each fault once. Runs in the browser. */
function faults([width, measure]: [number, number]): string[] {
  const found = new Set<string>();
  const root = document.documentElement;
  const called = (element: Element) => `${element.localName}.${[...element.classList].join(".")} “${element.textContent?.trim().slice(0, 40)}”`;
  const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => element.checkVisibility({ visibilityProperty: true }));
  const rows = (elements: Element[]) => {
    const centres = elements.map((element) => element.getBoundingClientRect()).map((box) => Math.round((box.top + box.bottom) / 20));
    return [...new Set(centres)].map((row) => centres.filter((centre) => centre === row).length);
  };

  if (root.scrollWidth > root.clientWidth) {
    const wide = all("body *").filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1).pop();
    found.add(`the page scrolls sideways: ${wide && called(wide)}`);
  }
  const bottom = Math.round(Math.max(...all(".app, main").map((element) => element.getBoundingClientRect().bottom + scrollY)));
  if (root.scrollHeight > Math.max(innerHeight, bottom)) {
    found.add(`the page is ${root.scrollHeight - Math.max(innerHeight, bottom)} px taller than what is in it`);
  }

  /** What there is to know of an element for the sake of the text in it: asked of each once, from the outside in. */
  interface Place {
    /** The nearest box that cuts what is in it on purpose, or scrolls by itself. */
    cut: Element | null;
    /** From where to where all such boxes show it. */
    left: number;
    right: number;
    /** Whether it stays in sight while the page scrolls, over what is there. */
    floats: boolean;
    /** How far a line may be longer than its box: a space that is kept hangs beyond its end. */
    hang: number;
  }
  const places = new Map<Element, Place>();
  const place = (element: Element): Place => {
    let known = places.get(element);
    if (!known) {
      const { overflowX, position, whiteSpace } = getComputedStyle(element);
      const above = element.parentElement && element.localName !== "main" ? place(element.parentElement) : { cut: null, left: -Infinity, right: Infinity, floats: false };
      const [cuts, box] = [overflowX !== "visible" && element.localName !== "main", element.getBoundingClientRect()];
      known = {
        cut: cuts ? element : above.cut,
        left: cuts ? Math.max(above.left, box.left) : above.left,
        right: cuts ? Math.min(above.right, box.right) : above.right,
        floats: above.floats || ["fixed", "sticky"].includes(position),
        hang: whiteSpace.startsWith("pre") ? 8 : 1,
      };
      places.set(element, known);
    }
    return known;
  };

  // Text and the boxes that hold it.
  const CARDS = ".panel, .banner, .tiles > div, .field, .btn, .chip, .timeline > li, .lines > li, .checks > li, td, th, dd, summary";
  const texts: Array<{ box: DOMRect; parent: Element; words: string }> = [];
  const walker = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const [parent, words] = [node.parentElement, node.nodeValue?.trim() ?? ""];
    if (!parent || !words || !parent.checkVisibility({ visibilityProperty: true }) || parent.closest(".hide, .tip, svg, select, option, script, [popover], dialog")) {
      continue;
    }
    const card = parent.closest(CARDS);
    const { cut, left: from, right: to, hang } = place(parent);
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      const [left, right] = [Math.max(line.left, from), Math.min(line.right, to)];
      if (left < right) {
        texts.push({ box: new DOMRect(left, line.top, right - left, line.height), parent, words });
      }
      const held = cut && card?.contains(cut);
      const edge = card?.getBoundingClientRect();
      if (card && edge && !held && (line.right > edge.right + hang || line.left < edge.left - 1 || line.bottom > edge.bottom + 2)) {
        found.add(`text leaves ${called(card)}: “${words.slice(0, 40)}”`);
      }
    }
    if (parent.closest("dd")) {
      for (const { index, 0: word } of (node.nodeValue ?? "").matchAll(/[^\s/.:@-]+/g)) {
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        if (word.length < 16 && range.getClientRects().length > 1) {
          found.add(`a value breaks inside a word: ${word}`);
        }
      }
    }
  }

  for (const button of all("main .btn:not(.copy)").filter((button) => !place(button).floats && !button.closest("[popover]"))) {
    const [box, { left, right }] = [button.getBoundingClientRect(), place(button)];
    const edge = { left: Math.max(box.left, left), right: Math.min(box.right, right), top: box.top, bottom: box.bottom };
    for (const { box, parent, words } of texts.filter(({ parent }) => !button.contains(parent) && !place(parent).floats)) {
      const [across, down] = [Math.min(edge.right, box.right) - Math.max(edge.left, box.left), Math.min(edge.bottom, box.bottom) - Math.max(edge.top, box.top)];
      if (across > 1 && down > 2) {
        found.add(`${called(button)} covers “${words.slice(0, 40)}” in ${called(parent)}`);
      }
    }
  }

  for (const control of all("main :is(input, select, textarea).input")) {
    if (control.offsetWidth > measure) {
      found.add(`#${control.id || control.getAttribute("name")} is ${control.offsetWidth} px wide`);
    }
  }

  // A chart fills its card, however high what stands beside it is, and makes it no higher.
  for (const chart of all(".panel > .body .chart")) {
    const [drawn, body] = [chart.getBoundingClientRect(), chart.closest(".body")?.getBoundingClientRect()];
    const below = chart.nextElementSibling?.getBoundingClientRect().bottom ?? drawn.bottom;
    if (drawn.height > 480 || (body && body.bottom - below > 24)) {
      found.add(`a chart of ${drawn.height} px leaves ${body && body.bottom - below} px of its card empty`);
    }
  }

  const filters = all("[aria-label=Filters] .btn").filter((button) => !button.closest("[popover]"));
  if (width >= 600 && filters.length > 0) {
    const toolbar = rows([...filters, ...all(".toolbar :is(.search, .btn)").filter((button) => !button.closest("[popover], [aria-label=Filters]"))]);
    if (toolbar.length > 2) {
      found.add(`the filters take ${toolbar.length} rows`);
    }
    if (rows(filters).length > 1 && rows(filters).includes(1)) {
      found.add("a filter is alone on its row");
    }
  }
  for (const chip of all(".c-scopes .chip.code")) {
    const verb = chip.lastChild?.nodeType === Node.TEXT_NODE ? chip.lastChild : null;
    if (verb) {
      range.setStart(verb, (verb.nodeValue?.lastIndexOf(".") ?? 0) + 1);
      range.setEnd(verb, verb.nodeValue?.length ?? 0);
    }
    if (chip.scrollWidth > chip.clientWidth || (verb && range.getClientRects().length > 1)) {
      found.add(`the scope ${chip.textContent} is cut`);
    }
  }
  // One that may scroll sideways is not cut.
  for (const table of all(".table-wrap").filter((table) => getComputedStyle(table).overflowX === "clip")) {
    if (table.scrollWidth > table.clientWidth) {
      found.add(`a table is cut: ${table.scrollWidth} of ${table.clientWidth} px`);
    }
  }
  return [...found];
}

/** Resizes the page and collects what is wrong with it. */
async function fits(page: Page, name: string): Promise<void> {
  await test.step(`${name} fits`, async () => {
    const wrong: string[] = [];
    for (const font of [null, FONTS[0]]) {
      await page.evaluate((font) => document.documentElement.style.setProperty("--font", font && `"${font}"`), font);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        const found = await page.evaluate(faults, [width, MEASURE] as [number, number]);
        wrong.push(...found.map((fault) => `${width} px${font ? `, ${font}` : ""}: ${fault}`));
      }
    }
    expect.soft(wrong, name).toEqual([]);
  });
}

const PHONE = { width: 375, height: 720 };

/** Sees that the bar over ticked rows, and under it the headings, stay where they are while the list scrolls. */
async function staysInSight(page: Page): Promise<void> {
  for (const [width, top] of [[1280, 0], [768, 56]]) {
    await page.setViewportSize({ width, height: 800 });
    await page.evaluate(() => scrollTo(0, 900));
    const [bar, heading] = [page.locator("#bulk"), page.getByRole("columnheader", { name: "Key" })];
    const [over, under] = [await bar.boundingBox(), await heading.boundingBox()];
    expect(over?.y, `the bar sticks (${width} wide)`).toBe(top);
    expect(over?.height, `the bar is one line (${width} wide)`).toBeLessThanOrEqual(34);
    expect(under?.y, `the headings stick (${width} wide)`).toBe(top + (over?.height ?? 0));
  }
}

const OWNER = "facility-management-notifications@university.example.com";

/** Keys with long names, long scopes and long owners, and somebody with a long address who changed one of them. */
async function fill(page: Page, keyward: Keyward): Promise<{ key: Key; archived: Key }> {
  await keyward.addPerson(OWNER, "superadmin");
  await keyward.done(["policy", "edit", "keys_per_owner=1000"]);
  await keyward.done(["tenants", "create", "name=university", "prefix=uni"]);
  await keyward.done(["groups", "create", "name=Reading rooms of the central library"]);
  await keyward.done(["identities", "create", "name=Booking kiosk in the entrance hall"]);
  await keyward.done(["templates", "create", "name=Seminar room display"]);
  await keyward.seed(30);
  const key = await keyward.issueTo(OWNER, "90d", "Seminar room display on the second floor of the north wing", "maps.read", "spaces.read");
  await keyward.issueTo(OWNER, "20d", "Export", "occupancy_statistics.export", "bookings.read", "bookings.write", "people.read");
  await keyward.done(["keys", "create", "--name", "Everything for the migration of the old building management", "--owner", OWNER, "--scope", "public", "--reason", "The migration in December"]);
  const archived = await keyward.issue("Old display", "maps.read");
  await keyward.archive(archived);
  await keyward.signIn(page.context(), OWNER);
  for (const to of ["off", "on"]) {
    const answer = await page.request.post(`${keyward.url}/keys/${key.id}/switch`, { headers: { origin: keyward.url }, form: { to }, maxRedirects: 0 });
    expect(answer.status()).toBe(303);
  }
  await keyward.use(key);
  // Refused for as many reasons, so that what lists them is longer than what stands beside it.
  for (const [token, scope] of [[key.token, "doors.open"], [archived.token, "any"], ["nonsense", "any"], [`kw_${"a".repeat(16)}_${"b".repeat(38)}`, "any"]]) {
    await fetch(`${keyward.local}/forward-auth?scope=${scope}`, { headers: { authorization: `Bearer ${token}` } });
  }
  return { key, archived };
}

/** Everything a superadmin can open, in two halves for two workers. */
const walk = (key: Key, archived: Key): Array<[string, string]> => [
  ...pages(key.id),
  ["purge", `/keys/${archived.id}/purge`],
  ["settings", "/settings"],
  ["reference", "/reference"],
  ["about", "/about"],
  ["new person", "/settings/people/new"],
  ...["tenants", "groups", "identities", "scopes", "templates"].map((kind): [string, string] => [`new, ${kind}`, `/settings/${kind}/new`]),
];

for (const half of [0, 1]) {
  test(`every page fits every width, half ${half + 1}`, async ({ page, bare }) => {
    const { key, archived } = await fill(page, bare);
    // The overview comes last: what was called is counted by then.
    for (const [name, path] of walk(key, archived).filter((_, at) => at % 2 === half).reverse()) {
      await page.goto(bare.url + path);
      await alive(page);
      await fits(page, name);
      if (name === "keys") {
        await page.getByLabel("Select all on this page").check();
        await fits(page, "keys, ticked");
        await staysInSight(page);
      } else if (name === "key") {
        await page.setViewportSize(PHONE);
        const [access, calls] = await Promise.all(["Access", "Calls"].map((name) => page.getByRole("heading", { name, exact: true }).boundingBox()));
        expect(access?.y, "Access comes first on a phone").toBeLessThan(calls?.y ?? 0);
      } else if (["new-key", "edit-key", "policy", "new person"].includes(name)) {
        await page.setViewportSize(PHONE);
        await expect(page.locator(".save .primary"), "the form's button is in sight on a phone").toBeInViewport({ ratio: 1 });
      }
      // The first of each list of the settings, unless the list is its own form.
      const entry = page.locator('.entries a[href^="/settings/"]').first();
      if (await entry.count()) {
        await page.goto(bare.url + (await entry.getAttribute("href")));
        await alive(page);
        await fits(page, `${name}, one of them`);
        const address = page.url();
        for (const ask of ["switch", "delete"]) {
          const link = page.locator(`main a[href$="/${ask}"]`).first();
          if (await link.count()) {
            await link.click();
            await alive(page);
            await fits(page, `${name}, ${ask}`);
            await page.goto(address);
          }
        }
      }
    }
  });
}

test("pages of a new installation fit every width", async ({ page, fresh }) => {
  await fresh.addAdmin();
  await fresh.signIn(page.context());
  for (const path of ["/overview", "/keys/new", "/settings/scopes", "/settings/identities"]) {
    await page.goto(fresh.url + path);
    await alive(page);
    await fits(page, `${path} of a new installation`);
  }
});

test("pages before the sign-in fit every width, and no page is forgotten", async ({ page, bare }) => {
  await page.goto(await bare.setupLink());
  await fits(page, "setup");
  await page.goto(`${bare.url}/sign-in`);
  await fits(page, "sign in");

  // What is no page: it leads elsewhere, or answers with data.
  const OTHER = ["/", "/audit/export", "/keys/export", "/live", "/api/console"];
  const source = await readFile(fileURLToPath(new URL("../../app/src/routes.rs", import.meta.url)), "utf8");
  const routes = [...source.matchAll(/\/\/\/ (.*)\npub const \w+: &str = "(\/[^"]*)"/g)];
  const known = [...walk({ id: "ID" } as Key, { id: "ID" } as Key).map(([, path]) => path), "/setup", "/sign-in", "/settings/tenants/ID", "/settings/identities/ID/switch", "/settings/people/ID/switch", "/settings/groups/ID/delete"];
  const forgotten = routes
    .filter(([, words, path]) => !words.includes("(POST)") && !OTHER.includes(path))
    .filter(([, , path]) => !known.some((known) => new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}(\\?|$)`).test(known)));
  expect(routes.length).toBeGreaterThan(30);
  expect(forgotten.map(([, , path]) => path)).toEqual([]);
});
