#!/usr/bin/env bash
# Rotates a key before it expires and hands its new token on, for cron or a pipeline:
#
#   KEYWARD_URL=https://keys.example.com KEYWARD_API_KEY_FILE=/etc/keyward/ci.key \
#     rotate.sh SERIES FILE [DAYS [OVERLAP]]
#
# SERIES is the id of the key's first generation; it stays the same however often the key is rotated. The new token is written
# to FILE, mode 600, in one step. Nothing is done while the newest generation is good for more than DAYS (default 14). The old
# token works on for OVERLAP (default 24h), so that services can read the file again in their own time.
#
# The calling key holds keyward.keys.read and keyward.keys.write, and whatever of Keyward's own scopes the rotated key holds.
# Needs curl and python3. Exit codes: 0 done, or nothing to do; 1 refused; 2 called wrongly.
set -euo pipefail
umask 077

(($# >= 2)) || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
series=$1 file=$2 days=${3:-14} overlap=${4:-24h}
: "${KEYWARD_URL:?the address of Keyward}" "${KEYWARD_API_KEY_FILE:?the file with the key that calls}"

# Sends a request. The calling key goes to curl by standard input: other users see a command's arguments.
api() {
  local method=$1 path=$2
  shift 2
  printf 'header = "Authorization: Bearer %s"\n' "$(<"$KEYWARD_API_KEY_FILE")" |
    curl --config - --silent --show-error --fail-with-body --max-time 30 --request "$method" "$@" "$KEYWARD_URL/api/v1$path"
}
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)["'"$1"'"] or "")'; }
refused() { echo "rotate.sh: $1: $2" >&2; exit 1; }

current=$(api GET "/keys/$series/current") || refused "the key was not found" "$current"
expires=$(field expires_at <<<"$current") id=$(field id <<<"$current")
left() { python3 -c 'import datetime as d, sys
print((d.datetime.fromisoformat(sys.argv[1].replace("Z", "+00:00")) - d.datetime.now(d.timezone.utc)).days)' "$1"; }
if [[ -s $file && ( -z $expires || $(left "$expires") -ge $days ) ]]; then
  echo "The key $id is good until ${expires:-it is archived}."
  exit 0
fi

# Sent twice, it is done once: the mark is the generation that is replaced.
issued=$(api POST "/keys/$id/rotate" --header "Idempotency-Key: rotate-$id" --json "{\"overlap\": \"$overlap\"}") ||
  refused "the key was not rotated" "$issued"
token=$(field token <<<"$issued")
[[ -n $token ]] || refused "it was rotated before, and the token was shown then" "rotate the newest generation once more"
printf '%s\n' "$token" >"$file.new"
mv -f "$file.new" "$file"
echo "The key $id was rotated; it works on for $overlap."
