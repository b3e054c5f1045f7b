"""What the field publishes to `peduli.intake` or posts: household reports and reports about tasks.

All carry a client-made id, so that a resend is harmless.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StrictBool, StrictInt, model_validator

from shared.contracts.submissions import Submitted

Group = Literal["infant", "elderly", "pregnant", "diabetic", "no_cook", "alone"]
CaseKind = Literal["without_symptoms", "with_symptoms", "close_contact"]
AidKind = Literal["parcel", "meals", "cash", "hygiene", "baby", "medicine"]
Release = Literal["recovered", "hospital", "moved", "deceased"]


class People(Submitted):
    """Personal data: it rests sealed, and whoever reads it is written down. Of `nik` only a keyed hash is kept."""

    name: str = Field(min_length=1, max_length=120)
    phone: str = Field(default="", max_length=30)
    address: str = Field(min_length=1, max_length=300)
    nik: str = Field(default="", max_length=30, description="NIK of one member, 16 digits: finds who was told twice")
    lat: Annotated[float, Field(ge=-90, le=90, description="degrees, WGS 84")] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, description="degrees, WGS 84")] | None = None


class Case(Submitted):
    """A member whose isolation is reckoned by the rules of 2021; nothing of it is kept but the days that follow."""

    kind: CaseKind
    counted_from: date = Field(description="day of the specimen, of the first symptoms, or of the last contact")
    last_symptom_on: date | None = Field(None, description="last day with fever or respiratory symptoms")


class OtherAid(Submitted):
    """What the household got from elsewhere: it lowers its need."""

    kind: AidKind
    at: AwareDatetime


class HouseholdReport(Submitted):
    """A household in isolation, or its end: the whole state each time. `household_ref` is the reporter's own id.

    A household is one family card (KK). Its isolation is told by `isolation_from` and `isolation_until`, or reckoned
    from `cases`; what is told counts. Who was told by another reporter before is found by NIK, or phone and kelurahan.
    """

    MINOR: ClassVar[int] = 1

    household_ref: str = Field(min_length=1, max_length=100)
    kelurahan: str = Field(min_length=1, max_length=20)
    rw: Annotated[StrictInt, Field(ge=1, le=999)] | None = None
    size: Annotated[StrictInt, Field(ge=1, le=30, description="persons")]
    groups: tuple[Group, ...] = ()
    allergens: tuple[Annotated[str, Field(max_length=20)], ...] = Field(default=(), max_length=20)
    isolation_from: AwareDatetime | None = None
    isolation_until: AwareDatetime | None = None
    people: People
    released: Release | None = None
    cases: tuple[Case, ...] = Field(default=(), max_length=30)
    is_aparatur: StrictBool = Field(False, description="a civil servant's household; allocation does not see it")
    other_aid: tuple[OtherAid, ...] = Field(default=(), max_length=20)
    programme: str = Field(default="isoman", max_length=40, description="the city's cause that it gets help by")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> HouseholdReport:
        if self.isolation_from and self.isolation_until and self.isolation_until <= self.isolation_from:
            raise ValueError("isolation_until must be after isolation_from")
        return self


class TaskReport(Submitted):
    """What every report about a task says. `version` is the task's, as the reporter last saw it."""

    MINOR: ClassVar[int] = 1

    report_id: UUID
    task_id: UUID
    team: str = Field(min_length=1, max_length=60)
    version: Annotated[StrictInt, Field(ge=1, le=10**6)] | None = None


class TaskAccept(TaskReport):
    """A team takes the packet: its goods leave the lumbung. With `fetched` false the door is the team's and the goods
    stay, until it accepts again with the packet in its hands; meanwhile both can be recalled without a way back.
    """

    kind: Literal["accept"] = "accept"
    fetched: StrictBool = Field(True, description="false: the packet still lies in the lumbung")


class DeliveredPart(Submitted):
    """Pieces of one lot of a packet that were handed over."""

    lot_id: UUID
    quantity: Annotated[StrictInt, Field(ge=1, le=10**6, description="pieces")]


class TaskDelivery(TaskReport):
    """The packet stands at the door, with a proof; with `parts` only these pieces, and the team keeps the rest."""

    kind: Literal["deliver"] = "deliver"
    proof_kind: Literal["code", "photo", "witness"]
    proof: str = Field(min_length=1, max_length=200, description="the code, the photo's hash, or the witness's role")
    parts: tuple[DeliveredPart, ...] = Field(default=(), max_length=200)


class TaskHandover(TaskReport):
    """An RT or RW chair is the last hand: he has the packet now, and the team goes on answering for it."""

    MINOR: ClassVar[int] = 0

    kind: Literal["handover"] = "handover"
    to: Literal["rt", "rw"]


class TaskFailure(TaskReport):
    """The packet could not be handed over, and why."""

    kind: Literal["fail"] = "fail"
    reason: Literal["not_home", "refused", "moved", "released", "unsafe", "wrong_address"]
    note: str = Field(default="", max_length=80)


class TaskReturn(TaskReport):
    """The goods of a packet are back in the lumbung."""

    kind: Literal["return"] = "return"


AnyTaskReport = TaskAccept | TaskDelivery | TaskHandover | TaskFailure | TaskReturn
