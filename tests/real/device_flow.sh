#!/usr/bin/env bash
# A device without a browser (RFC 8628), with nothing but curl and sed.
# HUB and CLIENT_ID say where and who; ALLOW, if given, is a command that allows the code it gets.
set -euo pipefail

field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

started=$(curl -sS "$HUB/oauth/device_authorization" -d client_id="$CLIENT_ID" -d scope=inference)
device_code=$(field device_code <<<"$started")
user_code=$(field user_code <<<"$started")
interval=$(field interval <<<"$started")
echo "open $(field verification_uri <<<"$started") and enter $user_code" >&2
[ -z "${ALLOW:-}" ] || $ALLOW "$user_code" &

while :; do
  sleep "$interval"
  answer=$(curl -sS "$HUB/oauth/token" -d client_id="$CLIENT_ID" -d device_code="$device_code" \
    -d grant_type=urn:ietf:params:oauth:grant-type:device_code)
  case $(field error <<<"$answer") in
    "") break ;;
    authorization_pending) ;;
    slow_down) interval=$((interval + 5)) ;;
    *) echo "$answer" >&2; exit 1 ;;
  esac
done

token=$(field access_token <<<"$answer")
curl -sS "$HUB/v1/chat/completions" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
  -d "{\"model\": \"$MODEL\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}"
