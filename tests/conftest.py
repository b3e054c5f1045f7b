"""Names the fixtures, which live in tests/support, and makes every property test repeatable."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

pytest_plugins = ["tests.support.servers", "tests.support.stored_city", "tests.support.tools", "tests.support.browser"]
