"""The laws L1-L8 hold in the pure domain after every step, whatever happens in whatever order."""

from __future__ import annotations

from hypothesis import settings

from tests.support.ledger_machine import City, LedgerMachine
from tests.support.pure_city import PureCity


class Pure(LedgerMachine):
    def open_city(self) -> City:
        return PureCity()


TestLedger = Pure.TestCase
TestLedger.settings = settings(max_examples=100, stateful_step_count=40, derandomize=True, deadline=None)
