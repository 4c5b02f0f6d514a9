"""What a server allows, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class ServerConfig:
    """Limits of one server. The defaults suit a machine with two cores and people who know each other."""

    max_body_bytes: int = 64 * MIB
    """Bytes of one request, all uploads together: half an hour of 16 kHz WAV."""
    max_json_bytes: int = 64 * 1024
    """Bytes of a JSON body."""
    max_audio_s: float = 1800.0
    """Length of one upload, decoded."""
    max_sample_s: float = 60.0
    """Length of the sample that is kept of a longer upload, from its first speech on."""
    max_at_once: int = 64
    """Requests with a body in work at the same time; one more is told to come back."""
    jobs: int = 2
    """Uploads decoded and analysed at the same time; the others wait."""
    rate_per_s: float = 50.0
    """Requests with the token per second, on average, and apart from them those of each address without it; 0 is no
    limit."""
    burst: int = 200
    """Requests with the token that may come at once, and apart from them those of each address without it."""
    body_idle_s: float = 15.0
    """Longest pause in a body that arrives; then the request is given up."""
    body_s: float = 300.0
    """Longest time that a body may take in all; then the request is given up."""
    header_s: float = 10.0
    """Longest time that a TLS handshake or the head of a request may take; then its connection is closed."""
    drain_s: float = 10.0
    """Longest time that what is left of a body may take that nobody wants, or an answer that nobody fetches."""
    max_head_bytes: int = 32 * 1024
    """Bytes of the head of a request. Browsers send cookies of other servers on the same machine along."""
    max_line_bytes: int = 16 * 1024
    """Bytes of an address or of one header."""
    max_headers: int = 100
    """Headers of one request."""
    max_strangers: int = 128
    """Connections that have not shown the token at the same time; of more the oldest are closed."""
    max_connections: int = 512
    """Connections that have shown the token at the same time; one more is told to come back."""
    max_streams: int = 16
    """Live connections at the same time."""
    max_listeners: int = 32
    """Connections that are told events at the same time."""
    stream_idle_s: float = 60.0
    """Longest time that a live connection may go without sound; then it is closed."""
    max_message_bytes: int = MIB
    """Bytes of one message on a live connection: ten seconds of 48 kHz."""
    send_s: float = 10.0
    """Longest time that a listener may take for one event; then the connection is closed."""
    min_rate: int = 8_000
    """Lowest sample rate, in Hz, that a live connection may declare."""
    max_rate: int = 192_000
    """Highest sample rate, in Hz, that a live connection may declare."""
    max_channels: int = 8
    """Most channels that a live connection may declare."""


DEFAULTS = ServerConfig()
