"""Who spoke when in an upload: the analysis in a worker thread, how far it is, and its end when nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import BinaryIO

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.audio.channels_source import EACH, ChannelsSource
from app.audio.file_source import StreamSource
from app.diarisation.conference import Conference, make_recogniser, recorded_channels
from app.diarisation.recogniser import Recogniser, listen
from app.exports.document import Document
from app.schemas import Progress
from app.server.errors import ApiError, as_api_error
from app.server.service import Service
from app.server.uploads import decode_upload
from app.time_left import TimeLeft

EVERY_S = 0.5
"""How often is said how far it is, and looked whether anybody waits."""
REFUSED_WITHIN_S = 1.0
"""For so long an answer in lines waits for what is wrong with an upload, which has a status of HTTP then."""
LINES = "application/x-ndjson"


class TimelineAnalysis:
    """One upload's, from ``running`` on; nothing of it is kept. For the event loop, but for what is marked."""

    def __init__(
        self,
        service: Service,
        file: BinaryIO,
        name: str,
        channel: int | str | None,
        encode: Callable[[Document], bytes],
    ):
        """``name``: what the timeline says the file is called. ``encode``: makes the answer, in the worker thread."""
        self._service, self._file, self._name, self._channel, self._encode = service, file, name, channel, encode
        self._stop = threading.Event()
        self._waiting = True
        self._length_s: float | None = None
        self._heard_s = 0.0
        self._left = TimeLeft()
        self._job: asyncio.Future[bytes] | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Future[bytes]]:
        """The answer to come, which raises ApiError. At the end the analysis is over and reads the file no more: if
        it has not come to its own end, it is given up at once."""
        self._job = job = asyncio.ensure_future(self._service.run_job(self._run))
        try:
            yield job
        finally:
            self._stop.set()
            if self._waiting:  # for a worker, which it needs no more
                job.cancel()
            await asyncio.wait([job])
            if not job.cancelled():
                job.exception()  # looked at: nobody else may want it any more

    def progress(self) -> Progress:
        """How far it is now."""
        heard_s, length_s = self._heard_s, self._length_s
        share = heard_s / length_s if length_s and heard_s <= length_s else None
        left_s = self._left.at(share)
        return Progress(
            share=None if share is None else round(share, 4),
            left_s=None if left_s is None else round(left_s, 1),
            heard_s=round(heard_s, 1),
            waiting=self._waiting,
        )

    # ------------------------------------------------------------ in a worker thread

    def _run(self) -> bytes:
        self._waiting = False
        if self._stop.is_set():
            raise _given_up()
        source, recogniser = self._open()
        for said in listen(source, recogniser, stop=self._stop):
            self._heard_s = said.time_s
        if self._stop.is_set():
            raise _given_up()
        turns, encoder = recogniser.timeline.turns(), self._service.encoder
        return self._encode(Document.of_run(turns, self._name, self._heard_s, encoder))

    def _open(self) -> tuple[StreamSource, Recogniser | Conference]:
        service, channel, each = self._service, self._channel, self._channel == EACH
        upload = decode_upload(self._file, service.config.max_audio_s, None if each else channel, apart=each)
        self._length_s = upload.length_s
        if each:
            source: StreamSource = ChannelsSource(self._name, upload, recorded=True)
        else:
            source = StreamSource(self._name, upload, recorded=True)
        channels = recorded_channels(upload.channels) if each and upload.channels > 1 else None
        return source, make_recogniser(service.encoder, service.gallery(), service.rule, channels, channel)


def _given_up() -> ApiError:
    """Of an analysis that was stopped. Only a server that stops has anybody left to tell."""
    return ApiError(503, "stopping", "the server is stopping.", retry_s=5)


async def whole_answer(analysis: TimelineAnalysis, receive: Receive, media_type: str) -> Response:
    """The answer when it is there. Raises ApiError; to whoever has left, too, who does not see it."""
    async with analysis.running() as job, _leaving(receive) as left:
        await asyncio.wait({job, left}, return_when=asyncio.FIRST_COMPLETED)
        if not job.done():
            raise _given_up()
        return Response(job.result(), media_type=media_type)


class ProgressResponse(Response):
    """Lines of JSON: ``progress`` twice a second, and last what the analysis encodes, or ``error``.

    The status says 200 long before the end is known. Only what is wrong with an upload at once has a status of its own.
    """

    media_type = LINES

    def __init__(self, analysis: TimelineAnalysis):
        super().__init__(headers={"X-Accel-Buffering": "no"})  # proxies pass each line on as it comes
        del self.headers["content-length"]
        self._analysis = analysis

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._analysis.running() as job, _leaving(receive) as left:
            waiting = {job, left}
            await asyncio.wait(waiting, timeout=REFUSED_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            if job.done():
                job.result()
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            try:
                while not (job.done() or left.done()):
                    await _write(send, json_line("progress", asdict(self._analysis.progress())))
                    await asyncio.wait(waiting, timeout=EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                if job.done():
                    await _write(send, _last_line(job), last=True)
            except asyncio.CancelledError:  # the server stops
                await _write(send, _error_line(_given_up()), last=True)
                raise


@contextlib.asynccontextmanager
async def _leaving(receive: Receive) -> AsyncIterator[asyncio.Future]:
    """Done when the client leaves; its request must have been read."""
    left = asyncio.ensure_future(receive())
    try:
        yield left
    finally:
        left.cancel()
        await asyncio.wait([left])


async def _write(send: Send, line: bytes, *, last: bool = False) -> None:
    await send({"type": "http.response.body", "body": line, "more_body": not last})


def json_line(kind: str, values: dict) -> bytes:
    """An event as a line of JSON."""
    return json.dumps({"type": kind, **values}, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _last_line(job: asyncio.Future[bytes]) -> bytes:
    error = job.exception()
    return job.result() if error is None else _error_line(as_api_error(error))


def _error_line(error: ApiError) -> bytes:
    values = {"status": error.status_code, "code": error.code, "message": error.message}
    return json_line("error", values | ({"details": error.details} if error.details else {}))
