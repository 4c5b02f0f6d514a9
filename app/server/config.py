"""What a server allows, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class ServerConfig:
    """Limits of one server. The defaults suit a machine with two cores and people who know each other."""

    max_body_bytes: int = 64 * MIB
    """Of one request, all uploads together: half an hour of 16 kHz WAV."""
    max_audio_s: float = 1800.0
    """Of one upload, decoded."""
    max_sample_s: float = 60.0
    """Of a longer enrolment upload only so much speech is kept, its first."""
    max_at_once: int = 64
    """Requests in work; one more is told to come back."""
    jobs: int = 2
    """Uploads that are decoded and analysed at the same time; the others wait."""
    rate_per_s: float = 50.0
    """Requests of one address, on average; 0 is no limit."""
    burst: int = 200
    """Requests of one address that may come at once."""
    body_idle_s: float = 15.0
    """A body that does not go on for so long is given up ..."""
    body_s: float = 300.0
    """... and so is one that takes longer in all."""
    header_s: float = 10.0
    """A request's head has so long to arrive."""
    max_connections: int = 512
    max_streams: int = 16
    """Live connections at the same time."""
    stream_idle_s: float = 60.0
    """A live connection without sound for so long is closed."""
    max_message_bytes: int = MIB
    """Of a live connection: ten seconds of 48 kHz."""
    send_s: float = 10.0
    """A listener who does not take an event for so long is given up."""
    min_rate: int = 8_000
    max_rate: int = 192_000
    """Sample rates, in Hz, that a live connection may declare."""


DEFAULTS = ServerConfig()
