#!/bin/sh
# Send one purchase, or a list of up to 500, and print the answer: sh send.sh receipt.json
# Ends with 0 when it is accepted, 22 when it is refused (the reasons are printed), else: send it again later.
exec curl --silent --show-error --fail-with-body --max-time 30 --retry 5 --retry-connrefused \
  --header "Peduli-Source: ${PEDULI_SOURCE:-/pos/koperasi-depok}" \
  --header "Content-Type: application/json" ${PEDULI_TOKEN:+--header "Authorization: Bearer $PEDULI_TOKEN"} \
  --data-binary "@$1" "$PEDULI_URL/v1/purchases"
