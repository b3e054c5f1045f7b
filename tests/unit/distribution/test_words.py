"""Every answer to a report has words for a volunteer, and a phone number is written as wa.me takes it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from services.distribution.domain import proof, task, words
from services.distribution.usecases import tasks
from shared.contracts.field import TaskFailure


def test_every_refusal_and_every_reason_has_words() -> None:
    code = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (proof, task, tasks))
    refusals = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', code)) - set(words.MEANWHILE)
    assert len(refusals) > 8
    closed = {f"TASK_IS_{status.upper()}" for status in get_args(task.Status)}
    by_coordinators = {"TEAM_HAS_IT", "CANNOT_BE_CHANGED"}
    assert {refusal for refusal in (refusals | closed) - by_coordinators if not words.told(refusal)} == set()
    assert {refusal for refusal in refusals if not words.decided(refusal)} == set()
    assert set(words.REASONS) == set(get_args(TaskFailure.model_fields["reason"].annotation))


def test_every_witness_that_is_offered_is_one_that_counts() -> None:
    assert [role for role in words.WITNESSES if not proof.witness_role(role)] == []


@pytest.mark.parametrize(
    ("phone", "number"),
    [("0812-0000 0001", "6281200000001"), ("+62 812 00000001", "6281200000001"), ("12345", ""), ("", "")],
)
def test_a_phone_number_as_wa_me_takes_it(phone: str, number: str) -> None:
    assert words.wa_number(phone) == number
