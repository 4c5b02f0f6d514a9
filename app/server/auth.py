"""The bearer token: made once, kept in a file that only its owner can read, compared in constant time."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from pathlib import Path

from utils import BadInput, atomic_write

TOKEN_FILE = "server-token"
MIN_TOKEN_LENGTH = 16
SUBPROTOCOL = "heard.v1"
"""The WebSocket subprotocol of a live connection."""
TOKEN_SUBPROTOCOL = "heard.token."
"""The beginning of a second subprotocol, which carries the token: browsers cannot send headers with a WebSocket."""


def load_token(path: Path) -> str:
    """The token in ``path``; made there, mode 0600, if there is none yet. Others lose the right to read the file.

    Raises BadInput for a file with something else in it.
    """
    if not path.exists() or not path.stat().st_size:
        with atomic_write(path, private=True) as file:
            file.write(f"{secrets.token_urlsafe(32)}\n".encode())
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    token = path.read_text(encoding="utf-8", errors="replace").strip()
    if len(token) < MIN_TOKEN_LENGTH or not all(c.isascii() and (c.isalnum() or c in "-_") for c in token):
        raise BadInput(
            f"{path}: a token is {MIN_TOKEN_LENGTH} letters or digits or more; delete the file to have one made."
        )
    return token


class TokenCheck:
    """Knows the token, and never tells by how long it takes how much of a guess was right."""

    def __init__(self, token: str):
        self._token = token.encode()

    def accepts(self, headers: dict[bytes, bytes]) -> bool:
        """Whether a request with these headers (names in lower case) brings the token.

        ``Authorization: Bearer TOKEN``, or ``Sec-WebSocket-Protocol: heard.v1, heard.token.TOKEN``.
        """
        scheme, _, offered = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            protocols = [word.strip() for word in headers.get(b"sec-websocket-protocol", b"").split(b",")]
            prefix = TOKEN_SUBPROTOCOL.encode()
            offered = next((word.removeprefix(prefix) for word in protocols if word.startswith(prefix)), b"")
        return hmac.compare_digest(offered.strip(), self._token)
