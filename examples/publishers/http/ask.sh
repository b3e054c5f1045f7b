#!/bin/sh
# Ask what became of a receipt, newest first: sh ask.sh KOP-2021-000201
exec curl --silent --show-error --fail-with-body --max-time 30 --get \
  ${PEDULI_TOKEN:+--header "Authorization: Bearer $PEDULI_TOKEN"} \
  --data-urlencode "source=${PEDULI_SOURCE:-/pos/koperasi-depok}" \
  --data-urlencode "reference=$1" "$PEDULI_URL/v1/submissions"
