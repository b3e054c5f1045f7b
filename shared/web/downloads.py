"""Files that a door hands out."""

from __future__ import annotations

from fastapi.responses import Response


def download(content: bytes, name: str, media_type: str) -> Response:
    """A file for the reader to keep; no cache keeps it."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
