#!/usr/bin/env python3
"""Makes a key of Keyward, or archives it: the script that main.tf runs. It uses Python's own library alone.

  key.py create FILE    makes the key that KEYWARD_KEY_SPEC describes; FILE.token has its token, FILE.id its id
  key.py archive FILE   archives the key of FILE.id

KEYWARD_URL is the address of Keyward, KEYWARD_API_KEY a key with keyward.keys.write.
"""

import json
import os
import sys
import urllib.error
import urllib.request


def call(path, body):
    """Sends a POST and reads what is answered; ends with the problem's words when it is refused."""
    headers = {"Authorization": "Bearer " + os.environ["KEYWARD_API_KEY"], "Content-Type": "application/json"}
    address = os.environ["KEYWARD_URL"].rstrip("/") + "/api/v1" + path
    request = urllib.request.Request(address, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        problem = json.load(refused)
        fields = "".join(f"\n  {error['field']}: {error['message']}" for error in problem.get("errors", []))
        sys.exit(f"{path}: {problem['detail']}{fields}")


def write(path, text):
    """Writes a file that only its owner reads."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("create", "archive"):
        sys.exit(__doc__)
    _, verb, file = sys.argv
    if verb == "create":
        spec = json.loads(os.environ["KEYWARD_KEY_SPEC"])
        issued = call("/keys", spec)
        write(file + ".token", issued["token"])
        write(file + ".id", issued["key"]["id"])
        print("made the key", issued["key"]["id"])
    elif os.path.exists(file + ".id"):
        with open(file + ".id") as held:
            key = held.read().strip()
        call(f"/keys/{key}/archive", {"reason": "not_needed"})
        for path in (file + ".id", file + ".token"):
            if os.path.exists(path):
                os.remove(path)
        print("archived the key", key)


main()
