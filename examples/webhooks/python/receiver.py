"""A city's gateway: takes what Peduli tells of packets, sure who says it. Knows the contract, and nothing of us.

    PEDULI_WEBHOOK_SECRET=whsec_… python receiver.py 8099

Signatures are those of Standard Webhooks 1.0: there are libraries in many languages, and this is the check itself. A
message comes again until it was answered with 2xx: its id says whether it was taken before. It names nobody. Who is to
get the text is asked with a token of role puskesmas, `GET /v1/households/{household_id}/people`: each reading is kept.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOO_OLD_SECONDS = 5 * 60
MOST_BYTES = 64 * 1024
SECRET = base64.b64decode(os.environ["PEDULI_WEBHOOK_SECRET"].removeprefix("whsec_"))
TAKEN: set[str] = set()  # a real gateway keeps these in its database


def is_genuine(message_id: str, seconds: str, signatures: str, body: bytes) -> bool:
    """Whether one of the signatures is of our secret, and was made just now."""
    if not seconds.isdecimal() or abs(time.time() - int(seconds)) > TOO_OLD_SECONDS:
        return False
    signed = hmac.digest(SECRET, f"{message_id}.{seconds}.".encode() + body, hashlib.sha256)
    right = f"v1,{base64.b64encode(signed).decode()}"
    return any(hmac.compare_digest(right.encode(), given.encode()) for given in signatures.split())


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what is genuine, also to what came before, and 401 to anything else."""

    def do_POST(self) -> None:
        """One message."""
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), MOST_BYTES))
        told = (self.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        message_id, seconds, signatures = told
        if not is_genuine(message_id, seconds, signatures, body):
            self.send_response(401)
        else:
            if message_id not in TAKEN:
                TAKEN.add(message_id)
                message = json.loads(body)
                data = message["data"]  # in one piece, because other threads write too
                sys.stdout.write(f"{message['type']} {data['household_id']} {data['text']}\n")
                sys.stdout.flush()
            self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
