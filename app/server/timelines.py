"""Who spoke when, in the formats of an export: which one a request asks for, and ``/v1/timeline``, another format of a
timeline that is there already."""

from __future__ import annotations

from typing import Annotated, BinaryIO, Literal

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile

from app.exports.document import Document
from app.exports.formats import FORMATS
from app.exports.reading import document_of_json
from app.schemas import TimelineInfo
from app.server.errors import UPLOAD, error_responses
from app.server.service import Service, service_of

FormatName = Literal[tuple(FORMATS)]
FormatParameter = Annotated[
    FormatName | None,
    Query(description="Of the timeline; without it the header `Accept` chooses, and JSON is what is given else."),
]
MergeParameter = Annotated[
    bool | None,
    Query(description="Join a speaker's turns with less than a second between them. Default: in srt, vtt and text."),
]
ProgressParameter = Annotated[
    bool,
    Query(description="With `timeline=1`: lines of JSON while it goes on, and the timeline, in JSON, in the last one."),
]
ANSWER = {
    "description": "Who spoke when, in the format asked for.",
    "content": {
        media: {"schema": {"type": "string"}}
        for media in dict.fromkeys(one.media_type for one in FORMATS.values())
        if media != "application/json"
    },
}
"""Of OpenAPI, besides the JSON."""
PROGRESS = {
    "application/x-ndjson": {
        "schema": {
            "type": "string",
            "description": "With `progress=1`: one JSON object in a line. Its `type` is `progress`, twice a second, and"
            " in the last line `timeline`, or `error` with the `status` that it would have had.",
        },
        "example": """\
{"type": "progress", "share": 0.42, "left_s": 31.0, "heard_s": 756.0, "waiting": false}
{"type": "timeline", "timeline": {"version": 1, "file": "talk", "turns": []}}
""",
    }
}
"""The same for an answer in lines."""
router = APIRouter(prefix="/v1", tags=["recordings"])


@router.post("/timeline", response_model=TimelineInfo, responses={**error_responses(*UPLOAD), 200: ANSWER})
async def timeline(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    file: Annotated[UploadFile, File(description="A timeline in JSON, as `identify` or an export gives it.")],
    format: FormatParameter = None,
    merge_gaps: MergeParameter = None,
) -> object:
    """A timeline in another format. Nothing is analysed, and nothing kept."""
    chosen = FORMATS[asked_format(format, request)]
    made = await service.run_job(lambda: chosen.encode(_read(file.file), merge_gaps=merge_gaps))
    return Response(made, media_type=chosen.media_type)


def asked_format(format: str | None, request: Request) -> str:
    """The name of the format that a request asks for: by its query, else by its header Accept, else JSON."""
    if format is not None:
        return format
    weighed = []
    for position, part in enumerate(request.headers.get("accept", "").split(",")):
        media, *parameters = (word.strip().lower() for word in part.split(";"))
        quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        try:
            weighed.append((-float(quality), position, media))
        except ValueError:
            continue
    by_media = {one.media_type: name for name, one in FORMATS.items()}  # text/plain is the last one's, "text"
    return next((by_media[media] for weight, _, media in sorted(weighed) if weight and media in by_media), "json")


def _read(file: BinaryIO) -> Document:
    file.seek(0)
    return document_of_json(file.read(), "file")
