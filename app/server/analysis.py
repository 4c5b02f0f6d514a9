"""``/v1/verify``, ``identify`` and ``embeddings``: what a recording says about voices. Nothing of it is kept."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import Annotated, BinaryIO

import numpy as np
from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile

from app.audio.channels_source import EACH
from app.audio.condition import measure_condition
from app.audio.vad import detect_speech
from app.enrolment.segments import MIN_SPEECH_S, embed_segments, pool_embeddings
from app.exports.document import Document
from app.exports.formats import FORMATS
from app.exports.json_document import as_json
from app.schemas import Condition, Embedding, Identified, TimelineInfo, Verification
from app.scoring.decision import decide
from app.scoring.gallery import score
from app.scoring.labels import label_of
from app.server import people_service
from app.server.errors import UPLOAD, ApiError, error_responses
from app.server.service import Service, service_of
from app.server.timeline_analysis import ProgressResponse, TimelineAnalysis, json_line, whole_answer
from app.server.timelines import ANSWER, PROGRESS, FormatParameter, MergeParameter, ProgressParameter, asked_format
from app.server.uploads import (
    ChannelParameter,
    TimelineChannelParameter,
    duration_s,
    read_upload,
)
from app.verification import SpeakerEmbedding, embed_recordings, find_condition, verify_embeddings
from utils import BadInput

router = APIRouter(prefix="/v1", tags=["recordings"])
ServiceParameter = Annotated[Service, Depends(service_of)]


@router.post("/verify", responses=error_responses(404, *UPLOAD))
async def verify(
    service: ServiceParameter,
    a: Annotated[UploadFile, File(description="One person speaking.")],
    b: Annotated[UploadFile | None, File(description="One person speaking; or say `person`.")] = None,
    person: Annotated[str | None, Form(max_length=300, description="Id or name of an enrolled person.")] = None,
    channel: ChannelParameter = None,
) -> Verification:
    """Whether one person speaks in both uploads, or an enrolled person in one."""
    if (b is None) == (not person):
        raise ApiError(422, "invalid_request", "send either a second upload as b, or person.")
    return await service.run_job(lambda: _verify(service, a.file, b.file if b else None, person, channel))


@router.post(
    "/identify",
    response_model=Identified | TimelineInfo,
    responses={
        **error_responses(*UPLOAD),
        200: {
            "description": "Who speaks; with `timeline=1` who spoke when, in the format asked for.",
            "content": ANSWER["content"] | PROGRESS,
        },
    },
)
async def identify(
    request: Request,
    service: ServiceParameter,
    file: Annotated[UploadFile, File(description="A recording: of one person, or with `timeline=1` of several.")],
    timeline: Annotated[bool, Query(description="Who spoke when, in place of one answer.")] = False,
    format: FormatParameter = None,
    merge_gaps: MergeParameter = None,
    channel: TimelineChannelParameter = None,
    progress: ProgressParameter = False,
) -> object:
    """Who speaks in an upload. Closing the connection ends the analysis."""
    if not timeline:
        if channel == EACH or progress:
            what = "each channel by itself" if channel == EACH else "progress"
            raise ApiError(422, "invalid_request", f"{what} is for timeline=1.")
        return await service.run_job(lambda: _identify(service, file.file, channel))
    name = PurePath((file.filename or "").replace("\\", "/")).stem[:120] or "audio"
    if progress:
        if format not in (None, "json"):
            raise ApiError(422, "invalid_request", "progress comes with JSON; /v1/timeline makes other formats of it.")
        encode = partial(_timeline_line, merge_gaps=bool(merge_gaps))
        return ProgressResponse(TimelineAnalysis(service, file.file, name, channel, encode))
    chosen = FORMATS[asked_format(format, request)]
    analysis = TimelineAnalysis(service, file.file, name, channel, partial(chosen.encode, merge_gaps=merge_gaps))
    return await whole_answer(analysis, request.receive, chosen.media_type)


@router.post("/embeddings", responses=error_responses(*UPLOAD))
async def embeddings(
    service: ServiceParameter,
    file: Annotated[UploadFile, File(description="One person speaking.")],
    channel: ChannelParameter = None,
) -> Embedding:
    """The embedding of the voice in an upload: of unit length, its speech in pieces of 3 s and their mean."""
    return await service.run_job(lambda: _embedding(service, file.file, channel))


# ---------------------------------------------------------------------------- in worker threads


def _embed_upload(service: Service, file: BinaryIO, channel: int | None) -> tuple[SpeakerEmbedding, float]:
    """The voice of all of an upload's speech, and how many seconds the upload has. Raises ApiError for too little."""
    sound = detect_speech(read_upload(file, service.config.max_audio_s, channel))
    speech = sound.speech()
    spoken_s = duration_s(speech)
    if spoken_s < MIN_SPEECH_S:
        text = f"{spoken_s:.1f} s of speech are too little (at least {MIN_SPEECH_S:g} s)."
        raise ApiError(422, "too_little_speech", text)
    embedding = pool_embeddings(*embed_segments(service.encoder, speech))
    condition = find_condition(measure_condition(sound), embedding, service.encoder.cohort)
    return SpeakerEmbedding(embedding, spoken_s, (), condition), duration_s(sound.samples)


def _verify(service: Service, a: BinaryIO, b: BinaryIO | None, person: str | None, channel: int | None) -> Verification:
    voice = _read_voice(service, a, "a", channel)
    rule = service.rule
    if b is not None:
        others = [_read_voice(service, b, "b", channel)]
    else:  # whose speech was long enough to be enrolled, and is not looked at again
        others = [SpeakerEmbedding(row, voice.speech_s, ()) for row in _enrolled(service, person)]
        rule = rule.among(service.gallery(), people=1)
    answers = [verify_embeddings(voice, other, rule, service.encoder.cohort) for other in others]
    best = max(answers, key=lambda answer: answer.score).as_json()
    if b is None:
        best.update({part: best[part][:1] for part in ("speech_s", "warnings", "conditions")})
    best["conditions"] = [Condition(**condition) for condition in best["conditions"]]
    return Verification(**best)


def _read_voice(service: Service, file: BinaryIO, part: str, channel: int | None) -> SpeakerEmbedding:
    """The voice in an upload, as ``python -m app verify`` hears it. Raises ApiError for too little speech."""
    sound = read_upload(file, service.config.max_audio_s, channel)
    try:
        return embed_recordings(service.encoder, [sound])[0]
    except BadInput as error:
        raise ApiError(422, "too_little_speech", f"{part}: {str(error).removeprefix('sound 1: ')}") from None


def _enrolled(service: Service, person: str) -> np.ndarray:
    """(rows, D) voiceprints of a person. Raises ApiError if there are none."""
    with service.store() as store:
        name = people_service.find_name(store, person)
    known = service.gallery()
    rows = [index for index, other in enumerate(known.names) if other == name]
    if not rows:
        raise ApiError(422, "not_enrolled", "this person has no voiceprint of this model yet: add a sample.")
    return known.vectors[rows]


def _identify(service: Service, file: BinaryIO, channel: int | None) -> Identified:
    voice, sound_s = _embed_upload(service, file, channel)
    gallery = service.gallery()
    rule = service.rule.among(gallery).at(voice.speech_s)
    scores = score(voice.embedding, gallery)
    decision = decide(scores, rule)
    gender, gender_confidence = service.encoder.gender(voice.embedding)
    return Identified(
        label=str(label := label_of(decision.speaker)),
        kind=label.kind.value,
        speaker=decision.speaker,
        confidence=round(decision.confidence, 4),
        scores={name: round(value, 4) for name, value in scores.items()},
        threshold=round(rule.threshold, 4),
        certainty=decision.certainty.value,
        reason=decision.reason,
        gender=gender,
        gender_confidence=round(gender_confidence, 4),
        speech_s=round(voice.speech_s, 2),
        duration_s=round(sound_s, 2),
        condition=Condition(**voice.condition.as_json()),
    )


def _timeline_line(document: Document, *, merge_gaps: bool) -> bytes:
    return json_line("timeline", {"timeline": as_json(document.tidy(merge_gaps=merge_gaps))})


def _embedding(service: Service, file: BinaryIO, channel: int | None) -> Embedding:
    voice, _ = _embed_upload(service, file, channel)
    gender, gender_confidence = service.encoder.gender(voice.embedding)
    return Embedding(
        model=service.encoder.model_id,
        sha256=service.encoder.sha256,
        embedding=[round(float(value), 6) for value in voice.embedding],
        speech_s=round(voice.speech_s, 2),
        gender=gender,
        gender_confidence=round(gender_confidence, 4),
    )
