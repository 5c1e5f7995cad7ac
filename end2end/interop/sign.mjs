// Signs requests with an implementation of RFC 9421 that is not ours. Takes the private key's file as its argument and
// a list of requests ({method, url, headers, fields, params}) on standard input; prints each one's headers, signed.

import { createSigner, httpbis } from "http-message-signatures";
import { readFileSync } from "node:fs";

const key = createSigner(readFileSync(process.argv[2]), "ecdsa-p256-sha256", "a-key");
const requests = JSON.parse(readFileSync(0, "utf8"));
const signed = requests.map(async ({ fields, params, ...request }, number) => {
  const paramValues = { nonce: `nonce-${number}` };
  return (await httpbis.signMessage({ key, name: "theirs", fields, params, paramValues }, request)).headers;
});
console.log(JSON.stringify(await Promise.all(signed)));
