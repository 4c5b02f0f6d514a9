"""``/v1/transcripts``: names for a transcript that has the words, by the recording, or other names for those in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from app.exports.document import Document
from app.server.errors import UPLOAD, ApiError, error_responses
from app.server.service import Service, service_of
from app.server.timeline_analysis import TimelineAnalysis, whole_answer
from app.server.uploads import TimelineChannelParameter
from app.transcripts.labelling import Labelled, label_transcript, parse_rename, rename_speakers
from app.transcripts.reading import read_transcript
from utils import BadInput

LARGEST_BYTES = 8 << 20
"""Of a transcript."""
MOST_NAMES = 200
NAME = "transcript"
"""What it is called in errors."""
KINDS = {
    "application/x-subrip": {"type": "string"},
    "text/vtt": {"type": "string"},
    "application/json": {},
    "application/ttml+xml": {"type": "string"},
    "text/tab-separated-values": {"type": "string"},
    "text/plain": {"type": "string"},
}
"""The media types of what comes back, and their schemas for OpenAPI."""
ANSWER = {
    "description": "The transcript in its own format, with speakers.",
    "content": {media: {"schema": schema} for media, schema in KINDS.items()},
}
router = APIRouter(prefix="/v1", tags=["recordings"])


@router.post("/transcripts", response_class=Response, responses={**error_responses(*UPLOAD), 200: ANSWER})
async def transcripts(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    transcript: Annotated[
        UploadFile,
        File(description="SubRip, WebVTT, JSON of Whisper or its kin, TTML, TSV or CTM; at most 8 MiB."),
    ],
    file: Annotated[
        UploadFile | None, File(description="The recording; without it `rename` gives those in the transcript names.")
    ] = None,
    rename: Annotated[list[str], Form(max_length=MOST_NAMES, description='Other names, such as "Unknown 1=Ben".')] = [],  # noqa: B006 (FastAPI copies it)
    channel: TimelineChannelParameter = None,
) -> Response:
    """A transcript with the names of who speaks; everything else stays byte for byte. Nothing of it is kept."""
    if file is None and not rename:
        raise ApiError(422, "invalid_request", "send the recording as file, or rename.")
    content = await transcript.read(LARGEST_BYTES + 1)
    try:
        names = dict(map(parse_rename, rename))
        found, _ = await service.run_job(lambda: read_transcript(content, NAME, most=LARGEST_BYTES))
        if file is None:
            made = await service.run_job(lambda: rename_speakers(content, names, NAME, most=LARGEST_BYTES))
            return _answer(made)
    except BadInput as error:
        raise _refused(error) from None

    def encode(document: Document) -> bytes:
        try:
            return label_transcript(content, document.turns, NAME, names, most=LARGEST_BYTES).content
        except BadInput as error:
            raise _refused(error) from None

    analysis = TimelineAnalysis(service, file.file, NAME, channel, encode)
    return await whole_answer(analysis, request.receive, found.media_type)


def _answer(made: Labelled) -> Response:
    return Response(made.content, media_type=made.media_type)


def _refused(error: BadInput) -> ApiError:
    return ApiError(422, "bad_transcript", str(error))
