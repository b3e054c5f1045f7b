"""Every type of message with its model: what others publish, and what the services tell."""

from __future__ import annotations

import inspect

from shared.contracts.catalogue import ProductChanged, SellerChanged, UnitChanged
from shared.contracts.event import Event
from shared.contracts.field import HouseholdReport, TaskAccept, TaskDelivery, TaskFailure, TaskHandover, TaskReturn
from shared.contracts.households import HouseholdChanged, HouseholdRegistered, HouseholdReleased
from shared.contracts.lots import LotAdjusted, LotExpired
from shared.contracts.pledges import PledgeRecorded, PledgeRejected
from shared.contracts.purchases import PurchaseCorrected, PurchaseRecorded, PurchaseRejected, PurchaseVoided
from shared.contracts.recipients import RecipientsCounted
from shared.contracts.submissions import PledgeSubmission, PurchaseSubmission, Submitted, VoidSubmission
from shared.contracts.tasks import (
    TaskAccepted,
    TaskAssigned,
    TaskDelivered,
    TaskFailed,
    TaskHandedOver,
    TaskRecalled,
    TaskReturned,
)

INBOUND: dict[str, type[Submitted]] = {
    "purchase.submitted.v1": PurchaseSubmission,
    "purchase.correction_submitted.v1": PurchaseSubmission,
    "purchase.void_submitted.v1": VoidSubmission,
    "pledge.submitted.v1": PledgeSubmission,
    "household.report_submitted.v1": HouseholdReport,
    "task.accept_submitted.v1": TaskAccept,
    "task.delivery_submitted.v1": TaskDelivery,
    "task.handover_submitted.v1": TaskHandover,
    "task.failure_submitted.v1": TaskFailure,
    "task.return_submitted.v1": TaskReturn,
}
_EVENTS: tuple[type[Event], ...] = (
    PurchaseRecorded,
    PurchaseCorrected,
    PurchaseVoided,
    PurchaseRejected,
    PledgeRecorded,
    PledgeRejected,
    HouseholdRegistered,
    HouseholdChanged,
    HouseholdReleased,
    TaskAssigned,
    TaskAccepted,
    TaskHandedOver,
    TaskDelivered,
    TaskFailed,
    TaskReturned,
    TaskRecalled,
    LotExpired,
    LotAdjusted,
    RecipientsCounted,
    SellerChanged,
    ProductChanged,
    UnitChanged,
)
TOLD: dict[str, type[Event]] = {event.TYPE: event for event in _EVENTS}
ALL: dict[str, type[Submitted] | type[Event]] = {**INBOUND, **TOLD}
_SUMMARIES = {  # one model, two meanings
    "purchase.correction_submitted.v1": "The whole purchase as it should have been told; waits 24 h for its purchase.",
}


def summary_of(kind: str) -> str:
    """What a message means, in a sentence or two."""
    return _SUMMARIES.get(kind) or inspect.getdoc(ALL[kind]) or ""
