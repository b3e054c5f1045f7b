"""The door of purchases that validates and stores nothing: the measure that bench.http compares with."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

from services.purchases.api import submissions
from services.purchases.usecases.judging import Incoming, Read, Verdict
from services.purchases.usecases.receive import Answer, Sent
from shared.access.store import Directory
from shared.clock import now
from shared.ids import new_id
from shared.reference.load import load
from shared.reference.store import Cities
from shared.web import problems
from tests.support.truth import TENANT


class Validator:
    """Answers as the service's grouper does, from the rules alone."""

    def __init__(self, cities: Cities) -> None:
        self._cities = cities

    async def ask(self, sent: Sequence[Sent]) -> list[Answer]:
        """A verdict each, as if nothing were known yet."""
        return [self._judge(each.item) for each in sent if isinstance(each.item, Incoming)]

    def _judge(self, item: Incoming) -> Answer:
        read = Read.of(item, self._cities, now())
        reasons = tuple(read.content) if isinstance(read.content, list) else ()
        return Verdict(new_id(), read.name_id, item.reference, "rejected" if reasons else "recorded", 1, reasons)


def main() -> None:
    """Serve until killed."""
    app = FastAPI()
    app.state.cities, app.state.default_tenant = Cities([load(TENANT)]), TENANT
    app.state.directory, app.state.open_doors = Directory(), True
    app.include_router(submissions.router(Validator(app.state.cities)), prefix="/v1")  # type: ignore[arg-type]
    problems.install(app)
    config = uvicorn.Config(app, port=int(sys.argv[1]), log_config=None, access_log=False, loop="uvloop")
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
