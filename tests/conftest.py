"""Names the fixtures; they live in tests/support."""

pytest_plugins = ["tests.support.servers"]
