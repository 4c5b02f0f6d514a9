"""The web page: a handful of files, read once, served as they are. No path of a request ever reaches the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).resolve().parent / "page"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:;"
        " media-src 'self' blob:; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
SHORT_ADDRESSES = {"index.html": "/", "api.html": "/docs", "overlay.html": "/overlay"}
"""Files that have a shorter address than ``/page/NAME``."""


def page_routes() -> list[Route]:
    """A route for each file of the page."""
    files = sorted(path for path in FOLDER.iterdir() if path.suffix in MEDIA_TYPES)
    return [_route(SHORT_ADDRESSES.get(path.name, f"/page/{path.name}"), path) for path in files]


def _route(address: str, path: Path) -> Route:
    body = path.read_bytes()
    headers = {
        **SECURITY_HEADERS,
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Content-Type": MEDIA_TYPES[path.suffix],
    }

    async def send(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers)

    return Route(address, send, methods=["GET"], include_in_schema=False)
