// A program on the REST API, with a client whose types openapi-typescript makes of the document. api.spec.ts makes them, checks
// this file against them and runs it on a server.

import createClient from "openapi-fetch";
import type { components, paths } from "./generated/api";

type IssuedKey = components["schemas"]["IssuedKey"];

/** A client of the server at an address, which calls with a key. */
export const client = (baseUrl: string, token: string) =>
  createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

type Client = ReturnType<typeof client>;

/** What an operation answered, or its problem as an error. */
function taken<Data, Problem>(answer: { data?: Data; error?: Problem; response: Response }): Data {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

/** Makes a key, once for each mark. */
export async function create(api: Client, name: string, mark: string): Promise<IssuedKey> {
  const body = { name, owner: "Front desk", scopes: ["bookings.read"], expires: "90d" };
  return taken(await api.POST("/api/v1/keys", { body, headers: { "Idempotency-Key": mark } }));
}

/** Asks about a token as a guarded service does. */
export async function verify(api: Client, key: string, scope: string) {
  return taken(await api.POST("/api/v1/verify", { body: { key, scope } }));
}

/** Rotates a key; the old one works on meanwhile. */
export async function rotate(api: Client, id: string, overlap: string): Promise<IssuedKey> {
  return taken(await api.POST("/api/v1/keys/{id}/rotate", { params: { path: { id } }, body: { overlap } }));
}

/** The newest generation of a series. */
export async function current(api: Client, id: string) {
  return taken(await api.GET("/api/v1/keys/{id}/current", { params: { path: { id } } }));
}

/** Edits a key, unless it changed since it was read. */
export async function describe(api: Client, id: string, description: string) {
  const { response } = await api.GET("/api/v1/keys/{id}", { params: { path: { id } } });
  const header = { "If-Match": response.headers.get("etag") ?? "" };
  return taken(await api.PATCH("/api/v1/keys/{id}", { params: { path: { id }, header }, body: { description } }));
}

/** Archives a key. */
export async function archive(api: Client, id: string) {
  const answer = await api.POST("/api/v1/keys/{id}/archive", { params: { path: { id } }, body: { reason: "superseded" } });
  return taken(answer);
}

/** The ids of all keys of an owner, page by page. */
export async function list(api: Client, owner: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { owner, status: "any" as const, sort: "oldest" as const, limit, cursor };
    const page = taken(await api.GET("/api/v1/keys", { params: { query } }));
    ids.push(...page.keys.map((key) => key.id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return ids;
}
