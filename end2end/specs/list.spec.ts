// The list of keys with one, with many and with too many to see: words, filters, orders, pages, columns, and one act on
// many keys.

import { alive, expect, looksRight, row, test, unique } from "../fixtures";

test.describe.configure({ mode: "parallel", timeout: 120_000 });

test("many keys: searched, narrowed, sorted and paged, all of it in the address", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.seed(120);
  await bare.signIn(page.context());
  await page.goto(`${bare.url}/keys`);
  await alive(page);
  const rows = page.locator("tr[data-row]");
  await expect(rows).toHaveCount(50);
  await looksRight(page, "many keys");

  await page.getByRole("link", { name: "Next" }).click();
  await expect(page).toHaveURL(/after=/);
  await expect(rows).toHaveCount(50);
  const second = await rows.first().innerText();
  await page.goBack();
  await expect(rows).toHaveCount(50);
  await page.goForward();
  await expect(rows.first()).toHaveText(second, { useInnerText: true });

  await page.getByRole("searchbox").fill("lob kio");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=lob\+kio/);
  await expect(rows.locator("mark").first()).toBeVisible();
  for (const name of await rows.locator("th a").allInnerTexts()) {
    expect(name).toMatch(/Lobby kiosk/);
  }

  await page.goto(`${bare.url}/keys`);
  await page.getByRole("link", { name: "Expires", exact: true }).click();
  await expect(page.getByRole("columnheader", { name: "Expires" })).toHaveAttribute("aria-sort", "ascending");
  await expect(rows.first(), "what has expired comes last").toContainText(/in \d+ (days|h)/);
  await page.getByRole("link", { name: "Expires", exact: true }).click();
  await expect(page.getByRole("columnheader", { name: "Expires" })).toHaveAttribute("aria-sort", "descending");

  await page.getByRole("button", { name: "Status" }).click();
  await page.getByRole("link", { name: /^Off/ }).click();
  await expect(page).toHaveURL(/status=off/);
  await expect(rows.first()).toContainText("Off");
  await page.getByRole("button", { name: "More filters" }).click();
  await page.getByRole("textbox", { name: "Scope" }).fill("maps.read");
  await page.getByLabel("Not limited to addresses").check();
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await expect(page).toHaveURL(/status=off.*scope=maps.read.*only=any_address|only=any_address/);
  await page.getByRole("link", { name: "Clear" }).click();
  await expect(page).toHaveURL(/\/keys\?sort=-expires$/);

  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByLabel("Created by").check();
  await page.getByLabel("Last 24 h").uncheck();
  await page.getByRole("button", { name: "Show these" }).click();
  await expect(page.getByRole("columnheader", { name: "Created by" })).toBeVisible();
  await page.goto(`${bare.url}/keys`);
  await expect(page.getByRole("columnheader", { name: "Created by" })).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Last 24 h" })).toHaveCount(0);
});

test("search follows what is typed, keeps what stands together, and marks and says what it found", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  for (const [name, scope] of [["Team-9 kiosk", "bookings.read"], ["Team-8 kiosk", "maps.read"], ["Annex 9 team", "bookings.write"]]) {
    await bare.issue(name, scope);
  }
  await page.goto(`${bare.url}/keys?status=any`);
  await alive(page);
  const rows = page.locator("tr[data-row]");
  const search = page.getByRole("searchbox");
  const count = page.getByRole("navigation", { name: "Pages" }).getByRole("status");
  await expect(count).toHaveText("1\u20133 of 3");
  await search.pressSequentially("team-9");
  await expect(rows).toHaveCount(1);
  await expect(page).toHaveURL(`${bare.url}/keys?q=team-9&status=any`);
  await expect(rows.locator("mark")).toHaveText(["Team-9"]);
  await expect(count, "it is announced").toHaveText("1 of 1");
  await expect(search).toBeFocused();
  await search.press("Enter");
  await expect(search, "Enter leaves the focus").toBeFocused();
  await expect(rows.locator("mark"), "the page is the same one").toHaveCount(1);
  await looksRight(page, "keys found");
  await rows.getByRole("checkbox").check();
  await expect(page.getByLabel("All 1 that match")).toBeVisible();
  await rows.getByRole("checkbox").uncheck();

  await search.fill("scope:maps kiosk");
  await expect(rows).toHaveCount(1);
  await expect(rows.locator(".found"), "where it is not in sight, it is said").toHaveText("Scope maps.read");
  await search.fill("ings.wri");
  await expect(rows.locator("mark")).toHaveText(["ings.wri"]);
  await search.fill("status:off");
  await expect(page.getByRole("heading", { name: "No key matches" })).toBeVisible();
  await expect(page.getByRole("table")).toBeHidden();
  await looksRight(page, "no key found");
  await search.fill("");
  await expect(rows).toHaveCount(3);
  await expect(page).toHaveURL(`${bare.url}/keys?status=any`);
  await search.fill("annex");
  await expect(rows).toHaveCount(1);
  await rows.getByRole("link", { name: "Annex 9 team" }).click();
  await page.getByLabel("Breadcrumb").getByRole("link", { name: "Keys", exact: true }).click();
  await expect(page, "the way back leads to what was typed").toHaveURL(`${bare.url}/keys?q=annex&status=any`);
});

test("a search keeps keys out of the address, orders and ticks in step, and says when nobody answered", async ({ page, bare, expectRefusal }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  const key = await bare.issue("Front kiosk", "maps.read");
  await bare.issue("Back door", "maps.read");
  await page.goto(`${bare.url}/keys`);
  await alive(page);
  const rows = page.locator("tr[data-row]");
  const search = page.getByRole("searchbox");
  await page.getByLabel("Select all on this page").check();
  await search.fill(key.token);
  await expect(rows).toHaveCount(1);
  await expect(page.getByLabel("Select all on this page"), "other rows are not ticked").not.toBeChecked();
  await expect(page).toHaveURL(`${bare.url}/keys?q=${key.token.split("_").slice(0, 2).join("_")}`);
  await page.setViewportSize({ width: 375, height: 720 });
  await search.fill("kiosk");
  await expect(rows.locator("mark")).toHaveText(["kiosk"]);
  await page.getByRole("button", { name: "Sort" }).click();
  await page.getByRole("link", { name: "By name", exact: true }).click();
  await expect(page).toHaveURL(`${bare.url}/keys?q=kiosk&sort=name`);
  await alive(page);
  await page.route("**/keys?q=door*", (route) => route.fulfill({ status: 503, body: "" }));
  expectRefusal(503);
  await search.fill("door");
  await expect(page.getByText("The search was not answered.")).toBeVisible();
  await page.unroute("**/keys?q=door*");
  await search.press("Enter");
  await expect(rows).toHaveText([/Back door/]);
});

test("pages lead on and back, and say which of how many keys they show", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.seed(130);
  await bare.signIn(page.context());
  await page.goto(`${bare.url}/keys?sort=expires`);
  const pages = page.getByRole("navigation", { name: "Pages" });
  await expect(pages).toContainText(/1\u201350 of \d+, without \d+ archived/);
  await pages.getByRole("button", { name: "50 on a page" }).click();
  await pages.getByRole("link", { name: "25 on a page" }).click();
  await expect(pages).toContainText("1\u201325 of");
  const first = await page.locator("tr[data-row] th a").allInnerTexts();
  await expect(pages.getByRole("link", { name: "Previous" })).toHaveCount(0);
  await pages.getByRole("link", { name: "Next" }).click();
  await expect(pages).toContainText("26\u201350 of");
  await pages.getByRole("link", { name: "Next" }).click();
  await expect(pages).toContainText("51\u201375 of");
  await pages.getByRole("link", { name: "Previous" }).click();
  await expect(pages).toContainText("26\u201350 of");
  await pages.getByRole("link", { name: "Previous" }).click();
  await expect(pages).toContainText("1\u201325 of");
  expect(await page.locator("tr[data-row] th a").allInnerTexts()).toEqual(first);
  await pages.getByRole("link", { name: /archived/ }).click();
  await expect(pages).toContainText("1\u201325 of 130");
});

test("mission C3: a key's row says what it is and how it stands", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  const key = await bare.issueFor("10d", "Turnstile 4", "gates.open");
  await bare.use(key);
  await expect(async () => {
    await page.goto(`${bare.url}/keys?col=owner&col=tenant&col=group&col=scopes&col=use&col=last&col=created&col=creator&col=expires&col=status`);
    await expect(row(page, key.name).locator(".c-last")).toHaveText("just now", { timeout: 100 });
  }).toPass({ timeout: 10_000 });
  const line = row(page, key.name);
  for (const words of ["gates.open", "default", "command line", /in (9|10) days/, "Expires soon"]) {
    await expect(line).toContainText(words);
  }
  await expect(line.getByRole("link", { name: "1 call in 24 h" })).toBeVisible();
  await looksRight(page, "every column");
});

test("many keys at once: asked first, carried out with a count, told one by one", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.seed(130);
  await bare.signIn(page.context());
  const open = async (query = "") => {
    await page.goto(`${bare.url}/keys${query}`);
    await alive(page);
  };
  await open();
  await expect(page.getByRole("button", { name: "Archive…" }).first()).toBeHidden();
  await page.getByLabel("Select all on this page").check();
  await expect(page.getByText("50 selected")).toBeVisible();
  await page.getByRole("button", { name: "Clear selection" }).click();
  await expect(page.getByText("50 selected")).toBeHidden();
  await expect(page.locator("tr[data-row] th a").first(), "the focus is not lost").toBeFocused();
  const boxes = page.locator("tr[data-row] input[name=key]");
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await expect(page.getByText("2 selected")).toBeVisible();
  await looksRight(page, "keys selected");

  await page.getByRole("button", { name: "Switch off" }).first().click();
  await expect(page.getByRole("heading", { name: "Switch off 2 keys?" })).toBeVisible();
  await alive(page);
  await looksRight(page, "bulk asked");
  const sure = page.getByLabel("Number of keys");
  if (await sure.count()) {
    await sure.fill("2");
  }
  await page.getByRole("button", { name: "Switch off 2 keys" }).click();
  await expect(page.getByRole("link", { name: "Back to the keys" })).toBeFocused();
  await page.getByRole("button", { name: "Switch them on again" }).click();
  await expect(page.getByRole("heading", { name: "2 keys switched on" })).toBeVisible();

  await open("?q=kiosk");
  const matching = Number((await page.locator(".pager").innerText()).match(/of (\d+)/)?.[1]);
  await boxes.nth(0).check();
  await page.getByLabel(/that match/).check();
  await page.getByRole("button", { name: "Archive…" }).first().click();
  await expect(page.getByRole("heading", { name: `Archive ${matching} keys?` })).toBeVisible();
  await alive(page);
  await page.getByLabel("Why").selectOption("superseded");
  if (await sure.count()) {
    await sure.fill(String(matching));
  }
  await page.getByRole("button", { name: `Archive ${matching} keys` }).click();
  await expect(page.getByRole("status").filter({ hasText: `${matching} keys are archived.` })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${matching} keys archived`);
  await expect(page.getByRole("region", { name: "Each key" }).getByText("Is archived.")).toHaveCount(matching);
  await expect(page.getByRole("button", { name: `Archive ${matching} keys` }), "it is not asked again").toBeHidden();
  await looksRight(page, "bulk done");
  await page.getByRole("link", { name: "Back to the keys" }).click();
  await expect(page.getByRole("heading", { name: "No key matches" })).toBeVisible();

  await open("?owner=team-3");
  await page.getByRole("button", { name: "Archive everything of this owner…" }).click();
  await expect(page.getByRole("heading", { name: /^Archive \d keys?\?/ })).toBeVisible();
});

test("hygiene: what somebody should look at, and what mends it", async ({ page, bare }) => {
  await bare.addAdmin();
  await bare.signIn(page.context());
  await page.goto(`${bare.url}/hygiene`);
  await expect(page.getByText("Nothing to do.")).toBeVisible();
  await alive(page);
  await looksRight(page, "hygiene clean");
  await bare.seed(60);
  await page.reload();
  const stale = page.getByRole("region", { name: "Never used in 7 days" });
  await expect(stale.getByRole("listitem")).toHaveCount(5);
  await looksRight(page, "hygiene");
  await page.getByRole("region", { name: "Not limited to addresses" }).getByRole("link", { name: /^List addresses/ }).first().click();
  await expect(page).toHaveURL(/\/edit#addresses$/);
  await expect(page.locator("#addresses"), "it is unfolded").toBeInViewport();
  await page.goBack();
  await alive(page);
  await stale.getByRole("link", { name: /^Archive/ }).first().click();
  await expect(page.getByRole("dialog")).toContainText("You can undo it for 10 minutes");
  await page.getByRole("button", { name: "Cancel" }).click();
  await stale.getByRole("button", { name: "Archive all…" }).click();
  await expect(page.getByRole("heading", { name: /^Archive \d+ keys\?/ })).toBeVisible();
});

test("the way back from a key leads to the list as it was", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  const key = await keyward.issue(unique("way back"), "maps.read");
  const list = `${keyward.url}/keys?q=${encodeURIComponent(key.name)}&status=any`;
  await page.goto(list);
  await row(page, key.name).getByRole("link", { name: key.name }).first().click();
  await page.getByRole("link", { name: "Edit…" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Edit ${key.name}`);
  await page.getByLabel("Breadcrumb").getByRole("link", { name: "Keys", exact: true }).click();
  await expect(page).toHaveURL(list);
});

test("every setting is a line of one page", async ({ page, context, keyward }) => {
  await keyward.signIn(context);
  await page.goto(`${keyward.url}/keys`);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Settings");
  await expect(page.getByRole("main").getByRole("link")).toHaveText(["Tenants", "Groups", "Identities", "Scopes", "Templates", "Policy", "People", "Jobs"]);
  await looksRight(page, "settings");
});
