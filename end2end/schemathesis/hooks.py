"""What schemathesis leaves out: the calls by which the calling key would take its own authority away. Every later call would
be answered with 401. And how JSON Lines are sent."""

import os

import schemathesis

OWN_KEY = os.environ["KEYWARD_API_KEY"].split("_")[1]


@schemathesis.hook
def filter_case(context, case):
    changes_itself = case.method != "GET" and (case.path_parameters or {}).get("id") == OWN_KEY
    body = case.body if isinstance(case.body, dict) else {}
    ways = body.get("presentations")
    shuts_it_out = isinstance(ways, list) and "bearer" not in ways
    return not (changes_itself or shuts_it_out)


@schemathesis.hook
def map_case(context, case):
    # All keys that match may be the calling one: what would be done to them is found out, and not done.
    if case.path == "/api/v1/keys/bulk" and isinstance(case.body, dict) and "filter" in case.body:
        if case.body.get("dry_run", False) is False:
            case.body["dry_run"] = True
    return case


@schemathesis.serializer("application/jsonl")
def json_lines(context, value):
    # What is no text is sent as bytes that are none.
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else b"\xff"
