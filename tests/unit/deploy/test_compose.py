"""What the services of docker compose believe of their broker, the broker does."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_stamp_is_believed_where_the_broker_writes_over_a_senders() -> None:
    broker = (ROOT / "deploy/rabbitmq/conf.d/20-peduli.conf").read_text(encoding="utf-8")
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    stamps = "message_interceptors.incoming.set_header_timestamp.overwrite = true" in broker.splitlines()
    assert stamps == ('PEDULI_BROKER_STAMPS: "true"' in compose) is True
