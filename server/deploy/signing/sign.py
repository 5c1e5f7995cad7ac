#!/usr/bin/env python3
"""Sends a signed request (RFC 9421, ecdsa-p256-sha256); needs the package cryptography.

  KEYWARD_KEY=kw_… KEYWARD_SIGNING_KEY=private.pem sign.py [--print] METHOD URL [BODY-FILE]

--print prints the three headers and sends nothing; then KEYWARD_KEY is not needed.
"""

import base64
import hashlib
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

try:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils
except ImportError:
    sys.exit("This needs the package cryptography: pip install cryptography, or apt install python3-cryptography")


def signed_headers(private_key, method, url, body):
    """The headers that sign this request: once, now."""
    parts = urlsplit(url)
    # As it goes over the wire: the host in lower case, without its scheme's own port.
    authority = parts.netloc.lower().removesuffix({"http": ":80", "https": ":443"}[parts.scheme])
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    components = {
        "@method": method,
        "@authority": authority,
        "@path": parts.path or "/",
        "@query": "?" + parts.query,
        # Without a body, the digest of nothing: an endpoint that does not see bodies cannot tell.
        "content-digest": digest,
    }
    names = " ".join(f'"{name}"' for name in components)
    parameters = f'({names});created={int(time.time())};nonce="{secrets.token_hex(16)}";alg="ecdsa-p256-sha256"'
    lines = [f'"{name}": {value}' for name, value in components.items()]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    # The library gives DER; the standard wants r and s, 32 octets each.
    r, s = utils.decode_dss_signature(private_key.sign(base.encode(), ec.ECDSA(hashes.SHA256())))
    signature = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    return {
        "Content-Digest": digest,
        "Signature-Input": f"keyward={parameters}",
        "Signature": f"keyward=:{signature}:",
    }


def main(arguments):
    only_print = arguments[:1] == ["--print"]
    arguments = arguments[only_print:]
    if len(arguments) not in (2, 3) or urlsplit(arguments[1]).scheme not in ("http", "https"):
        sys.exit(__doc__)
    method, url = arguments[0], arguments[1].split("#")[0]
    body = b""
    if len(arguments) == 3:
        with open(arguments[2], "rb") as file:
            body = file.read()
    with open(os.environ["KEYWARD_SIGNING_KEY"], "rb") as file:
        private_key = serialization.load_pem_private_key(file.read(), None)
    if not isinstance(private_key, ec.EllipticCurvePrivateKey) or private_key.curve.name != "secp256r1":
        sys.exit(f"{os.environ['KEYWARD_SIGNING_KEY']} is not a P-256 key")

    headers = signed_headers(private_key, method, url, body)
    if only_print:
        print("\n".join(f"{name}: {value}" for name, value in headers.items()))
        return
    request = urllib.request.Request(url, body or None, headers, method=method)
    # Not to be sent on to where a redirect leads.
    request.add_unredirected_header("Authorization", f"Bearer {os.environ['KEYWARD_KEY']}")
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    print(answer.status, file=sys.stderr)
    sys.stdout.buffer.write(answer.read())
    sys.exit(answer.status >= 400)


if __name__ == "__main__":
    main(sys.argv[1:])
