"""Makes .env with fresh secrets, and the broker's users, once. Standard library only: nothing is installed yet."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from pathlib import Path

NAMES = (
    "RABBITMQ_ADMIN_PASSWORD",
    "POSTGRES_ADMIN_PASSWORD",
    "PURCHASES_PASSWORD",
    "DISTRIBUTION_PASSWORD",
    "REPORTING_PASSWORD",
    "PURCHASES_HASH_KEY",
    "PURCHASES_SEAL_KEY",
    "DISTRIBUTION_HASH_KEY",
    "DISTRIBUTION_SEAL_KEY",
    "REPORTING_SEAL_KEY",
)
# who may write to and read from what: a service reads its own queues, and only relays write events
PERMISSIONS = {
    "purchases": ("^$", r"^peduli\.events$", r"^(purchases\..*|peduli\.dead\.purchases)$"),
    "distribution": ("^$", r"^peduli\.events$", r"^(distribution\..*|peduli\.dead\.distribution)$"),
    "reporting": ("^$", "^$", r"^(reporting\..*|peduli\.dead\.reporting)$"),
}


def main() -> None:
    """Write both files unless they are there: a secret that is lost locks what it sealed."""
    env = Path(".env")
    if not env.exists():
        env.touch(mode=0o600)
        env.write_text("".join(f"{name}={secrets.token_hex(24)}\n" for name in NAMES), encoding="utf-8")
    values = dict(line.split("=", 1) for line in env.read_text(encoding="utf-8").splitlines() if "=" in line)
    definitions = Path(".peduli/definitions.json")
    definitions.parent.mkdir(exist_ok=True)
    users = [_user("peduli_admin", values["RABBITMQ_ADMIN_PASSWORD"], ["administrator"])]
    users += [_user(f"peduli_{name}", values[f"{name.upper()}_PASSWORD"], []) for name in PERMISSIONS]
    permissions = [_permission("peduli_admin", (".*", ".*", ".*"))]
    permissions += [_permission(f"peduli_{name}", rules) for name, rules in PERMISSIONS.items()]
    told = {"users": users, "vhosts": [{"name": "/"}], "permissions": permissions}
    definitions.write_text(json.dumps(told, indent=1), encoding="utf-8")
    definitions.chmod(0o644)  # the broker's own user in its container reads it; it holds salted hashes only


def _user(name: str, password: str, tags: list[str]) -> dict[str, object]:
    """A user with RabbitMQ's salted SHA-256 of the password."""
    salt = secrets.token_bytes(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {
        "name": name,
        "password_hash": digest,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": tags,
    }


def _permission(user: str, rules: tuple[str, str, str]) -> dict[str, str]:
    configure, write, read = rules
    return {"user": user, "vhost": "/", "configure": configure, "write": write, "read": read}


if __name__ == "__main__":
    main()
