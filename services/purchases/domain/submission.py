"""Rules of the intake: a submission becomes its content, or all its reasons at once (contracts.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from services.purchases.domain.purchase import Kind
from shared.contracts.reasons import Reason
from shared.contracts.submissions import PurchaseSubmission, VoidSubmission
from shared.reference.model import Reference

SKEW = timedelta(minutes=5)  # clocks of publishers differ
EARLIEST = datetime(2021, 6, 30, 17, tzinfo=UTC)  # 1 July 2021 in WIB
_DIGITS = re.compile(r"[0-9]{18}")
_SPELLING = re.compile(r"[ .-]")
_CODES = {"missing": "MISSING_FIELD", "timezone_aware": "MISSING_OFFSET"}


def read_submission(
    kind: Kind, raw: dict[str, Any], reference: Reference, now: datetime
) -> PurchaseSubmission | VoidSubmission | list[Reason]:
    """A submission of any kind, or every reason against it."""
    return read_void(raw) if kind == "voided" else read_purchase(raw, reference, now)


def read_purchase(raw: dict[str, Any], reference: Reference, now: datetime) -> PurchaseSubmission | list[Reason]:
    """The submission, or every reason against it: of its form and of the rules together."""
    reasons: list[Reason] = []
    submission: PurchaseSubmission | None = None
    try:
        submission = PurchaseSubmission.model_validate(raw)
    except ValidationError as error:
        reasons = _of_form(error)
    known_paths = {reason.path for reason in reasons}
    reasons += [reason for reason in _broken_rules(raw, reference, now) if reason.path not in known_paths]
    return reasons if reasons or submission is None else submission


def read_void(raw: dict[str, Any]) -> VoidSubmission | list[Reason]:
    """The void, or every reason against it."""
    try:
        return VoidSubmission.model_validate(raw)
    except ValidationError as error:
        return _of_form(error)


def _of_form(error: ValidationError) -> list[Reason]:
    details = error.errors(include_input=False, include_url=False, include_context=False)
    found = {".".join(str(part) for part in detail["loc"]): detail["type"] for detail in details}
    return [
        Reason.of(_CODES.get(kind, "INVALID_FIELD"), path)
        for path, kind in found.items()
        if not any(other.startswith(f"{path}.") for other in found)  # a list is not wrong beside its wrong items
    ]


def _broken_rules(raw: dict[str, Any], reference: Reference, now: datetime) -> Iterator[Reason]:
    """Rules that need more than the field's form; each looks at raw values and is silent where the form is wrong."""
    unit, seller_code = raw.get("unit_code"), raw.get("seller_code")
    if isinstance(unit, str) and unit not in reference.units:
        yield Reason.of("UNKNOWN_UNIT", "unit_code")
    if isinstance(seller_code, str):
        seller = reference.sellers.get(seller_code)
        if seller is None:
            yield Reason.of("UNKNOWN_SELLER", "seller_code")
        elif isinstance(raw.get("channel"), str) and raw["channel"] != seller.channel:
            yield Reason.of("CHANNEL_MISMATCH", "channel")
    pickup = raw.get("pickup")
    if isinstance(pickup, dict) and isinstance(pickup.get("kelurahan"), str):
        region = reference.regions.get(pickup["kelurahan"])
        if region is None or region.level != "kelurahan":
            yield Reason.of("UNKNOWN_KELURAHAN", "pickup.kelurahan")
    buyer = raw.get("buyer")
    if isinstance(buyer, dict) and isinstance(buyer.get("nip"), str) and not is_nip(buyer["nip"], now.date()):
        yield Reason.of("INVALID_NIP", "buyer.nip")
    yield from _of_time(raw.get("purchased_at"), now)
    yield from _of_lines(raw, reference)


def _of_time(value: object, now: datetime) -> Iterator[Reason]:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return
    if at is None:
        return
    if at.tzinfo is None:
        yield Reason.of("MISSING_OFFSET", "purchased_at")
    elif at > now + SKEW:
        yield Reason.of("PURCHASED_IN_FUTURE", "purchased_at")
    elif at < EARLIEST:
        yield Reason.of("PURCHASED_TOO_EARLY", "purchased_at")


def _of_lines(raw: dict[str, Any], reference: Reference) -> Iterator[Reason]:
    lines = raw.get("lines")
    if not isinstance(lines, list):
        return
    total = 0
    for number, line in enumerate(lines):
        if not isinstance(line, dict):
            return
        sku, quantity, price = line.get("sku"), line.get("quantity"), line.get("unit_price_idr")
        if isinstance(sku, str) and sku not in reference.products and not line.get("product"):
            yield Reason.of("UNKNOWN_SKU", f"lines.{number}.sku")
        if type(quantity) is not int or type(price) is not int:
            return
        total += quantity * price
    if type(raw.get("total_idr")) is int and raw["total_idr"] != total:
        yield Reason.of("TOTAL_MISMATCH", "total_idr")


def is_nip(value: str, today: date) -> bool:
    """18 digits that parse as the NIP of a PNS or the NI of a PPPK; spaces, dots and dashes are dropped first.

    Birth date, year of appointment at least 16 years later, sex 1 or 2, serial not 000 (Peraturan Kepala BKN
    22/2007). Digits 13-14 above 12 are a PPPK's, not a mistake.
    """
    digits = plain_nip(value)
    if not _DIGITS.fullmatch(digits) or digits[14] not in "12" or digits[15:] == "000":
        return False
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return born.year + 16 <= int(digits[8:12]) <= today.year


def plain_nip(value: str) -> str:
    """A NIP without the spaces, dots and dashes that people write."""
    return _SPELLING.sub("", value)
