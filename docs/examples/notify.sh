#!/bin/sh
# Posts a notification to a room, as the last step of a build for example:
#
#   SERVER=https://chat.example TOKEN=... sh notify.sh deploys "web 1.2.3 is live"
#
# curl tries again for a while if the server is away or busy. The key keeps the notification from being posted twice.
set -eu
room=$1 text=$2
key=$(openssl rand -hex 16)

# The token comes from standard input: arguments of commands can be seen by every user of the machine.
printf 'Authorization: Bearer %s\n' "$TOKEN" |
  curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --max-time 30 \
    --header @- --header "Idempotency-Key: $key" --header "Content-Type: text/plain" \
    --data-raw "$text" "${SERVER:-http://127.0.0.1:8080}/api/rooms/$room/messages"
