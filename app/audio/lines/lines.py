"""Lines: what speech has come through when it is heard on another day, by telephone, headset or from a far corner.

``through(samples, "room-2+amr-nb-12.2", rng)`` is speech from two metres away over a mobile telephone. Lines are for
measuring (``python -m app evaluate --mismatch``) and for changing the speech of training.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np

from app.audio.lines.codecs import GSM, Codec
from app.audio.lines.cvsd import CVSD
from app.audio.lines.effects import Band, GainControl, Noise, PacketLoss, Resampled, Room
from utils import BadInput


class Line(Protocol):
    """Something that speech goes through."""

    missing: str
    """What it needs that this machine has not; "" if nothing."""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Samples (n,) float32 at 16 kHz -> (n,) float32, not shifted in time."""


def _amr(bit_rate: int) -> Codec:
    return Codec("libopencore_amrnb", "libopencore_amrnb", bit_rate=bit_rate)


def _amr_wide(bit_rate: int) -> Codec:
    return Codec("libvo_amrwbenc", "amrwb", 16_000, bit_rate)


def _opus(kbits: int) -> Codec:
    return Codec("libopus", "libopus", 16_000, 1000 * kbits, (("application", "voip"),))


def _mp3(kbits: int) -> Codec:
    return Codec("libmp3lame", "mp3float", 16_000, 1000 * kbits)


def _g726(kbits: int) -> Codec:
    return Codec("g726", "g726", bit_rate=1000 * kbits, in_wav=True)


LINES: Mapping[str, Line] = MappingProxyType(
    {
        "low-pass-6800": Band(6800),
        "low-pass-3400": Band(3400),
        "telephone-band": Band(3400, 300),
        "8khz": Resampled(8000),
        "mu-law": Codec("pcm_mulaw", "pcm_mulaw"),
        "a-law": Codec("pcm_alaw", "pcm_alaw"),
        "g726-16": _g726(16),
        "g726-32": _g726(32),
        "gsm": GSM(),
        "amr-nb-4.75": _amr(4750),
        "amr-nb-12.2": _amr(12_200),
        "amr-wb-12.65": _amr_wide(12_650),
        "amr-wb-23.85": _amr_wide(23_850),
        "cvsd": CVSD(),
        "msbc": Codec("sbc", "sbc", 16_000, options=(("msbc", "1"),)),
        "g722": Codec("g722", "g722", 16_000),
        "opus-8": _opus(8),
        "opus-12": _opus(12),
        "opus-24": _opus(24),
        "mp3-24": _mp3(24),
        "mp3-64": _mp3(64),
        "gain-control": GainControl(),
        "loss-3-silent": PacketLoss(0.03),
        "loss-10-silent": PacketLoss(0.10),
        "loss-3-repeated": PacketLoss(0.03, repeat=True),
        "loss-10-repeated": PacketLoss(0.10, repeat=True),
        "room-0.3": Room(0.3),
        "room-1": Room(1.0),
        "room-2": Room(2.0),
        "room-4": Room(4.0),
        "noise-20": Noise(20),
        "noise-10": Noise(10),
        "noise-5": Noise(5),
    }
)
"""Name -> line. Numbers are Hz of a band, kbit/s of a codec, percent of lost packets, metres, dB of speech to noise."""
CODECS = tuple(name for name, line in LINES.items() if isinstance(line, Codec | GSM | CVSD))
"""Those of LINES that are codecs, from narrow to wide."""


def through(samples: np.ndarray, line: str | Line | Sequence[Line], rng: np.random.Generator) -> np.ndarray:
    """Samples (n,) float32 at 16 kHz, n at least 1, through a line: (n,) float32, finite, in time within 2 ms.

    ``line``: one of LINES, or several in a row, "room-2+opus-12", or Lines of one's own. ``rng`` draws rooms, noise
    and lost packets; codecs need none. Raises BadInput for a name that is no line, and for one whose codec this
    machine lacks (see ``missing``).

    A second of speech takes one core 1 ms at most (bands, gain control, packets, rooms, noise, the laws), 2 to 4
    (G.726, G.722, GSM, mSBC), 5 to 11 (AMR, Opus, mp3) or 30 (CVSD).
    """
    if isinstance(line, str):
        line = lines_named(line)
    samples = np.asarray(samples, np.float32)
    for each in line if isinstance(line, Sequence) else [line]:
        samples = each(samples, rng)
    return samples


def missing(names: Mapping[str, Line] = LINES) -> dict[str, str]:
    """Line -> what it needs, for those of LINES that this machine cannot make."""
    return {name: line.missing for name, line in names.items() if line.missing}


def missing_among(names: Iterable[str]) -> dict[str, str]:
    """As ``missing``, of names that may each stand for several of LINES in a row: "room-2+opus-12"."""
    lacking = missing()
    lacks = {name: [lacking[part] for part in _parts(name) if part in lacking] for name in names}
    return {name: needed[0] for name, needed in lacks.items() if needed}


def lines_named(names: str) -> list[Line]:
    """Those of LINES that "room-2+opus-12" asks for. Raises BadInput as ``through`` does."""
    return [_line(name) for name in _parts(names)]


def _parts(names: str) -> list[str]:
    return [name.strip() for name in names.split("+")]


def _line(name: str) -> Line:
    if name not in LINES:
        raise BadInput(f'"{name}" is no line; there are {", ".join(LINES)}.')
    if lacks := LINES[name].missing:
        raise BadInput(f"{name}: {lacks} is needed, which is not on this machine.")
    return LINES[name]
