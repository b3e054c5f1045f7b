"""Messages as no contract allows them, made from those that it does: seeded, so that each is found again.

What cannot be read is parked at the door; so most mutants can be, and what is odd in them lies deeper: a value of
another message under the same name, or a receipt that was told before with other words, corrected or voided.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent.parent.parent / "contracts" / "examples"
KINDS = ("purchase.submitted", "purchase.correction_submitted", "purchase.void_submitted", "pledge.submitted")
ODD: tuple[Any, ...] = (
    None,
    "",
    " ",
    "\x00",
    "🍚" * 50,
    "a" * 5000,
    -0.0,
    -1,
    2**31,
    2**63,
    1e308,
    True,
    [],
    {},
    [[[[[[[[]]]]]]]],
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    "2021-07-31T23:59:59+07:00",
    "2021-07-31T16:59:59Z",
    "2021-07-22T10:05:00",
    "32.76.NIHIL",
    "1980-13-45",
)
NO_JSON: tuple[Any, ...] = ("\ud800", 10**400, float("nan"), float("inf"))
TOLD_AGAIN = 5  # messages a receipt, in the mean


@dataclass(frozen=True)
class Mutant:
    """A message to publish; its `event_id` is its own, whatever was done to its headers."""

    event_id: str
    key: str
    headers: dict[str, Any]
    body: bytes
    content_type: str | None = "application/json"


def mutants(count: int, seed: int, *, tenant: str = "3276") -> Iterator[Mutant]:
    """`count` messages, each once or more often mutated, and some left as they were."""
    draw = random.Random(seed)
    bodies = {
        kind: [json.loads(path.read_bytes()) for path in sorted((EXAMPLES / kind).glob("*.json"))] for kind in KINDS
    }
    others: dict[str, list[Any]] = {}
    for told in chain.from_iterable(bodies.values()):
        for holder, key in _places(told):
            if isinstance(key, str):
                others.setdefault(key, []).append(holder[key])
    for number in range(count):
        kind = draw.choice(KINDS)
        body = deepcopy(draw.choice(bodies[kind]))
        if "reference" in body:
            body["reference"] = f"F-{seed}-{draw.randrange(count // TOLD_AGAIN + 1)}"
        for _ in range(draw.choice((0, 0, 1, 1, 2, 4))):
            _twist(body, others, draw)
        yield _wrapped(f"fuzz-{seed}-{number}", tenant, kind, body, draw)


def _wrapped(event_id: str, tenant: str, kind: str, body: Any, draw: random.Random) -> Mutant:
    headers: dict[str, Any] = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": f"id.go.depok.peduli.{kind}.v1",
        "ce-source": "/fuzz",
    }
    text = json.dumps(body).encode()
    content_type: str | None = "application/json"
    match draw.randrange(40):
        case 0:
            headers[draw.choice(sorted(headers))] = draw.choice(
                (None, "", 7, True, "x" * 300, bytearray(b"\xff"), ["a"])
            )
        case 1:
            del headers[draw.choice(sorted(headers))]
        case 2:
            text = _bitten(text, draw)
        case 3:
            text = text[: draw.randrange(len(text))]
        case 4:
            text = b"[" * draw.choice((10, 2000, 60_000)) + text
        case 5:
            text = text + b" " * draw.choice((1, 70_000))
        case 6:
            content_type = draw.choice((None, "", "text/plain", "application/cloudevents+json", "application/xml"))
        case _:
            pass
    return Mutant(event_id, f"{tenant}.{kind}.v1", headers, text, content_type)


def _bitten(text: bytes, draw: random.Random) -> bytes:
    """The bytes with a few of them changed."""
    bitten = bytearray(text)
    for _ in range(draw.randint(1, 6)):
        bitten[draw.randrange(len(bitten))] = draw.randrange(256)
    return bytes(bitten)


def _twist(body: Any, others: Mapping[str, Sequence[Any]], draw: random.Random) -> None:
    """Change one place somewhere inside: drop it, put something odd or another message's value there, say it twice."""
    places = list(_places(body))
    if not places:
        return
    holder, key = draw.choice(places)
    odd = NO_JSON if draw.random() < 0.02 else ODD
    acts: list[Callable[[], None]] = [
        lambda: holder.__setitem__(key, deepcopy(draw.choice(odd))),  # or later twists would change the odd things
        *[lambda: holder.__setitem__(key, deepcopy(draw.choice(others.get(key, ODD))))] * 4,
        lambda: holder.__delitem__(key),
        lambda: holder.__setitem__(key, [deepcopy(holder[key]) for _ in range(draw.choice((2, 300)))]),
        lambda: holder.__setitem__(key, {"x": holder[key]}),
    ]
    draw.choice(acts)()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)
