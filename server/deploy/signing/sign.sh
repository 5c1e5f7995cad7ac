#!/usr/bin/env bash
# Sends a signed request (RFC 9421, ecdsa-p256-sha256) with nothing but curl and openssl:
#
#   KEYWARD_KEY=kw_… KEYWARD_SIGNING_KEY=private.pem sign.sh [--print] METHOD URL [BODY-FILE [CURL-OPTION…]]
#
# --print prints the three headers and sends nothing; then KEYWARD_KEY is not needed.
set -euo pipefail
export LC_ALL=C

usage() {
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

print=
if [[ ${1-} == --print ]]; then
  print=yes
  shift
fi
(($# >= 2)) || usage
method=$1 url=${2%%#*} body=${3:-/dev/null}
shift $(($# < 3 ? $# : 3))
: "${KEYWARD_SIGNING_KEY:?the file with your private key, in PEM}"
[[ -n $print ]] || : "${KEYWARD_KEY:?the token of your key}"

# The URL's parts as they go over the wire: the host in lower case, without its scheme's own port.
[[ $url =~ ^(https?)://([^/?]+)([^?]*)(\?.*)?$ ]] || usage
scheme=${BASH_REMATCH[1]} authority=${BASH_REMATCH[2]} path=${BASH_REMATCH[3]:-/} query=${BASH_REMATCH[4]:-?}
authority=$(tr '[:upper:]' '[:lower:]' <<<"$authority")
case $scheme:$authority in
http:*:80 | https:*:443) authority=${authority%:*} ;;
esac

# What is signed, one component to a line, and the parameters last, with no line break after them. Without a body, the
# digest is that of nothing: an endpoint that does not see bodies cannot tell.
digest="sha-256=:$(openssl dgst -sha256 -binary <"$body" | openssl base64 -A):"
nonce=$(openssl rand -hex 16)
parameters='("@method" "@authority" "@path" "@query" "content-digest")'
parameters="$parameters;created=$(date +%s);nonce=\"$nonce\";alg=\"ecdsa-p256-sha256\""
base="\"@method\": $method
\"@authority\": $authority
\"@path\": $path
\"@query\": $query
\"content-digest\": $digest
\"@signature-params\": $parameters"

# openssl writes a signature as DER: two numbers in a sequence. The standard wants the same two as 32 octets each.
numbers=$(printf %s "$base" | openssl dgst -sha256 -sign "$KEYWARD_SIGNING_KEY" | openssl asn1parse -inform DER |
  sed -n 's/.*INTEGER *:0*//p')
octets=$(for number in $numbers; do printf '%64s' "$number" | tr ' ' 0; done)
[[ ${#octets} == 128 ]] || { echo "$KEYWARD_SIGNING_KEY is not a P-256 key" >&2; exit 1; }
# shellcheck disable=SC2059 # the format is the octets
signature=$(printf "$(sed 's/../\\x&/g' <<<"$octets")" | openssl base64 -A)

headers="Content-Digest: $digest
Signature-Input: keyward=$parameters
Signature: keyward=:$signature:"
if [[ -n $print ]]; then
  echo "$headers"
  exit
fi
[[ $body == /dev/null ]] || set -- --data-binary "@$body" "$@"
# The token goes by standard input, where no list of processes shows it; the path goes as it was signed.
exec curl --silent --show-error --path-as-is --globoff --request "$method" --header @- "$@" "$url" \
  <<<"Authorization: Bearer $KEYWARD_KEY
$headers"
