"""Where the events of a run go, as a command line says it."""

from __future__ import annotations

import importlib.util
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from app.events.command import split_command
from app.outputs import STANDARD, Named
from utils import BadInput, missing_extra

SECRET = "HEARD_WEBHOOK_SECRET"
MQTT_USER, MQTT_PASSWORD = "HEARD_MQTT_USER", "HEARD_MQTT_PASSWORD"


@dataclass(frozen=True)
class EventOptions:
    """``--events`` and its kin. None of them is asked for by default."""

    lines: Path | None = None
    """``--events``: a file with an event in each line; "-" is standard output."""
    command: str | None = None
    """``--exec``: a command that is run for each event."""
    webhook: str | None = None
    """``--webhook``: an address that each event is posted to."""
    secret_file: Path | None = None
    """``--webhook-secret``: a file whose first line is the key of the signature; else HEARD_WEBHOOK_SECRET."""
    mqtt: str | None = None
    """``--mqtt``: HOST[:PORT]/TOPIC of a broker."""
    here_minutes: float = 10.0
    """How long somebody is "here" after they were last heard."""

    @property
    def to_stdout(self) -> bool:
        return str(self.lines) == STANDARD

    @property
    def named(self) -> list[Named]:
        """The file as ``check_outputs`` takes it."""
        return [("--events", self.lines)]

    def check(self) -> None:
        """Raise BadInput for what is wrong before anything slow is loaded, HeardError for packages that are missing."""
        if not math.isfinite(self.here_minutes) or not 0 < self.here_minutes <= 24 * 60:
            raise BadInput(f"--here-minutes {self.here_minutes:g}: more than 0, and a day at most.")
        if self.secret_file is not None and self.webhook is None:
            raise BadInput(f"--webhook-secret {self.secret_file}: that is for a --webhook.")
        if self.command is not None:
            split_command(self.command)
        if self.webhook is not None:
            from app.events.webhook import check_url

            check_url(self.webhook)
            self.secret()
        if self.mqtt is not None:
            if importlib.util.find_spec("paho") is None:
                raise missing_extra("--mqtt", "paho-mqtt", "mqtt")
            from app.events.mqtt import read_broker

            broker = read_broker(self.mqtt)
            if os.environ.get(MQTT_PASSWORD) and not (broker.tls or broker.is_local):
                print(
                    f"heard: {broker.host}: the password can be read on the way; mqtts://{broker.host}/... hides it.",
                    file=sys.stderr,
                )

    def secret(self) -> bytes | None:
        """The key of the webhook's signature; None if nobody gave one. Raises BadInput."""
        from app.events.webhook import read_secret

        if self.secret_file is None:
            text = os.environ.get(SECRET, "")
            return read_secret(text) if text else None
        try:
            lines = self.secret_file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            raise BadInput(f"--webhook-secret {self.secret_file}: it cannot be read.") from None
        return read_secret(lines[0] if lines else "")
