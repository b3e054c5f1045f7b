"""Who sends a request, for which city and under which name: the one place that decides it, for every HTTP door."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer

from shared.access.bucket import Bucket, Limits
from shared.access.model import EVERYTHING, Principal, Role, Scope
from shared.access.store import Directory
from shared.clock import now
from shared.contracts.reasons import Reason
from shared.observability import metrics
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.web.problems import ForbiddenError, LimitedError, MissingHeaderError, UnauthenticatedError

TENANT = "Peduli-Tenant"
_bearer = HTTPBearer(auto_error=False, description="The token that `peduli publisher add` showed")
_basic = HTTPBasic(auto_error=False)


@dataclass(frozen=True)
class Caller:
    """Who sent a request; without `principal` and `limits` the doors are open and no token was sent."""

    city: Reference
    principal: Principal | None = None
    limits: Limits | None = None

    @property
    def scope(self) -> Scope:
        """What the caller may tell of and read."""
        return self.principal.scope if self.principal else EVERYTHING

    def require_source(self, source: str) -> None:
        """Raises `ForbiddenError` when the caller does not speak under this name."""
        if not self.scope.has_source(source):
            raise ForbiddenError("Bukan atas nama Anda", reasons=[Reason.of("SOURCE_NOT_YOURS", "source")])

    def require_unit(self, unit: str) -> None:
        """Raises `ForbiddenError` when the caller has nothing to do with this unit."""
        if not self.scope.has_unit(unit):
            raise ForbiddenError("Bukan unit Anda", reasons=[Reason.of("UNIT_NOT_YOURS", "unit_code")])

    def take_purchases(self, count: int) -> None:
        """Count purchases or pledges; raises `LimitedError` when the caller has told enough of them for now."""
        if self.principal and self.limits:
            _take(self.principal, self.limits.purchases, count, "purchases")


async def caller_of(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    tenant: Annotated[str, Header(alias=TENANT, max_length=8, description="city code; a token knows its own")] = "",
) -> Caller:
    """The caller whom the token names; raises what `problems` answers with 401, 403, 422 or 429."""
    kept: Caller | None = getattr(request.state, "caller", None)
    if kept is None:  # a request is counted once
        kept = request.state.caller = await _caller(request, credentials.credentials if credentials else None, tenant)
    return kept


async def page_reader(request: Request, credentials: Annotated[HTTPBasicCredentials | None, Depends(_basic)]) -> Caller:
    """Who reads pages: the browser itself asks for a reader's token, as a password under any name, and keeps it."""
    try:
        caller = await _caller(request, credentials.password if credentials else None, "")
    except UnauthenticatedError:
        raise HTTPException(401, headers={"WWW-Authenticate": 'Basic realm="Peduli", charset="UTF-8"'}) from None
    if caller.principal is not None and caller.principal.role != "reader":
        raise ForbiddenError("Token ini bukan untuk pintu ini")
    return caller


async def _caller(request: Request, token: str | None, tenant: str) -> Caller:
    cities: Cities = request.app.state.cities
    directory: Directory = request.app.state.directory
    if token is None:
        if not request.app.state.open_doors or "Authorization" in request.headers:
            raise UnauthenticatedError
        return Caller(cities[tenant or request.app.state.default_tenant])
    principal = directory.find(token, now())
    if principal is None:
        await directory.refresh(request.app.state.pool)  # it may have been given a moment ago
        principal = directory.find(token, now())
    if principal is None:
        raise UnauthenticatedError
    if tenant not in ("", principal.tenant):
        raise ForbiddenError("Token ini milik kota lain")
    limits = directory.limits_of(principal)
    _take(principal, limits.requests, 1, "requests")
    return Caller(cities[principal.tenant], principal, limits)


def _take(principal: Principal, bucket: Bucket, count: int, what: str) -> None:
    seconds = bucket.take(count, time.monotonic())
    if seconds:
        metrics.LIMITED.labels(principal.tenant, principal.name, what).inc()
        raise LimitedError(seconds)


def only(*roles: Role) -> Any:
    """A route's dependency: whoever has a token must have one of these roles."""

    async def check(request: Request) -> None:
        # not as a dependency: FastAPI would walk through all of it once more, a tenth of what a request costs
        caller = await caller_of(request, await _bearer(request), request.headers.get(TENANT, ""))
        if caller.principal is not None and caller.principal.role not in roles:
            raise ForbiddenError("Token ini bukan untuk pintu ini")

    return Depends(check)


async def source_of(
    caller: Annotated[Caller, Depends(caller_of)],
    source: Annotated[
        str,
        Header(alias="Peduli-Source", max_length=100, description="who tells, as in ce-source; a token of one has it"),
    ] = "",
) -> str:
    """Under which name the caller speaks: the header's, else the only one of its token."""
    told = source or caller.scope.only_source
    if not told:
        raise MissingHeaderError("Peduli-Source")
    caller.require_source(told)
    return told


AnyCaller = Annotated[Caller, Depends(caller_of)]
PageReader = Annotated[Caller, Depends(page_reader)]
Source = Annotated[str, Depends(source_of)]
