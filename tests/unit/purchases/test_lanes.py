"""Parts of a sheet go side by side; what concerns one purchase keeps its order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.purchases.documents.receipts import Receipt
from services.purchases.usecases.files import LANES, Told, lanes
from services.purchases.usecases.judging import Incoming
from services.purchases.usecases.receive import Sent
from shared.ids import new_id


@given(st.lists(st.sampled_from(["INV-1", "inv-1", "A", "a", "b", "", "Ç", "ß", "SS"]), max_size=30))
def test_all_that_bears_one_number_stays_together_in_its_order(numbers: list[str]) -> None:
    due = [
        (
            Told(row, Receipt([], "submitted", "/pos/a", {"reference": number})),
            Sent(Incoming(new_id(), "submitted", "3276", "/pos/a", {"reference": number})),
        )
        for row, number in enumerate(numbers)
    ]
    apart = lanes(due)
    assert sorted(told.number for lane in apart for told, _ in lane) == list(range(len(numbers)))
    assert len(apart) <= LANES
    lane_of: dict[str, int] = {}
    for place, lane in enumerate(apart):
        rows = [told.number for told, _ in lane]
        assert rows == sorted(rows)
        for row in rows:
            assert lane_of.setdefault(numbers[row].casefold(), place) == place
