"""`peduli docs`: the site over HTTP on loopback, or as files in a folder."""

from __future__ import annotations

import mimetypes
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from peduli.docs.site import POLICY, render

HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def application() -> Starlette:
    """The site as an ASGI application, rendered once."""
    files = render()

    async def answer(request: Request) -> Response:
        path = request.path_params["path"] or "index.html"
        if path not in files:
            return Response("Tidak ditemukan", 404, HEADERS, "text/plain")
        kind = mimetypes.guess_type(path)[0] or "text/plain"
        return Response(files[path], headers=HEADERS, media_type=kind)

    return Starlette(routes=[Route("/{path:path}", answer)])


def serve(port: int) -> None:
    """Serve until Ctrl-C."""
    uvicorn.run(application(), host="127.0.0.1", port=port, log_level="warning")


def write(folder: Path) -> int:
    """Write the site into `folder`; returns the number of files. What else lies there stays."""
    files = render()
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return len(files)
