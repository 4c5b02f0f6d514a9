"""Who is let in: the bearer token, kept in a file that only its owner can read; and requests that other sites make."""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
import stat
from pathlib import Path
from urllib.parse import urlsplit

from utils import BadInput, atomic_write

TOKEN_FILE = "server-token"
MIN_TOKEN_LENGTH = 16
SUBPROTOCOL = "heard.v1"
"""The WebSocket subprotocol of a live connection."""
TOKEN_SUBPROTOCOL = "heard.token."
"""The beginning of a second subprotocol, which carries the token: browsers cannot send headers with a WebSocket."""
Header = dict[bytes, bytes]
"""Names in lower case."""


def load_token(path: Path) -> str:
    """The token in ``path``; made there, mode 0600, if there is none yet. Others lose the right to read the file.

    Raises BadInput for a file with something else in it.
    """
    if not path.exists() or not path.stat().st_size:
        with atomic_write(path) as file:
            file.write(f"{secrets.token_urlsafe(32)}\n".encode())
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    token = path.read_text(encoding="utf-8-sig", errors="replace").strip()  # Notepad writes a mark
    if len(token) < MIN_TOKEN_LENGTH or not all(c.isascii() and (c.isalnum() or c in "-_") for c in token):
        raise BadInput(
            f"{path}: a token is {MIN_TOKEN_LENGTH} letters or digits or more; delete the file to have one made."
        )
    return token


class TokenCheck:
    """Knows the token, and never tells by how long it takes how much of a guess was right."""

    def __init__(self, token: str):
        self._token = token.encode()

    def accepts(self, headers: Header) -> bool:
        """Whether a request with these headers brings the token.

        ``Authorization: Bearer TOKEN``, or ``Sec-WebSocket-Protocol: heard.v1, heard.token.TOKEN``.
        """
        scheme, _, offered = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            protocols = [word.strip() for word in headers.get(b"sec-websocket-protocol", b"").split(b",")]
            prefix = TOKEN_SUBPROTOCOL.encode()
            offered = next((word.removeprefix(prefix) for word in protocols if word.startswith(prefix)), b"")
        return hmac.compare_digest(offered.strip(), self._token)


class SiteCheck:
    """Tells requests that a web page of another site makes in the owner's browser.

    It is asked about requests without the token only: no browser adds the token by itself, so that a request that
    brings it was made by somebody who knows it.
    """

    def __init__(self, hosts: frozenset[str] | None = None):
        """``hosts``: names that this server has besides addresses and localhost; None lets any name pass.

        A page whose own name leads to this machine (DNS rebinding) is of the same origin to a browser; its name is not
        one of ours.
        """
        self.hosts = hosts

    def is_foreign(self, headers: Header) -> bool:
        """Whether another site's page asks, as ``Host``, ``Origin`` and ``Sec-Fetch-Site`` have it."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host and not self._is_ours(host):
            return True
        if (origin := headers.get(b"origin")) is not None:
            return not host or origin.decode("latin-1").lower().partition("://")[2] != host
        site, mode = headers.get(b"sec-fetch-site", b"none"), headers.get(b"sec-fetch-mode")
        return site not in (b"none", b"same-origin") and mode != b"navigate"  # a link to the page is no fault

    def _is_ours(self, host: str) -> bool:
        if self.hosts is None:
            return True
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            name = name.rstrip(".")
            return name == "localhost" or name.endswith(".localhost") or name in self.hosts
        return True


def neighbourhood(address: str) -> str:
    """What of an address is one visitor's: of IPv6 the first half, as a machine has all of the second to itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
