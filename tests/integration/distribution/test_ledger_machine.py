"""The laws L1-L8 as queries hold on Postgres after every step, whatever happens in whatever order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.ledger_machine import City, LedgerMachine
from tests.support.stored_city import StoredCity


def test_the_laws_hold_on_postgres_after_every_step(kept_database: str) -> None:
    class Stored(LedgerMachine):
        def open_city(self) -> City:
            return StoredCity(kept_database)

    shorter = settings(max_examples=25, stateful_step_count=30, derandomize=True, deadline=None)
    run_state_machine_as_test(Stored, settings=shorter)
