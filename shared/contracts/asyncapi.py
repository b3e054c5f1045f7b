"""`contracts/asyncapi.yaml`: curated words from here, and every message from the registry, so that none is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from shared.contracts.corpus import CONTRACTS, Example, examples, schema_path
from shared.contracts.envelope import STRUCTURED, TYPE_PREFIX
from shared.contracts.registry import ALL, INBOUND, TOLD, summary_of

VERSION = "3.1.0"
SERVICES = {
    "purchases": ("purchase", "pledge", "seller", "product", "unit"),
    "distribution": ("household", "task", "lot", "recipients"),
}

ABOUT = """\
From a purchase of UMKM goods to the doorstep of a household in self-isolation (isoman).

Other systems publish to the exchange `peduli.intake`; Peduli tells what happened on `peduli.events`, and tells each
field team of its tasks in the queue of its kelurahan. Every message is a CloudEvent 1.0: attributes in `ce-*` headers
and the data as JSON body (binary mode), or, at the intake, all in one body of `application/cloudevents+json`
(structured mode). A body is at most 64 KiB. Publish persistently and with publisher confirms. Ignore fields that you
do not know.
"""
HEADERS = {
    "ce-specversion": {"const": "1.0", "type": "string"},
    "ce-id": {"type": "string", "minLength": 1, "description": "Yours to choose; a resend carries the same"},
    "ce-type": {"type": "string", "pattern": "^id\\.go\\.depok\\.peduli\\."},
    "ce-source": {"type": "string", "minLength": 1, "description": "Who tells, such as /pos/koperasi-depok"},
    "ce-time": {"type": "string", "format": "date-time", "description": "When it happened, with an offset"},
    "ce-subject": {"type": "string", "description": "The aggregate again, for tools that look here"},
    "ce-tenant": {"type": "string", "description": "City code without dots; Depok is 3276"},
    "ce-aggregate": {"type": "string", "description": "What the event is about; orders events with ce-version"},
    "ce-version": {"type": "string", "pattern": "^[0-9]+$", "description": "1, 2, 3 ... of the aggregate"},
    "ce-correlationid": {"type": "string", "description": "The purchase or household that began it"},
}
OF_SUBMISSIONS = ("ce-specversion", "ce-id", "ce-type", "ce-source")


def text() -> str:
    """The document as YAML, the same from run to run."""
    return yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)


def document() -> dict[str, Any]:
    """The whole AsyncAPI document."""
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Peduli",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "city": {
                "host": "{host}",
                "protocol": "amqps",
                "protocolVersion": "0-9-1",
                "description": "The RabbitMQ of the city (3.10 or newer).",
                "variables": {"host": {"description": "Host and port, given with your user"}},
                "security": [{"$ref": "#/components/securitySchemes/user"}],
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {kind: _message(kind) for kind in ALL},
            "schemas": {
                "submission-headers": _headers(OF_SUBMISSIONS),
                "event-headers": _headers(HEADERS),
            },
            "securitySchemes": {
                "user": {
                    "type": "userPassword",
                    "description": "One user per publisher or field team, given by the city.",
                }
            },
        },
    }


def _channels() -> dict[str, Any]:
    return {
        "peduli.intake": {
            "address": "{tenant}.{message}",
            "title": "What other systems publish",
            "description": "Routing keys such as `3276.purchase.submitted.v1`; the login of a publisher or field team "
            "has its name behind them: `3276.purchase.submitted.v1.koperasi-depok`. A key that nobody reads is kept in "
            "the queue `peduli.unroutable` and alarms the operator; the broker confirms it all the same.",
            "messages": _refs(INBOUND),
            "parameters": {"tenant": _tenant(), "message": {"enum": list(INBOUND)}},
            "bindings": _exchange("peduli.intake"),
        },
        "peduli.events": {
            "address": "{tenant}.{message}",
            "title": "What Peduli tells",
            "description": "Bind a queue of your own, with a dead-letter exchange. `task.assigned.v1` has its place "
            "behind the type: `3276.task.assigned.v1.327606.3276061001`.",
            "messages": _refs(TOLD),
            "parameters": {"tenant": _tenant(), "message": {"enum": list(TOLD)}},
            "bindings": _exchange("peduli.events"),
        },
        "tasks": {
            "address": "tasks.{kelurahan}",
            "title": "The tasks of one kelurahan",
            "description": "A field team's own queue. It only tells; what stands is read over HTTP.",
            "messages": _refs(["task.assigned.v1"]),
            "parameters": {
                "kelurahan": {"description": "Code of Kemendagri without dots", "examples": ["3276061001"]},
            },
            "bindings": {
                "amqp": {
                    "is": "queue",
                    "queue": {"durable": True, "exclusive": False, "autoDelete": False},
                    "bindingVersion": "0.3.0",
                }
            },
        },
    }


def _operations() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for service, aggregates in SERVICES.items():
        for action, channel, kinds in (("receive", "peduli.intake", INBOUND), ("send", "peduli.events", TOLD)):
            own = [kind for kind in kinds if kind.partition(".")[0] in aggregates]
            found[f"{service}.{action}"] = _operation(action, channel, own, f"The {service} service {action}s these.")
    tasks = _operation("send", "tasks", ["task.assigned.v1"], "A door of this kelurahan waits for a packet.")
    return {**found, "tasks.send": tasks}


def _operation(action: str, channel: str, kinds: Iterable[str], summary: str) -> dict[str, Any]:
    binding = {"deliveryMode": 2, **({"mandatory": True} if action == "receive" else {}), "ack": True}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{kind}"} for kind in kinds],
        "bindings": {"amqp": {**binding, "bindingVersion": "0.3.0"}},
    }


def _message(kind: str) -> dict[str, Any]:
    is_told = kind in TOLD
    found: dict[str, Any] = {
        "name": TYPE_PREFIX + kind,
        "title": kind,
        "summary": summary_of(kind),
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{'event' if is_told else 'submission'}-headers"},
        "payload": {"$ref": f"./{schema_path(kind).relative_to(CONTRACTS)}"},
    }
    if is_told:
        found["correlationId"] = {"location": "$message.header#/ce-correlationid"}
    else:
        found["description"] = f"Also read as one body of `{STRUCTURED}`."
    found["examples"] = [_example(example) for example in examples() if example.kind == kind and not example.effect]
    return found


def _example(example: Example) -> dict[str, Any]:
    return {"name": f"{example.version}-{example.title}", "payload": example.body}


def _refs(kinds: Iterable[str]) -> dict[str, Any]:
    return {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds}


def _headers(required: Iterable[str]) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": HEADERS}


def _tenant() -> dict[str, Any]:
    return {"description": "City code without dots; Depok is 3276", "default": "3276"}


def _exchange(name: str) -> dict[str, Any]:
    exchange = {"name": name, "type": "topic", "durable": True, "autoDelete": False}
    return {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, and no anchors: it is read by people."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)
