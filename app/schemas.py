"""The JSON of the API, as types: what OpenAPI shows. Scores and probabilities are fractions, times are seconds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PROBABILITY = Field(ge=0, le=1)


class Schema(BaseModel):
    """With an example for the documentation."""

    model_config = ConfigDict(extra="forbid")


def example(**values: object) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class ErrorInfo(Schema):
    code: str = Field(description="For programs; it does not change.")
    message: str = Field(description="For people, in one line.")
    details: dict | None = Field(None, description="What the code needs besides, such as `problems` of a sample.")


class ErrorBody(Schema):
    model_config = example(error={"code": "no_such_person", "message": "nobody is called Ana."})
    error: ErrorInfo


class Health(Schema):
    model_config = example(status="ok")
    status: Literal["ok", "stopping"]


class ModelInfo(Schema):
    model_config = example(
        name="embedded",
        sha256="c5b5...",
        embedding_dim=192,
        threshold=0.48,
        margin=0.04,
        gender=True,
        limits={"max_body_bytes": 67108864, "max_audio_s": 1800, "max_streams": 16, "rate_per_s": 50},
    )
    name: str
    sha256: str = Field(description="Of the weights. Voiceprints of other weights are never compared with these.")
    embedding_dim: int
    threshold: float = Field(description="Cosine that a name needs, with much speech.")
    margin: float = Field(description="Cosine by which the best person must be ahead of the next.")
    gender: bool = Field(description="Whether the model estimates the gender of a voice.")
    limits: dict[str, float] = Field(description="Of this server.")


class Prompt(Schema):
    model_config = example(
        position="near", instruction="Near: sit as you usually do.", sentence="The old ferry leaves ..."
    )
    position: Literal["near", "back", "soft"]
    instruction: str
    sentence: str = Field(description="Something to read; any other words in any language do as well.")


class Prompts(Schema):
    prompts: list[Prompt]


class Name(Schema):
    model_config = example(name="Ana")
    name: Annotated[str, Field(min_length=1, max_length=120, description="As it is to be shown.")]


class Person(Schema):
    model_config = example(
        id="ana-f8ed9bc2",
        name="Ana",
        recordings=3,
        speech_s=21.4,
        enrolled_at="2026-01-31 12:00:00",
        models=["embedded"],
        known=True,
    )
    id: str = Field(description="Safe in a path; it changes with the name.")
    name: str
    recordings: int = Field(description="Samples on disk.")
    speech_s: float = Field(description="Speech behind the voiceprint.")
    enrolled_at: str | None = Field(description="UTC; null before the first voiceprint.")
    models: list[str] = Field(description="The models that have a voiceprint.")
    known: bool = Field(description="Whether this server's model knows the voice.")


class People(Schema):
    people: list[Person]


class SampleInfo(Schema):
    model_config = example(
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
    source: str = Field(description="Name of the file that it came from.")
    quality: dict[str, float | bool | None]
    used: bool = Field(description="Whether it is part of this model's voiceprint.")


class Samples(Schema):
    samples: list[SampleInfo]


class ProblemInfo(Schema):
    model_config = example(fault="short", text="only 2.1 s of speech: keep talking until the bar is full.", usable=True)
    fault: str
    text: str
    usable: bool = Field(description="Whether the sample may be kept all the same, with `accept_flawed`.")


class SampleAdded(Schema):
    sample: SampleInfo
    problems: list[ProblemInfo] = Field(description="Flaws that were accepted.")
    person: Person


class Verification(Schema):
    model_config = example(
        score=0.71,
        cosine=0.69,
        probability=0.98,
        same=True,
        threshold=0.48,
        speech_s=[7.2, 6.4],
        warnings=[[], ["noisy (speech only 9 dB above it)"]],
    )
    score: float = Field(description="-1 to 1, on the scale of a cosine.")
    cosine: float = Field(description="Before it was normalised against the model's cohort.")
    probability: Annotated[float, PROBABILITY]
    same: bool
    threshold: float
    speech_s: list[float] = Field(description="Speech heard in each upload, at most a minute.")
    warnings: list[list[str]] = Field(description="What makes the answer less sure, for each upload.")


class Identified(Schema):
    model_config = example(
        label="Ana",
        speaker="Ana",
        confidence=0.98,
        scores={"Ana": 0.74, "Ben": 0.11},
        threshold=0.48,
        reason="",
        gender="female",
        gender_confidence=0.97,
        speech_s=8.2,
        duration_s=9.6,
    )
    label: str = Field(description='A name, or "unknown".')
    speaker: str | None
    confidence: Annotated[float, PROBABILITY]
    scores: dict[str, float]
    threshold: float
    reason: str = Field(description="Why it is unknown; empty for a name.")
    gender: Literal["female", "male"] | None
    gender_confidence: Annotated[float, PROBABILITY]
    speech_s: float
    duration_s: float


class TurnInfo(Schema):
    model_config = example(start_s=0.48, end_s=3.2, speaker="Ana")
    start_s: float
    end_s: float
    speaker: str = Field(description='A name, "unknown", or "Unknown 1" and so on.')


class TimelineInfo(Schema):
    model_config = example(
        file="talk", turns=[{"start_s": 0.48, "end_s": 3.2, "speaker": "Ana"}], talk_time_s={"Ana": 2.72}
    )
    file: str
    turns: list[TurnInfo]
    talk_time_s: dict[str, float] = Field(description="Seconds of each, who spoke most first.")


class Embedding(Schema):
    model_config = example(
        model="embedded",
        sha256="c5b5...",
        embedding=[0.01, -0.08],
        speech_s=7.2,
        gender="female",
        gender_confidence=0.97,
    )
    model: str
    sha256: str = Field(description="Of the weights; embeddings of other weights cannot be compared.")
    embedding: list[float] = Field(description="Of unit length.")
    speech_s: float
    gender: Literal["female", "male"] | None
    gender_confidence: Annotated[float, PROBABILITY]


def errors(*statuses: int) -> dict[int | str, dict]:
    """The error answers of an operation, for OpenAPI; 401 and 429 are everywhere."""
    meaning = {
        400: "The request is not well-formed.",
        401: "No token, or a wrong one.",
        404: "Nobody is called that, or there is no such sample.",
        408: "The request did not arrive in time.",
        409: "It is there already.",
        413: "Too many bytes, or too much audio.",
        415: "Not audio that can be read.",
        422: "The request, the name or the audio cannot be used.",
        429: "Too much at once: come back after `Retry-After` seconds.",
        503: "The server cannot do it now.",
        507: "The server's disk is full.",
    }
    return {
        status: {"model": ErrorBody, "description": meaning[status]} for status in sorted({401, 429, 503, *statuses})
    }


UPLOAD = (400, 408, 413, 415, 422, 507)
