# Asks whether the key in $KEYWARD_KEY may do something.
import json, os, urllib.error, urllib.request

request = urllib.request.Request(
    "https://keys.example.com/forward-auth?scope=bookings.read",
    headers={"Authorization": "Bearer " + os.environ["KEYWARD_KEY"]},
)
try:
    with urllib.request.urlopen(request, timeout=5) as answer:
        print("valid", answer.headers["X-Keyward-Key-Name"])
except urllib.error.HTTPError as refused:
    print(refused.code, json.load(refused)["code"])
