// What every spec stands on: a server of its own, people and keys in it, a browser whose console has to stay empty, and
// one look at a page that no person takes: by axe, in both colour schemes, on a desk and on a phone.

import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, type Page, expect as quick, test as base } from "@playwright/test";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Patient with a busy machine; what is slower than this is broken. */
export const expect = quick.configure({ timeout: 10_000 });

/** The program under test. KEYWARD_PROGRAM names another build of it. */
const PROGRAM = process.env.KEYWARD_PROGRAM ?? fileURLToPath(new URL("../target/debug/keyward", import.meta.url));

/** Where the server is, unless a project says otherwise. */
const LOCAL = "127.0.0.1";

/** Whoever signs in where the sign-in is not what is tried. */
export const EMAIL = "ops@example.com";
export const PASSWORD = "seven quiet lanterns drift";

/** A name that no other test uses, so that tests can share a server. */
export const unique = (word: string) => `${word} ${randomBytes(3).toString("hex")}`;

/** How a command ended, and what it said. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A key as the command line makes it. */
export interface Key {
  id: string;
  name: string;
  token: string;
}

/** Runs a program to its end. */
export function run(program: string, args: string[], env: NodeJS.ProcessEnv, input = ""): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { env });
    const ended: Ended = { code: null, stdout: "", stderr: "" };
    child.stdout.on("data", (data) => (ended.stdout += data));
    child.stderr.on("data", (data) => (ended.stderr += data));
    child.on("error", failed);
    child.on("close", (code) => done({ ...ended, code }));
    // A program that reads nothing may be gone already.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** A port that nobody listens on. */
function free(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? done(address.port) : failed(new Error("no port"))));
    });
  });
}

/** A running server with a data folder of its own. */
export class Keyward {
  private said = "";
  private readonly sessions = new Map<string, { name: string; value: string }>();

  private constructor(
    readonly url: string,
    /** The same server for whoever knows no name of it. */
    readonly local: string,
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly child: ChildProcess,
  ) {
    child.stdout?.on("data", (data) => (this.said += data));
    child.stderr?.on("data", (data) => (this.said += data));
  }

  /** Starts it, with nobody in it and the sample sets in its catalog, and waits until it is ready. */
  static async start(settings: NodeJS.ProcessEnv = {}, host = LOCAL): Promise<Keyward> {
    const keyward = await Keyward.fresh(settings, host);
    await keyward.done(["catalog", "samples", "booking-panel", "map-kiosk"]);
    await keyward.done(["scopes", "create", "name=public", "sentence=Opens everything but Keyward itself.", "risk=high"]);
    return keyward;
  }

  /** The same as a new installation begins, with nothing in its catalog. */
  static async fresh(settings: NodeJS.ProcessEnv = {}, host = LOCAL): Promise<Keyward> {
    const folder = await mkdtemp(join(tmpdir(), "keyward-"));
    const [port, ops] = [await free(), await free()];
    const [url, local] = [`http://${host}:${port}`, `http://${LOCAL}:${port}`];
    // Nothing is inherited: a setting of the shell would be a setting of the test.
    const env = {
      PATH: process.env.PATH,
      KEYWARD_DATA_DIR: folder,
      KEYWARD_LISTEN: `127.0.0.1:${port}`,
      KEYWARD_OPS_LISTEN: `127.0.0.1:${ops}`,
      // At a name of the house nobody has said which one it is.
      ...(host === LOCAL && { KEYWARD_PUBLIC_URL: url }),
      KEYWARD_LOG: "warn",
      ...settings,
    };
    const child = spawn(PROGRAM, ["serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
    const keyward = new Keyward(url, local, folder, env, child);
    const ready = async () => {
      if (child.exitCode !== null) {
        throw new Error(`the server ended:\n${keyward.said}`);
      }
      return fetch(`http://127.0.0.1:${ops}/readyz`).then((answer) => answer.status, () => 0);
    };
    await expect.poll(ready, { message: "the server gets ready", timeout: 30_000, intervals: [50] }).toBe(200);
    return keyward;
  }

  /** Ends it, by its own id, and forgets its data. */
  async stop(): Promise<void> {
    const gone = new Promise((done) => this.child.once("exit", done));
    if (this.child.exitCode === null && this.child.signalCode === null && this.child.pid) {
      process.kill(this.child.pid, "SIGKILL");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The link that makes the first superadmin, as the server printed it. */
  async setupLink(): Promise<string> {
    const link = () => this.said.match(/http\S+\/setup\?code=\S+/)?.[0];
    await expect.poll(link, { message: "the server prints a setup link" }).toBeTruthy();
    return (link() ?? "").replace(this.local, this.url);
  }

  /** Runs a command beside the server, on the same data. */
  cli(args: string[], input = ""): Promise<Ended> {
    return run(PROGRAM, args, this.env, input);
  }

  /** Runs a command that has to work, and gives what it said. */
  async done(args: string[], input = ""): Promise<string> {
    const ended = await this.cli(args, input);
    expect(ended, args.join(" ")).toMatchObject({ code: 0 });
    return ended.stdout;
  }

  /** Makes the superadmin. */
  addAdmin(): Promise<void> {
    return this.addPerson(EMAIL, "superadmin");
  }

  /** Makes somebody who may sign in, with the password that all have. */
  async addPerson(email: string, role: string): Promise<void> {
    await this.done(["admin", "create", "--email", email, "--role", role], PASSWORD);
  }

  /** Makes so many keys that nobody holds. */
  async seed(count: number): Promise<void> {
    await this.done(["keys", "seed", String(count)]);
  }

  /** Makes a key for 90 days. */
  issue(name: string, ...scopes: string[]): Promise<Key> {
    return this.issueFor("90d", name, ...scopes);
  }

  /** Makes a key for so long. */
  issueFor(expires: string, name: string, ...scopes: string[]): Promise<Key> {
    // Nobody holds many: an owner has few keys.
    return this.issueTo(unique("owner"), expires, name, ...scopes);
  }

  /** Makes a key for so long that somebody holds. */
  async issueTo(owner: string, expires: string, name: string, ...scopes: string[]): Promise<Key> {
    const args = ["keys", "create", "--json", "--expires", expires, "--owner", owner, "--name", name, ...scopes.flatMap((scope) => ["--scope", scope])];
    const { key, token } = JSON.parse(await this.done(args));
    return { ...key, token };
  }

  /** Archives a key. */
  async archive(key: Key): Promise<void> {
    await this.done(["keys", "archive", key.id]);
  }

  /** The keys that a search finds, archived ones too. */
  async find(words: string): Promise<Array<{ id: string; name: string; status: string }>> {
    const text = await this.done(["keys", "list", "--archived", "--json", "--search", words]);
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  /** What Keyward answers a service that asks about a token, with a key that may ask. */
  async verify(asker: Key, token: string, scope: string, address?: string): Promise<{ valid: boolean; code: string }> {
    const answer = await fetch(`${this.local}/api/v1/verify`, {
      method: "POST",
      headers: { authorization: `Bearer ${asker.token}`, "content-type": "application/json" },
      body: JSON.stringify({ key: token, scope, address }),
    });
    expect(answer.status).toBe(200);
    return answer.json();
  }

  /** Uses a key once, as a proxy does. */
  async use(key: Key): Promise<void> {
    const answer = await fetch(`${this.local}/forward-auth?scope=any`, { headers: { authorization: `Bearer ${key.token}` } });
    expect(answer.status).toBe(200);
  }

  /** Uses a key once, and waits until that is written: pages that ask how a key is used know it from then on. */
  async useAndWrite(key: Key): Promise<void> {
    await this.use(key);
    const calls = async () => this.done(["keys", "usage", key.id]);
    await expect.poll(calls, { message: "the use of the key is written", timeout: 20_000 }).toMatch(/allowed +[1-9]/);
  }

  /** Signs a browser in. Passwords are slow by design, so all share one session of a person, made by the form's own POST. */
  async signIn(context: BrowserContext, email = EMAIL): Promise<void> {
    let session = this.sessions.get(email);
    if (!session) {
      const answer = await fetch(`${this.local}/sign-in`, {
        method: "POST",
        redirect: "manual",
        headers: { origin: this.local },
        body: new URLSearchParams({ email, password: PASSWORD, next: "" }),
      });
      expect(answer.status, "the sign-in leads on").toBe(303);
      const [name, value] = (answer.headers.getSetCookie()[0] ?? "").split(";")[0].split("=");
      session = { name, value };
      this.sessions.set(email, session);
    }
    await context.addCookies([{ ...session, url: this.url, httpOnly: true, sameSite: "Strict" }]);
  }
}

/** Listens to browsers. Whatever they say in their console is a mistake, but for refusals that were announced. */
class Watcher {
  readonly heard: string[] = [];
  over = false;
  private readonly announced: string[] = [];
  /** Whether the program of the page's islands is meant to die. */
  dies = false;

  listen(page: Page): void {
    page.on("pageerror", (error) => {
      if (!(this.dies && /unreachable|RuntimeError/.test(error.stack ?? error.message))) {
        this.heard.push(`error: ${error.stack ?? error.message}`);
      }
    });
    page.on("console", (message) => {
      const text = message.text();
      // Without JavaScript nobody waits for what is fetched ahead; with it, a busy machine may come to it late. That it is
      // fetched once is counted elsewhere.
      const ahead = text.includes("was preloaded using link preload but not used");
      // Said of every sign-out.
      const ends = ['Cleared data types: "storage".', "Not supported for insecure origins."];
      const cleared = text.startsWith("Clear-Site-Data header on") && ends.some((end) => text.endsWith(end));
      // Said of every page over plain HTTP at a name.
      const plain = text.startsWith("The Cross-Origin-Opener-Policy header has been ignored");
      if (this.over || ahead || cleared || plain) {
        return;
      }
      // However often: a page may ask by itself meanwhile.
      if (!this.announced.some((start) => text.startsWith(start))) {
        this.heard.push(`${message.type()}: ${text} (${message.location().url})`);
      }
    });
  }

  announce(what: number | "offline"): void {
    const line = what === "offline" ? "net::ERR_INTERNET_DISCONNECTED" : `the server responded with a status of ${what} `;
    this.announced.push(`Failed to load resource: ${line}`);
  }
}

interface Workers {
  /** The name under which browsers know the server. */
  host: string;
  keyward: Keyward;
}

interface Fixtures {
  /** A server without anybody, for this test alone. */
  bare: Keyward;
  /** The same with nothing in its catalog. */
  fresh: Keyward;
  watcher: Watcher;
  /** Announces that the server will refuse a request with this status, once: a browser says so in its console. */
  expectRefusal: (what: number | "offline") => void;
  /** Another browser, signed in as well. */
  another: () => Promise<Page>;
}

export const test = base.extend<Fixtures, Workers>({
  host: [LOCAL, { option: true, scope: "worker" }],
  keyward: [
    async ({ host }, use) => {
      const keyward = await Keyward.start({}, host);
      await keyward.addAdmin();
      // Whichever tests meet here, one person makes keys for all of them.
      await keyward.done(["policy", "edit", "keys_per_owner=1000"]);
      await use(keyward);
      await keyward.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  bare: async ({ watcher, host }, use) => {
    const keyward = await Keyward.start({}, host);
    await use(keyward);
    // What a page was still loading, it may miss.
    watcher.over = true;
    await keyward.stop();
  },
  fresh: async ({ watcher, host }, use) => {
    const keyward = await Keyward.fresh({}, host);
    await use(keyward);
    watcher.over = true;
    await keyward.stop();
  },
  watcher: async ({}, use) => {
    const watcher = new Watcher();
    await use(watcher);
    expect(watcher.heard, "browsers say nothing in their console").toEqual([]);
  },
  expectRefusal: async ({ watcher }, use) => use((what) => watcher.announce(what)),
  page: async ({ page, watcher }, use) => {
    watcher.listen(page);
    await use(page);
  },
  another: async ({ browser, keyward, watcher }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext();
      contexts.push(context);
      await keyward.signIn(context);
      const page = await context.newPage();
      watcher.listen(page);
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

/** Waits until the page's islands live: the one that every page has says so. */
export async function alive(page: Page): Promise<void> {
  await expect(page.locator("html[data-alive]")).toHaveCount(1);
}

/** Opens the form for a new key and waits until it lives: its summary then follows what is typed. */
export async function openForm(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/keys/new`);
  await formAlive(page);
}

/** Waits until the form lives. */
export async function formAlive(page: Page): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill("trial");
  await expect(page.locator(".sentence")).toContainText("trial");
  await page.getByLabel("Name", { exact: true }).fill("");
}

/** The field for scopes that are typed; it is called otherwise before any key holds a scope. */
export const scopesField = (page: Page) => page.getByRole("textbox", { name: /^(More scopes|Scopes)$/ });

/** Makes a key with the form, and stays where its secret is shown. */
export async function createKey(page: Page, url: string, name: string, scopes: string) {
  await openForm(page, url);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await scopesField(page).fill(scopes);
  await page.getByRole("button", { name: "Create key" }).click();
  const dialog = page.getByRole("dialog", { name: "Store this key now" });
  await expect(dialog).toBeVisible();
  return dialog;
}

/** The row of a key in the list. */
export const row = (page: Page, name: string) => page.locator("tr[data-row]").filter({ hasText: name });

/** The pages for someone who may do everything, by the names of their trees, for a live key. */
export const pages = (id: string): Array<[string, string]> => [
  ["overview", "/overview"],
  ["keys", "/keys"],
  ["no-match", "/keys?q=nothing+like+it"],
  ["new-key", "/keys/new"],
  ["key", `/keys/${id}`],
  ["edit-key", `/keys/${id}/edit`],
  ["rotate-key", `/keys/${id}/rotate`],
  ["archive-key", `/keys/${id}/archive`],
  ["signing-keys", `/keys/${id}/signing`],
  ["hygiene", "/hygiene"],
  ["jobs", "/jobs"],
  ["why", "/why"],
  ["audit", "/audit"],
  ["tenants", "/settings/tenants"],
  ["groups", "/settings/groups"],
  ["users", "/settings/identities"],
  ["scopes", "/settings/scopes"],
  ["templates", "/settings/templates"],
  ["policy", "/settings/policy"],
  ["people", "/settings/people"],
  ["gateway", "/settings/gateway"],
];

/** What axe looks at, and what of it depends on colours. */
const COLOURS = ["color-contrast", "link-in-text-block"];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 375, height: 720 };

/** The other widths at which nothing scrolls sideways: a small phone, the desk at 200 %, a wide screen. */
const WIDTHS = [320, DESK.width / 2, 2560];

/** A wide font and a narrow one; setup.sh makes sure of both. */
export const FONTS = ["DejaVu Sans", "Liberation Sans Narrow"];

/** Sees that nothing of a page is beside the window. */
async function fits(page: Page, name: string): Promise<void> {
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect.soft(wide, `${name} is no wider than the window`).toBeLessThanOrEqual(seen);
}

/** Takes a picture for the gallery, if GALLERY names a folder: of the whole page, or of the window where a dialog is over it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env.GALLERY) {
    const fullPage = await page.evaluate(() => !document.querySelector("dialog[open]:modal"));
    await page.screenshot({ path: join(process.env.GALLERY, `${name.replaceAll(" ", "-")}.png`), fullPage });
  }
}

/** Has the bars at the window's edges lie where they are written, or where the page's style has them again. */
const bars = (page: Page, position: string) =>
  page.evaluate((position) => {
    for (const bar of document.querySelectorAll<HTMLElement>(".save, .topbar")) {
      bar.style.position = position;
    }
  }, position);

/**
 * Looks at a page in this state: no rule of axe is broken in either colour scheme, on a desk or on a phone, and nothing
 * scrolls sideways, there and at three more widths. The gallery gets the pictures.
 */
export async function looksRight(page: Page, name: string): Promise<void> {
  await base.step(`${name} looks right`, async () => {
    const looks = [
      // For the gallery alone.
      ...(process.env.GALLERY ? [{ colorScheme: "light", size: PHONE, place: "phone-light", colours: true } as const] : []),
      { colorScheme: "dark", size: PHONE, place: "phone", colours: false },
      // The last look sees the same but for its colours.
      { colorScheme: "dark", size: DESK, place: "dark", colours: true },
      { colorScheme: "light", size: DESK, place: "light", colours: false },
    ] as const;
    for (const { colorScheme, size, place, colours } of looks) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await fits(page, `${name} (${place})`);
      const axe = new AxeBuilder({ page }).options({ preload: false, resultTypes: ["violations"] });
      colours ? axe.withRules(COLOURS) : axe.withTags(RULES);
      // What the bars at the window's edges cover comes out from under them as one scrolls.
      await bars(page, "static");
      // The other mode opens a page of its own, which would take the focus from this one.
      const { violations } = await axe.setLegacyMode(true).analyze();
      await bars(page, "");
      const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id} at ${node.target}: ${node.failureSummary}`));
      expect.soft(found, `axe on ${name} (${place})`).toEqual([]);
      await picture(page, `${name}-${place}`);
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: DESK.height });
      await fits(page, `${name} (${width} wide)`);
    }
    // Whatever letters a system has: the widest and the narrowest of the usual ones.
    await page.setViewportSize({ width: WIDTHS[0], height: DESK.height });
    for (const font of FONTS) {
      await page.evaluate((font) => document.documentElement.style.setProperty("--font", `"${font}"`), font);
      await fits(page, `${name} (${WIDTHS[0]} wide, in ${font})`);
    }
    await page.evaluate(() => document.documentElement.style.removeProperty("--font"));
    await page.setViewportSize(DESK);
  });
}
