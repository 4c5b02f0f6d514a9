"""The JSON of the server's API, as types: what the server answers and what the client gives back.

Scores, probabilities and shares are fractions, times are seconds. The docstrings of fields are what OpenAPI shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

PROBABILITY = {"ge": 0, "le": 1}
"""The range of a field, for OpenAPI."""
WITHOUT_EXAMPLE = {"extra": "forbid", "use_attribute_docstrings": True}
"""What pydantic, which the server has and a client need not have, reads of a class besides its fields."""


def example(**values: object) -> dict[str, Any]:
    """How the server describes a class: with its fields and no others, their docstrings, and an example."""
    return {**WITHOUT_EXAMPLE, "json_schema_extra": {"examples": [values]}}


@dataclass(frozen=True)
class ErrorInfo:
    __pydantic_config__ = WITHOUT_EXAMPLE
    code: str
    """For programs; it does not change."""
    message: str
    """For people, in one line."""
    details: dict[str, Any] | None = None
    """What the code needs besides, such as `problems` of a sample."""


@dataclass(frozen=True)
class ErrorBody:
    __pydantic_config__ = example(error={"code": "no_such_person", "message": "nobody is called Ana."})
    error: ErrorInfo


@dataclass(frozen=True)
class Health:
    __pydantic_config__ = example(status="ok")
    status: Literal["ok", "stopping"]


@dataclass(frozen=True)
class ModelInfo:
    __pydantic_config__ = example(
        name="embedded",
        sha256="c5b5...",
        embedding_dim=192,
        threshold=0.48,
        margin=0.04,
        gender=True,
        limits={"max_body_bytes": 67108864, "max_audio_s": 1800, "max_streams": 16, "rate_per_s": 50},
    )
    name: str
    sha256: str
    """Of the weights. Voiceprints of other weights are never compared with these."""
    embedding_dim: int
    threshold: float
    """Cosine that a name needs, with much speech."""
    margin: float
    """Cosine by which the best person must be ahead of the next."""
    gender: bool
    """Whether the model estimates the gender of a voice."""
    limits: dict[str, float]
    """Of this server."""


@dataclass(frozen=True)
class Prompt:
    __pydantic_config__ = example(
        position="near", instruction="Near: sit as you usually do.", sentence="The old ferry leaves ..."
    )
    position: Literal["near", "back", "soft"]
    instruction: str
    sentence: str
    """Something to read; any other words in any language do as well."""
    questions: list[str] = field(default_factory=list)
    """Something to talk about in place of reading."""


@dataclass(frozen=True)
class LanguageInfo:
    __pydantic_config__ = example(code="de", name="Deutsch")
    code: str
    """ISO 639-1."""
    name: str
    """What its speakers call it."""


@dataclass(frozen=True)
class Prompts:
    __pydantic_config__ = WITHOUT_EXAMPLE
    prompts: list[Prompt]
    language: str = "en"
    """Of the sentences and the questions."""
    right_to_left: bool = False
    """Whether they are written so."""
    languages: list[LanguageInfo] = field(default_factory=list)
    """Those that there are."""


@dataclass(frozen=True)
class KnownOn:
    __pydantic_config__ = WITHOUT_EXAMPLE
    device: str
    """A microphone's name, or "file"; "live" of a live connection."""
    days: list[str]
    """In order, such as "2026-01-31"."""


@dataclass(frozen=True)
class ConsentInfo:
    __pydantic_config__ = WITHOUT_EXAMPLE
    may_keep: bool
    """Whether speech that is surely this person's may be kept, to be offered."""
    answered_on: str


@dataclass(frozen=True)
class Person:
    __pydantic_config__ = example(
        id="ana-f8ed9bc2",
        name="Ana",
        shown="Ana",
        recordings=3,
        speech_s=21.4,
        enrolled_at="2026-01-31 12:00:00",
        models=["embedded"],
        known=True,
        known_on=[{"device": "USB microphone", "days": ["2026-01-31"]}],
        consent={"may_keep": True, "answered_on": "2026-01-31"},
        offers=1,
        colour=0,
    )
    id: str
    """Safe in a path; it changes with the name."""
    name: str
    shown: str
    """The name for people to read: of an old database's it says if it is a person's, and spells what nobody sees."""
    recordings: int
    """Samples on disk."""
    speech_s: float
    """Speech behind the voiceprint."""
    enrolled_at: str | None
    """UTC; null before the first voiceprint."""
    models: list[str]
    """The models that have a voiceprint."""
    known: bool
    """Whether this server's model knows the voice."""
    known_on: list[KnownOn] = field(default_factory=list)
    """The devices and days that the voiceprint is of, as far as they are known."""
    consent: ConsentInfo | None = None
    """Null before it was asked."""
    offers: int = 0
    """Recordings that are offered to be added."""
    colour: int | None = None
    """The number of the person's colour, from 0 on, for life; null for somebody who is recorded, but not built yet."""


@dataclass(frozen=True)
class OfferInfo:
    __pydantic_config__ = example(id=7, day="2026-02-01", device="USB headset", speech_s=9.3, kept_on="2026-02-01")
    id: int
    day: str
    device: str
    speech_s: float
    kept_on: str
    """The day since when it is kept; it goes after 30."""


@dataclass(frozen=True)
class Offers:
    __pydantic_config__ = WITHOUT_EXAMPLE
    offers: list[OfferInfo]


@dataclass(frozen=True)
class People:
    __pydantic_config__ = WITHOUT_EXAMPLE
    people: list[Person]


@dataclass(frozen=True)
class Sample:
    __pydantic_config__ = example(
        id="001",
        recorded_at="2026-01-31T12:00:00+00:00",
        device="",
        position="near",
        source="ana.wav",
        quality={"speech_s": 7.1, "level_db": -22.0, "snr_db": 31.0, "clipped": 0.0},
        used=True,
    )
    id: str
    recorded_at: str | None
    device: str
    position: str
    source: str
    """Name of the file that it came from."""
    quality: dict[str, float | bool | None]
    used: bool
    """Whether it is part of this model's voiceprint."""


@dataclass(frozen=True)
class Samples:
    __pydantic_config__ = WITHOUT_EXAMPLE
    samples: list[Sample]


@dataclass(frozen=True)
class ProblemInfo:
    __pydantic_config__ = example(
        fault="short", text="only 2.1 s of speech: keep talking until the bar is full.", usable=True
    )
    fault: str
    text: str
    usable: bool
    """Whether the sample may be kept all the same, with `accept_flawed`."""
    who: str = ""
    """Of a voice that is enrolled already: under which name."""


@dataclass(frozen=True)
class SampleAdded:
    __pydantic_config__ = WITHOUT_EXAMPLE
    sample: Sample
    problems: list[ProblemInfo]
    """Flaws that were accepted."""
    person: Person


CONDITION = {
    "band": "telephone",
    "bandwidth_hz": 3875,
    "snr_db": 24.6,
    "noisy": False,
    "hint": "telephone quality: less sure",
}


@dataclass(frozen=True)
class Condition:
    """How far the sound behind an answer can be trusted."""

    __pydantic_config__ = example(**CONDITION)
    band: Literal["wide", "narrow", "telephone"]
    bandwidth_hz: float | None
    """Highest frequency, up to 8000 Hz, at which the speech stands above the noise; null if there was too little."""
    snr_db: float | None
    """Signal-to-noise ratio of the speech; null where no background was heard."""
    noisy: bool
    """Whether the speech is very noisy."""
    hint: str
    """What makes the answer less sure, for people; empty for good sound."""


@dataclass(frozen=True)
class Verification:
    __pydantic_config__ = example(
        score=0.71,
        cosine=0.69,
        probability=0.98,
        same=True,
        threshold=0.48,
        speech_s=[7.2, 6.4],
        warnings=[[], ["telephone quality: less sure"]],
        conditions=[{"band": "wide", "bandwidth_hz": 7875, "snr_db": 38.1, "noisy": False, "hint": ""}, CONDITION],
    )
    score: float
    """-1 to 1, on the scale of a cosine."""
    cosine: float
    """Before it was normalised against the model's cohort."""
    probability: float = field(metadata=PROBABILITY)
    same: bool
    threshold: float
    speech_s: list[float]
    """Speech heard in each upload, at most a minute."""
    warnings: list[list[str]]
    """What makes the answer less sure, for each upload."""
    conditions: list[Condition] = field(default_factory=list)
    """In what condition the speech of each upload was heard."""


@dataclass(frozen=True)
class Identified:
    __pydantic_config__ = example(
        label="Ana",
        kind="person",
        speaker="Ana",
        confidence=0.98,
        certainty="certain",
        scores={"Ana": 0.74, "Ben": 0.11},
        threshold=0.48,
        reason="",
        gender="female",
        gender_confidence=0.97,
        speech_s=8.2,
        duration_s=9.6,
        condition=CONDITION,
    )
    label: str
    """A name, or "unknown". Of somebody who has the program's own word for a name it is "unknown (person)"."""
    kind: Literal["person", "unknown"]
    """What the label stands for."""
    speaker: str | None
    """The person's name as it is enrolled; null for an unknown voice."""
    confidence: float = field(metadata=PROBABILITY)
    certainty: Literal["certain", "likely", "unknown"]
    """How sure the name is: of a hundred strangers one gets a name that is certain, and up to five one that is likely
    or certain, however many people are enrolled."""
    scores: dict[str, float]
    threshold: float
    reason: str
    """Why it is unknown; empty for a name."""
    gender: Literal["female", "male"] | None
    gender_confidence: float = field(metadata=PROBABILITY)
    speech_s: float
    duration_s: float
    condition: Condition | None = None
    """In what condition the speech was heard."""


TURN = {
    "start_s": 0.48,
    "end_s": 3.2,
    "label": "Ana",
    "speaker": "Ana",
    "kind": "person",
    "confidence": 0.98,
    "certainty": "certain",
    "corrected": False,
    "channel": 1,
    "gender": "female",
}


@dataclass(frozen=True)
class Turn:
    __pydantic_config__ = example(**TURN)
    start_s: float
    end_s: float
    label: str
    """A name, "unknown", or "Unknown 1" and so on."""
    speaker: str
    """The same as `label`, which it was called before."""
    kind: Literal["person", "voice", "unknown"]
    """What the label stands for: somebody enrolled, one unknown voice among others, or just unknown."""
    confidence: float | None = field(default=None, metadata=PROBABILITY)
    """How probable the label is, unknown voices as one another's equals; null while the turn goes on, and for a label
    that a person gave."""
    certainty: Literal["certain", "likely", "unknown"] | None = None
    """How sure a name is; null where ``confidence`` is."""
    corrected: bool = False
    """Whether a person gave the label."""
    channel: int = 1
    gender: Literal["female", "male"] | None = None


@dataclass(frozen=True)
class TimelineModel:
    __pydantic_config__ = WITHOUT_EXAMPLE
    id: str
    sha256: str | None
    """Of the weights."""


@dataclass(frozen=True)
class TimelineInfo:
    __pydantic_config__ = example(
        version=1,
        file="talk",
        duration_s=67.2,
        model={"id": "embedded", "sha256": "c5b5..."},
        turns=[TURN],
        talk_time_s={"Ana": 2.72},
    )
    version: int
    """Of this schema; see docs/exports.md."""
    file: str
    duration_s: float | None
    model: TimelineModel | None
    turns: list[Turn]
    talk_time_s: dict[str, float]
    """Seconds of each, who spoke most first."""


@dataclass(frozen=True)
class Progress:
    """How far an analysis is; a line of ``progress=1``."""

    share: float | None = None
    """Of the recording, 0 to 1; null while it waits, and if the recording does not say how long it is."""
    left_s: float | None = None
    """Seconds that it will still take; null while that cannot be told."""
    heard_s: float = 0.0
    """Seconds of the recording that were analysed."""
    waiting: bool = False
    """Whether it has yet to begin, because other uploads are analysed."""


@dataclass(frozen=True)
class Embedding:
    __pydantic_config__ = example(
        model="embedded",
        sha256="c5b5...",
        embedding=[0.01, -0.08],
        speech_s=7.2,
        gender="female",
        gender_confidence=0.97,
    )
    model: str
    sha256: str
    """Of the weights; embeddings of other weights cannot be compared."""
    embedding: list[float]
    """Of unit length."""
    speech_s: float
    gender: Literal["female", "male"] | None
    gender_confidence: float = field(metadata=PROBABILITY)
