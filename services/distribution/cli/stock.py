"""The terminal door of the lumbung, over the HTTP door: an officer needs a token, and no database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from services.distribution.domain.adjustment import Kind
from shared import certificates
from shared.errors import PeduliError
from shared.ids import new_id

__all__ = ["Kind", "Lumbung"]


class StockRefusedError(PeduliError):
    """The service did not do it; the message says why."""


class Lumbung:
    """The stock of a city, as the service at `url` shows it to the owner of `token`."""

    def __init__(self, url: str, *, tenant: str, source: str, token: str) -> None:
        headers = {"Peduli-Tenant": tenant}
        headers |= {"Peduli-Source": source} if source else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=30, verify=certificates.needed(url))

    def lots(self, kelurahan: str) -> list[dict[str, Any]]:
        """Lots in a kelurahan; those that spoil first come first. Raises `StockRefusedError`."""
        found = self._ask("GET", "/v1/stock", params={"kelurahan": kelurahan})
        return [{**lot, "balances": _words(lot["balances"])} for lot in found]

    def lot(self, lot_id: UUID) -> dict[str, Any]:
        """A lot with its movements and adjustments. Raises `StockRefusedError`."""
        return dict(self._ask("GET", f"/v1/stock/{lot_id}"))

    def adjust(self, lot_id: UUID, kind: Kind, pieces: int, note: str) -> dict[str, Any]:
        """Tell of damage, a count, a withdrawal or an opening. Raises `StockRefusedError`."""
        body = {"adjustment_id": str(new_id()), "lot_id": str(lot_id), "kind": kind, "pieces": pieces, "note": note}
        return dict(self._ask("POST", "/v1/stock/adjustments", json=body))

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self._client.request(method, path, **more)
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise StockRefusedError(f"no answer from {self._client.base_url}: {type(error).__name__}") from None
        if answer.is_success:
            return found
        reasons = "; ".join(reason["message_en"] for reason in found.get("reasons", ()))
        raise StockRefusedError(reasons or found["title"], hint=found.get("detail") or "")


def _words(balances: dict[str, int]) -> str:
    return ", ".join(f"{pieces} {account}" for account, pieces in balances.items())
