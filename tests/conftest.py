"""Names the fixtures, which live in tests/support, and makes every property test repeatable."""

import asyncio
import gc
import os

import pytest
import uvloop
from hypothesis import settings

from tests.support import builtin_types, signatures

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # the loop that the services run on in life
signatures.remember()
builtin_types.remember()
os.environ["PGSSLMODE"] = "disable"  # servers of tests have no certificate: not to ask each time if they have one
gc.set_threshold(20_000, 50, 50)  # look for garbage as rarely as the services do

pytest_plugins = ["tests.support.servers", "tests.support.stored_city", "tests.support.tools", "tests.support.browser"]


def pytest_collection_finish() -> None:
    """Modules and collected tests are no garbage: they stay for ever."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first, so that none of them is alone at the end."""
    items.sort(key=lambda item: "faults" not in item.path.parts)
