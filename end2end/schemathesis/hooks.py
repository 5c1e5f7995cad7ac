"""What schemathesis is told beside the document: how JSON Lines are sent, and what it leaves out, which are the calls by which
the calling key would take its own authority away. Every later call would be answered with 401."""

import os

import schemathesis

OWN_KEY = os.environ["KEYWARD_API_KEY"].split("_")[1]

schemathesis.serializer.alias("application/jsonl", "text/plain")


@schemathesis.hook
def filter_case(context, case):
    changes_itself = case.method != "GET" and (case.path_parameters or {}).get("id") == OWN_KEY
    body = case.body if isinstance(case.body, dict) else {}
    ways = body.get("presentations")
    shuts_it_out = isinstance(ways, list) and "bearer" not in ways
    # A change of all keys that match may match it; what such a change would do is asked all the same.
    ids = body.get("ids")
    names_it = "filter" in body or (isinstance(ids, list) and OWN_KEY in ids)
    takes_it_along = names_it and body.get("dry_run") is not True
    return not (changes_itself or shuts_it_out or takes_it_along)
