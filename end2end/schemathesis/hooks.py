"""What schemathesis leaves out: the calls by which the calling key would take its own authority away. Every later call would
be answered with 401."""

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
