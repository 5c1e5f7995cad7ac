// The recipes in server/deploy/recipes, run as they are, with this server's address and ids in place of the ones they name.

import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Keyward, expect, run, test as base, unique } from "../fixtures";

const RECIPES = fileURLToPath(new URL("../../server/deploy/recipes/", import.meta.url));
const PYTHON = fileURLToPath(new URL("../.venv/bin/python", import.meta.url));

/** What recipes call the address, the scope and a series. */
const ADDRESS = "https://keys.example.com";
const SCOPE = "bookings.read";
const SERIES = "0123456789ABCDEF";

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "recipe-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
});

const env = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, HOME: process.env.HOME, ...more });

/** Whether a program is there, as asking for its version shows. */
const has = (program: string, ...version: string[]) => run(program, version, env({})).then(() => true, () => false);

/** A request of a program with a key of Keyward's own. */
async function api(keyward: Keyward, token: string, path: string): Promise<{ status: string; id: string; owner: string }> {
  const answer = await fetch(`${keyward.local}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status, path).toBe(200);
  return answer.json();
}

/** Whether a token opens something. */
async function opens(keyward: Keyward, token: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${keyward.local}/forward-auth?scope=${SCOPE}`, { headers })).status === 200;
}

for (const [file, program, ...before] of [
  ["verify.sh", "sh"],
  ["verify.py", "python3"],
  ["verify.mjs", "node"],
  ["verify.go", "go", "run"],
]) {
  test(`${file} tells whether a key may do something`, async ({ keyward, folder }) => {
    // Debian's Go is too large to be installed for this alone.
    test.skip(program === "go" && !(await has("go", "version")), "Go is not installed");
    test.setTimeout(120_000);
    const text = (await readFile(join(RECIPES, file), "utf8")).replaceAll(ADDRESS, keyward.local);
    for (const [scope, said] of [
      [SCOPE, /^(200|valid Lobby kiosk)$/m],
      ["lockers.read", /403|insufficient_scope/],
    ] as const) {
      await writeFile(join(folder, file), text.replaceAll(SCOPE, scope));
      const key = await keyward.issue("Lobby kiosk", SCOPE);
      const ended = await run(program, [...before, join(folder, file)], env({ KEYWARD_KEY: key.token }));
      expect(ended, file).toMatchObject({ code: 0, stderr: "" });
      expect(ended.stdout.trim()).toMatch(said);
    }
  });
}

test("rotate.sh rotates what expires soon, and what has no file yet", async ({ keyward, folder }) => {
  const calling = await keyward.issue(unique("ci"), "keyward.keys.read", "keyward.keys.write");
  const key = await keyward.issue(unique("rotated"), SCOPE);
  await writeFile(join(folder, "ci.key"), `${calling.token}\n`);
  const file = join(folder, "kiosk.token");
  const rotate = (series: string, ...more: string[]) => {
    const settings = { KEYWARD_URL: keyward.local, KEYWARD_API_KEY_FILE: join(folder, "ci.key") };
    return run(join(RECIPES, "rotate.sh"), [series, file, ...more], env(settings));
  };
  const first = await rotate(key.id);
  expect(first, "without a file it rotates").toMatchObject({ code: 0, stderr: "" });
  const second = (await readFile(file, "utf8")).trim();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await opens(keyward, second)).toBe(true);
  expect(await opens(keyward, key.token), "the old one works on").toBe(true);

  expect((await rotate(key.id)).stdout, "it is good for long").toContain("is good until");
  expect((await readFile(file, "utf8")).trim()).toBe(second);
  expect(await rotate(key.id, "365", "1h"), "it expires within a year").toMatchObject({ code: 0, stderr: "" });
  const third = (await readFile(file, "utf8")).trim();
  expect(third).not.toBe(second);
  expect((await api(keyward, calling.token, `/keys/${key.id}/current`)).id).toBe(third.split("_")[1]);

  const refused = await rotate("0000000000000000");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("not_found");
  expect(refused.stderr, "no token is said").not.toContain(calling.token);
  expect((await readFile(file, "utf8")).trim(), "the file stays").toBe(third);
  expect((await run(join(RECIPES, "rotate.sh"), [], env({}))).code).toBe(2);
});

test("external-secrets.yaml asks for what makes a Secret", async ({ keyward }) => {
  const calling = await keyward.issue(unique("cluster"), "keyward.keys.write");
  const key = await keyward.issue(unique("rotated"), SCOPE);
  const read = "import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)";
  const yaml = await readFile(join(RECIPES, "external-secrets.yaml"), "utf8");
  const [held, { spec: webhook }, { spec: wanted }] = JSON.parse((await run(PYTHON, ["-c", read], env({}), yaml)).stdout);
  expect(held.metadata.name, "the webhook reads this Secret").toBe(webhook.secrets[0].secretRef.name);
  // The operator's templates: a name of the list of secrets, and a key of that Secret.
  const filled = (text: string, values: Record<string, string>) => text.replace(/\{\{ \.(\S+) \}\}/g, (_, name) => values[name]);
  const caller = { "caller.token": calling.token };
  const refresh = async (): Promise<string> => {
    const answer = await fetch(webhook.url.replace(ADDRESS, keyward.local).replace(SERIES, key.id), {
      method: webhook.method,
      headers: Object.fromEntries(Object.entries<string>(webhook.headers).map(([name, text]) => [name, filled(text, caller)])),
      body: filled(webhook.body, caller),
    });
    expect(answer.status).toBe(201);
    expect(webhook.result.jsonPath, "the whole of the answer, whose keys templates name").toBe("$");
    return filled(wanted.target.template.data.KEYWARD_KEY, await answer.json());
  };
  const [second, third] = [await refresh(), await refresh()];
  expect(await opens(keyward, second), "the one before works on").toBe(true);
  expect(await opens(keyward, third)).toBe(true);
});

test("the Terraform recipe makes a key, keeps its token out of the state, and archives it", async ({ keyward, folder }) => {
  const calling = await keyward.issue(unique("infrastructure"), "keyward.keys.read", "keyward.keys.write");
  await cp(join(RECIPES, "terraform"), folder, { recursive: true });
  const settings = env({ KEYWARD_URL: keyward.local, KEYWARD_API_KEY: calling.token, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" });
  const main = await readFile(join(folder, "main.tf"), "utf8");
  const program = (await has("terraform", "version")) ? "terraform" : (await has("tofu", "version")) ? "tofu" : undefined;
  const file = join(folder, "kiosk");
  /** Runs what the recipe's file runs, by Terraform where it is installed, else by hand. */
  const act = async (verb: "create" | "archive") => {
    const spec = { name: "Lobby kiosk", owner: "Front desk", scopes: [SCOPE], expires: "90d" };
    const by_hand = () => run("python3", [join(folder, "key.py"), verb, file], { ...settings, KEYWARD_KEY_SPEC: JSON.stringify(spec) });
    const command = verb === "create" ? "apply" : "destroy";
    const asked = [`-chdir=${folder}`, command, "-auto-approve", "-no-color", "-input=false", `-var=url=${keyward.local}`];
    const ended = program ? await run(program, asked, settings) : await by_hand();
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 0 });
    return ended.stdout + ended.stderr;
  };
  expect(main).toContain('"python3 ${self.input.script} create ${self.input.file}"');
  if (program) {
    expect(await run(program, [`-chdir=${folder}`, "init", "-no-color", "-input=false"], settings)).toMatchObject({ code: 0 });
  }
  const said = await act("create");
  const token = (await readFile(`${file}.token`, "utf8")).trim();
  expect((await stat(`${file}.token`)).mode & 0o777).toBe(0o600);
  expect(await opens(keyward, token)).toBe(true);
  expect(said, "no token is said").not.toContain(token);
  if (program) {
    expect(await readFile(join(folder, "terraform.tfstate"), "utf8")).not.toContain(token);
    expect(await act("create"), "nothing differs, nothing is made").toContain("0 added, 0 changed, 0 destroyed");
  }
  const id = (await readFile(`${file}.id`, "utf8")).trim();
  await act("archive");
  expect((await api(keyward, calling.token, `/keys/${id}`)).status).toBe("archived");
  await expect.poll(() => opens(keyward, token)).toBe(false);
});
