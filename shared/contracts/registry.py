"""Every type of message with its model: what others publish, and what the services tell."""

from __future__ import annotations

from pydantic import BaseModel

from shared.contracts.event import Event
from shared.contracts.field import HouseholdReport, TaskAccept, TaskDelivery, TaskFailure, TaskReturn
from shared.contracts.households import HouseholdChanged, HouseholdRegistered, HouseholdReleased
from shared.contracts.lots import LotAdjusted, LotExpired
from shared.contracts.pledges import PledgeRecorded, PledgeRejected
from shared.contracts.purchases import PurchaseCorrected, PurchaseRecorded, PurchaseRejected, PurchaseVoided
from shared.contracts.submissions import PledgeSubmission, PurchaseSubmission, VoidSubmission
from shared.contracts.tasks import TaskAccepted, TaskAssigned, TaskDelivered, TaskFailed, TaskRecalled, TaskReturned

INBOUND: dict[str, type[BaseModel]] = {
    "purchase.submitted.v1": PurchaseSubmission,
    "purchase.correction_submitted.v1": PurchaseSubmission,
    "purchase.void_submitted.v1": VoidSubmission,
    "pledge.submitted.v1": PledgeSubmission,
    "household.report_submitted.v1": HouseholdReport,
    "task.accept_submitted.v1": TaskAccept,
    "task.delivery_submitted.v1": TaskDelivery,
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
    TaskDelivered,
    TaskFailed,
    TaskReturned,
    TaskRecalled,
    LotExpired,
    LotAdjusted,
)
TOLD: dict[str, type[BaseModel]] = {event.TYPE: event for event in _EVENTS}
ALL = INBOUND | TOLD
