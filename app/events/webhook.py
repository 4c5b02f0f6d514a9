"""``--webhook``: each event is posted to an address, signed as Standard Webhooks has it (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import random
import threading
import time
import uuid

import httpx2

from app.about import VERSION
from app.events.event import SpeakerEvent
from utils import BadInput, HeardError, first_line

ANSWER_S = 10.0
"""How long an address may take to answer."""
TRIES = 6
"""How often an event is sent at most: over half a minute, with pauses that double."""
LONGEST_PAUSE_S = 60.0
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which trying again may help."""
SECRET_PREFIX = "whsec_"


class Webhook:
    """Posts one event after another. No redirect is followed; what is answered is not read."""

    def __init__(self, url: str, secret: bytes | None = None, *, tries: int = TRIES, pause_s: float = 1.0):
        """``secret``: the key of the signature; None sends without. ``pause_s``: before the second try."""
        self._url, self._secret, self._tries, self._pause_s = url, secret, tries, pause_s
        self._away = False
        self._http = httpx2.Client(timeout=ANSWER_S, follow_redirects=False, headers={"User-Agent": f"Heard/{VERSION}"})

    def deliver(self, event: SpeakerEvent, give_up: threading.Event) -> None:
        """Send one event until it is taken. Raises HeardError if it was refused, or was not taken often enough.

        After that the next ones are tried once each, until one is taken: a receiver that is gone for hours holds
        nothing up.
        """
        body = event.line().encode()
        name = f"msg_{uuid.uuid4().hex}"  # the same for all tries: a receiver can tell what it has had
        tries = 1 if self._away else self._tries
        for attempt in range(tries):
            problem, pause_s = self._post(body, name)
            if problem is None:
                self._away = False
                return
            if pause_s is None:
                break
            pause_s = max(pause_s, self._pause_s * 2**attempt * random.uniform(0.75, 1.25))
            if attempt + 1 < tries and give_up.wait(min(pause_s, LONGEST_PAUSE_S)):
                break
        else:
            self._away = True
        raise HeardError(problem)

    def close(self) -> None:
        self._http.close()

    def _post(self, body: bytes, name: str) -> tuple[str | None, float | None]:
        """What went wrong, or None; and the least pause before another try, None if that would not help."""
        headers = {"Content-Type": "application/json", **signed(body, name, int(time.time()), self._secret)}
        try:
            with self._http.stream("POST", self._url, content=body, headers=headers) as answer:
                status, wait = answer.status_code, answer.headers.get("retry-after", "")
        except (httpx2.HTTPError, OSError) as error:
            return f"it cannot be reached ({first_line(error)}).", 0.0
        if 200 <= status < 300:
            return None, None
        if status in PASSING:
            return f"it answered {status}.", float(wait) if wait.isascii() and wait.isdecimal() else 0.0
        return f"it answered {status}.", None


def signed(body: bytes, name: str, at: int, secret: bytes | None) -> dict[str, str]:
    """The headers of a message: its name, when it is sent (Unix time in s), and with a secret the HMAC-SHA256 of both
    and the body."""
    headers = {"webhook-id": name, "webhook-timestamp": str(at)}
    if secret is not None:
        code = hmac.digest(secret, b"%s.%d.%s" % (name.encode(), at, body), hashlib.sha256)
        headers["webhook-signature"] = f"v1,{base64.b64encode(code).decode()}"
    return headers


def read_secret(text: str) -> bytes:
    """The key that a secret stands for: base64 after "whsec_", as receivers make them, else its own bytes.

    Raises BadInput for one that is shorter than 16 bytes, or is no base64.
    """
    try:
        text = text.strip()
        prefixed = text.startswith(SECRET_PREFIX)
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True) if prefixed else text.encode()
    except (binascii.Error, ValueError):
        raise BadInput('the webhook\'s secret is no base64 after "whsec_".') from None
    if len(key) < 16:
        raise BadInput("the webhook's secret is too short: 16 bytes or more.")
    return key


def check_url(url: str) -> str:
    """The name of the host, for messages: an address may hold a secret. Raises BadInput for what is no http address."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        parsed = None
    if parsed is None or parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadInput("--webhook: an address begins with https:// or http://, and names a host.")
    if parsed.userinfo:
        raise BadInput("--webhook: no user or password in an address; sign with HEARD_WEBHOOK_SECRET.")
    return parsed.host
