#!/bin/sh
# Asks whether the key in $KEYWARD_KEY may do something. The answer's status says it: 200 yes; 401, 403 or 429 no, and why.
curl --silent --show-error --max-time 5 --write-out '%{http_code}\n' \
  --header "Authorization: Bearer $KEYWARD_KEY" \
  "https://keys.example.com/forward-auth?scope=bookings.read"
