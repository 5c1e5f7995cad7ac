// Checks JWTs as a service would that knows nothing of Keyward but its published keys: with another library, offline.
// Reads {keys, issuer, audience, now, tokens} from standard input; writes what each token came to, in order, and the
// thumbprint of each key.

import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from "jose";
import { text } from "node:stream/consumers";

const { keys, issuer, audience, now, tokens } = JSON.parse(await text(process.stdin));
const published = createLocalJWKSet({ keys });
const options = { issuer, audience, typ: "at+jwt", algorithms: ["ES256"], currentDate: new Date(now) };
const check = (token) =>
  jwtVerify(token, published, options).then(
    ({ payload, protectedHeader }) => ({ payload, header: protectedHeader }),
    (error) => ({ refused: error.code }),
  );

const thumbprints = await Promise.all(keys.map((key) => calculateJwkThumbprint(key)));
console.log(JSON.stringify({ thumbprints, results: await Promise.all(tokens.map(check)) }));
