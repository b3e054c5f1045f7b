#!/bin/sh
# Send a day's receipts, one JSON object a line, as a cron does: sh send-day.sh receipts.jsonl
# Needs curl and jq. Sending the same file again is harmless, and tells once more what became of each receipt.
# Ends with 0 when all are accepted, 1 when some must be mended, 75 when it must run again later.
set -eu
test -s "$1" || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
split -l 500 "$1" "$work/part."
for part in "$work"/part.*; do
  { printf '[' && grep . "$part" | sed '$!s/$/,/' && printf ']'; } >"$work/list"
  status=$(curl --silent --show-error --max-time 60 --retry 5 --retry-connrefused \
    --header "Peduli-Source: ${PEDULI_SOURCE:-/pos/koperasi-depok}" \
    --header "Content-Type: application/json" ${PEDULI_TOKEN:+--header "Authorization: Bearer $PEDULI_TOKEN"} \
    --data-binary "@$work/list" --output "$work/answer" --write-out '%{http_code}' "$PEDULI_URL/v1/purchases") || true
  case "$status" in
    202) cat "$work/answer" >>"$work/answers" ;;
    000 | 429 | 5??)
      echo "Peduli tidak terjangkau ($status); jalankan lagi nanti." >&2
      exit 75
      ;;
    *)
      cat "$work/answer" >&2
      exit 1
      ;;
  esac
done
jq -r '.[] | .reference + " " + .outcome, (.reasons[] | "  " + .path + " " + .code + " " + .message)' "$work/answers"
! jq --exit-status --slurp 'any(.[][]; .outcome == "rejected")' "$work/answers" >/dev/null
