"""How far the sound behind an answer can be trusted, and the words for it, which are the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Band(StrEnum):
    """How much of the band of speech was heard."""

    WIDE = "wide"
    NARROW = "narrow"
    """Cut off below 6 kHz, as by a low bit rate."""
    TELEPHONE = "telephone"


NARROW_HZ, TELEPHONE_HZ = 6000.0, 4500.0
"""Band up to which speech that a line has cut off is narrow, and up to which it is a telephone's."""
CALLED_HZ = 5500.0
"""Band up to which speech is a telephone's if the model heard it so: lines may end in a slope, noise may hide it."""
NOISY_DB = 10.0
"""Signal-to-noise ratio below which speech is very noisy: the same that enrolment asks for."""
STAYS_HZ, STAYS_DB = 500.0, 1.5
"""How far beyond these limits a condition that was found stays: what wavers is not shown to waver."""
PHRASES = {Band.TELEPHONE: "telephone quality", Band.NARROW: "a narrow band"}
NOISY = "very noisy"
LESS_SURE = "less sure"


@dataclass(frozen=True)
class Condition:
    """The condition of the speech that an answer rests on."""

    band: Band = Band.WIDE
    bandwidth_hz: float | None = None
    """Highest frequency, up to 8000 Hz, at which the speech stands above the noise; None if there is too little of it
    to tell."""
    snr_db: float | None = None
    """Signal-to-noise ratio of the speech in dB, -20 to 60; None where no background was heard."""
    noisy: bool = False
    """Whether the speech is very noisy."""

    @property
    def hint(self) -> str:
        """What makes the answer less sure, for people: "telephone quality: less sure"; empty for good sound."""
        found = [PHRASES[self.band]] if self.band in PHRASES else []
        found += [NOISY] if self.noisy else []
        return f"{', '.join(found)}: {LESS_SURE}" if found else ""

    def as_json(self) -> dict:
        """A dictionary of JSON values, with ``hint``."""
        return {
            "band": self.band.value,
            "bandwidth_hz": None if self.bandwidth_hz is None else round(self.bandwidth_hz),
            "snr_db": None if self.snr_db is None else round(self.snr_db, 1),
            "noisy": self.noisy,
            "hint": self.hint,
        }


def judge_condition(
    bandwidth_hz: float | None,
    cut_off: bool,
    snr_db: float | None,
    *,
    by_telephone: bool = False,
    before: Condition | None = None,
) -> Condition:
    """The condition by what was measured (``app.audio.condition``) and by how the model heard the voice.

    ``by_telephone``: whether the embedding is one of a telephone's band (``app.scoring.channel``); what is seen to be
    wide it cannot make narrow. ``before``: what was found of the same turn a moment ago, which stays unless it is
    clearly over.
    """
    before = before or Condition()
    return Condition(
        band=_band(bandwidth_hz, cut_off, by_telephone, before.band),
        bandwidth_hz=bandwidth_hz,
        snr_db=snr_db,
        noisy=before.noisy if snr_db is None else snr_db < NOISY_DB + STAYS_DB * before.noisy,
    )


def _band(bandwidth_hz: float | None, cut_off: bool, by_telephone: bool, before: Band) -> Band:
    if bandwidth_hz is None:
        return Band.TELEPHONE if by_telephone else before

    if cut_off and bandwidth_hz <= TELEPHONE_HZ:
        return Band.TELEPHONE
    if bandwidth_hz <= CALLED_HZ + STAYS_HZ * (before is Band.TELEPHONE) and (by_telephone or before is Band.TELEPHONE):
        return Band.TELEPHONE
    if bandwidth_hz <= NARROW_HZ + STAYS_HZ * (before is not Band.WIDE) and (cut_off or before is Band.NARROW):
        return Band.NARROW
    return Band.WIDE
