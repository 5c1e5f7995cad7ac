// The REST API held against its own document: every example is sent, every answer fits its schema, a client that was made of
// the document works, and schemathesis finds nothing.

import Ajv2020 from "ajv/dist/2020.js";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as program from "../client/journey";
import { type Key, Keyward, expect, run, test, unique } from "../fixtures";

const here = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

interface Media {
  schema: { $ref: string };
  example: unknown;
}
interface Operation {
  operationId: string;
  description: string;
  tags: string[];
  parameters: Array<{ name: string; in: string }>;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object };
}

/** The document of a server. */
const documentOf = async (keyward: Keyward): Promise<Document> =>
  (await fetch(`${keyward.local}/api/v1/openapi.json`)).json();

/** A key of Keyward's own with every scope that the document asks for, and across tenants. */
async function caller(keyward: Keyward, document: Document): Promise<Key> {
  const scopes = JSON.stringify(document).match(/keyward\.[a-z]+(\.[a-z]+)?(?=`)/g) ?? [];
  return keyward.issue(unique("caller"), ...new Set(scopes), "keyward.verify", "keyward.any_tenant");
}

/** Operations in an order in which each finds what it needs: what makes things, then what reads, then what takes away. */
const ORDER = ["post", "get", "patch", "delete"];

test("every example is sent, and every answer fits its schema", async ({ bare }) => {
  test.setTimeout(60_000);
  const document = await documentOf(bare);
  const { token } = await caller(bare, document);
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "document", components: document.components });
  const fits = (value: unknown, media: Media | undefined, what: string) => {
    const check = ajv.compile({ $ref: `document${media?.schema.$ref}` });
    expect(check(value), `${what}: ${ajv.errorsText(check.errors)}`).toBe(true);
  };
  /** Sends a body as JSON, or a text as JSON Lines. */
  const send = async (method: string, path: string, body?: unknown) => {
    const type = typeof body === "string" ? "application/jsonl" : "application/json";
    const headers = { authorization: `Bearer ${token}`, "content-type": type, "if-match": "*" };
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(bare.local + path, { method, headers, body: text });
    const said = await answer.text();
    const isJson = answer.headers.get("content-type")?.endsWith("json");
    return { status: answer.status, json: isJson ? JSON.parse(said) : undefined };
  };
  const makeKey = async (): Promise<string> => {
    const body = { name: unique("key"), owner: unique("owner"), scopes: ["bookings.read"], expires: "90d" };
    return (await send("POST", "/api/v1/keys", body)).json.key.id;
  };
  /** Starts an import of so many keys. */
  const startJob = async (lines: number): Promise<string> => {
    const line = (place: number) => JSON.stringify({ name: "old", owner: `${unique("old")} ${place}`, scopes: ["a"], expires: "90d", key: unique(`old-key-${place}`) });
    const started = await send("POST", "/api/v1/keys/import", Array.from({ length: lines }, (_, place) => line(place)).join("\n"));
    return started.json.id;
  };
  // A refused request, which is explained and listed.
  const refused = await bare.issue(unique("refused"), "bookings.read");
  await fetch(`${bare.local}/forward-auth?scope=other.read`, { headers: { authorization: `Bearer ${refused.token}` } });
  await fetch(`${bare.local}/forward-auth?scope=any`, { headers: { authorization: `Bearer ${refused.token}` } });

  // What was made by the example, by the first part of its address.
  const made = new Map<string, string>();
  /** What has to be there before an operation's example works. */
  const before: Record<string, () => Promise<Record<string, string>>> = {
    purge_key: async () => {
      const id = await makeKey();
      await send("POST", `/api/v1/keys/${id}/archive`);
      return { id };
    },
    restore_key: async () => before.purge_key(),
    cut_key: async () => {
      const id = await makeKey();
      await send("POST", `/api/v1/keys/${id}/rotate`);
      return { id };
    },
    extend_key: async () => before.cut_key(),
    archive_key: async () => ({ id: await makeKey() }),
    rotate_key: async () => ({ id: await makeKey() }),
    rotate_current_key: async () => ({ id: await makeKey() }),
    add_request_signing_key: async () => ({ id: await makeKey() }),
    retire_request_signing_key: async () => {
      const id = await makeKey();
      const media = document.paths["/api/v1/keys/{id}/request-signing-keys"].post.requestBody?.content["application/json"];
      const added = await send("POST", `/api/v1/keys/${id}/request-signing-keys`, media?.example);
      return { id, signing: added.json.id };
    },
    get_job: async () => ({ id: await startJob(1) }),
    job_lines: async () => ({ id: await startJob(1) }),
    // It is not done before it is stopped.
    cancel_job: async () => ({ id: await startJob(3000) }),
    undo_job: async () => {
      const key = await bare.issue(unique("undone"), "bookings.read");
      const started = await send("POST", "/api/v1/keys/bulk", { action: "disable", filter: { q: key.id } });
      const id: string = started.json.job.id;
      await expect.poll(async () => (await send("GET", `/api/v1/jobs/${id}`)).json.status).toBe("done");
      return { id };
    },
    key_usage: async () => ({ id: refused.id }),
    key_callers: async () => ({ id: refused.id }),
  };
  const bodies: Record<string, () => unknown> = { explain: () => ({ key: refused.id, scope: "bookings.write" }) };

  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const ours = operations.filter(({ operation }) => operation.tags);
  ours.sort((one, other) => ORDER.indexOf(one.method) - ORDER.indexOf(other.method) || one.path.length - other.path.length);
  expect(ours.length).toBeGreaterThan(50);
  for (const { path, method, operation } of ours) {
    const what = `${operation.operationId} ${method} ${path}`;
    const successes = Object.entries(operation.responses).filter(([code]) => code.startsWith("2"));
    const media = successes[0][1].content?.["application/json"];
    const request = operation.requestBody?.content["application/json"];
    const lines = operation.requestBody?.content["application/jsonl"];
    if (request) {
      fits(request.example, request, `${what}: the example of its body`);
    }
    if (media) {
      fits(media.example, media, `${what}: the example of its answer`);
    }
    const ids = (await before[operation.operationId]?.()) ?? { id: made.get(operation.tags[0]) ?? "" };
    const address = path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name]);
    const answer = await send(method.toUpperCase(), address, bodies[operation.operationId]?.() ?? (request ?? lines)?.example);
    expect(successes.map(([code]) => code), `${what}: ${JSON.stringify(answer.json)}`).toContain(String(answer.status));
    if (media) {
      fits(answer.json, media, what);
    }
    if (method === "post" && !path.includes("{") && answer.status === 201) {
      made.set(operation.tags[0], answer.json.id ?? answer.json.key.id);
    }
  }
  // What tells of calls tells of these.
  for (const [path, name] of [["/api/v1/refusals", "refusals"], [`/api/v1/keys/${refused.id}/callers`, "callers"]]) {
    await expect.poll(async () => (await send("GET", path)).json[name].length, path).toBeGreaterThan(0);
  }
});

test("a client made of the document makes, verifies, rotates and archives a key, and turns pages", async ({ bare }) => {
  test.setTimeout(90_000);
  await mkdir(here("client/generated"), { recursive: true });
  await writeFile(here("client/generated/api.json"), JSON.stringify(await documentOf(bare)));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const types = [here("client/generated/api.json"), "--output", here("client/generated/api.d.ts")];
  expect(await run(here("node_modules/.bin/openapi-typescript"), types, env)).toMatchObject({ code: 0 });
  const check = await run(here("node_modules/.bin/tsc"), ["--project", here("client")], env);
  expect(check.stdout, "the journey fits the types").toBe("");

  const scopes = ["keyward.keys.read", "keyward.keys.write", "keyward.verify"];
  const api = program.client(bare.local, (await bare.issue("ci", ...scopes)).token);
  const first = await program.create(api, "Lobby kiosk", "7d3f");
  const token = first.token ?? "";
  expect(await program.verify(api, token, "bookings.read")).toMatchObject({ valid: true, code: "valid" });
  expect(await program.verify(api, token, "bookings.write")).toMatchObject({ valid: false, code: "insufficient_scope" });
  const again = await program.create(api, "Lobby kiosk", "7d3f");
  expect([again.key.id, again.token], "the same request makes no second key").toEqual([first.key.id, null]);

  expect((await program.describe(api, first.key.id, "At the entrance")).description).toBe("At the entrance");
  const second = await program.rotate(api, first.key.id, "1h");
  expect((await program.current(api, first.key.id)).id).toBe(second.key.id);
  for (const one of [token, second.token ?? ""]) {
    expect(await program.verify(api, one, "bookings.read"), "both work meanwhile").toMatchObject({ valid: true });
  }
  expect((await program.archive(api, first.key.id)).status).toBe("archived");
  await expect
    .poll(async () => (await program.verify(api, token, "bookings.read")).code, "it is refused within a second")
    .toBe("archived");

  const more = await Promise.all([1, 2, 3].map((place) => program.create(api, `Kiosk ${place}`, `more-${place}`)));
  const ids = [first, second, ...more].map((issued) => issued.key.id);
  const listed = await program.list(api, "Front desk", 2);
  expect(listed.length, "each is on one page").toBe(ids.length);
  expect(new Set(listed)).toEqual(new Set(ids));
});

test("schemathesis finds nothing", async ({ bare }) => {
  test.setTimeout(240_000);
  await bare.seed(60);
  await bare.addAdmin();
  await bare.addPerson("member@example.com", "member");
  const { token } = await caller(bare, await documentOf(bare));
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    KEYWARD_API_KEY: token,
    SCHEMATHESIS_HOOKS: here("schemathesis/hooks.py"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const config = ["--config-file", here("schemathesis/schemathesis.toml")];
  const ended = await run(here(".venv/bin/schemathesis"), [...config, "run", "--no-color", `${bare.local}/api/v1/openapi.json`], env);
  expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(0);
  expect(ended.stdout, "it has sent enough").toMatch(/[0-9]{4} generated/);
  // The calling key was not locked out on the way: what came last was held against the rules as well.
  const answer = await fetch(`${bare.local}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } });
  expect((await answer.json()).role).toBe("superadmin");
});
