"""Names the fixtures, which live in tests/support, and makes every property test repeatable."""

import gc

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

pytest_plugins = ["tests.support.servers", "tests.support.stored_city", "tests.support.tools", "tests.support.browser"]


def pytest_collection_finish() -> None:
    """Look for garbage as rarely as the services do: modules and collected tests stay for ever."""
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)
