"""The Wyoming protocol over real sockets, spoken by the protocol's own client; behind it a scripted speech-to-text
server of the same library."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.server import AsyncEventHandler, AsyncServer

from app.audio.reading.reader import read_audio
from app.diarisation.rttm import read_rttm
from app.wyoming.handler import WyomingOptions
from app.wyoming.naming import Namer
from app.wyoming.process import check_uri, is_local, serve_async
from tests.support.broker import free_port, until
from tests.support.demo_data import enrol_demo
from utils import ROOT, BadInput, resample

THEM = Attribution("Them", "https://example.org")


@pytest.fixture(scope="module")
def namer(encoder, demo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Namer:
    return Namer(encoder, enrol_demo(tmp_path_factory.mktemp("wyoming"), encoder, demo_dir))


@pytest.fixture(scope="module")
def ana(demo_dir: Path) -> np.ndarray:
    return read_audio(demo_dir / "enrolment" / "Ana" / "05.flac")


@pytest.fixture(scope="module")
def stranger(demo_dir: Path) -> np.ndarray:
    """The demo's fourth voice, whom nobody enrolled."""
    turn = max(
        (turn for turn in read_rttm(demo_dir / "conversation.rttm") if turn.label == "Stranger"),
        key=lambda turn: turn.duration_s,
    )
    return read_audio(demo_dir / "conversation.flac")[round(turn.start_s * 16000) : round(turn.end_s * 16000)]


class Asr(AsyncEventHandler):
    """Writes down what comes, and answers with how many samples it heard."""

    def __init__(self, *arguments: object, heard: list[Event], silent: bool = False):
        super().__init__(*arguments)
        self.heard, self.silent = heard, silent

    async def handle_event(self, event: Event) -> bool:
        self.heard.append(event)
        if Describe.is_type(event.type):
            model = AsrModel("small", THEM, True, "", "1", languages=["en", "de"])
            await self.write_event(Info(asr=[AsrProgram("scripted", THEM, True, "writes", "1", [model])]).event())
        if AudioStop.is_type(event.type) and not self.silent:
            count = sum(len(one.payload or b"") // 2 for one in self.heard if AudioChunk.is_type(one.type))
            await self.write_event(Transcript(f"{count} samples", language="en", context={"more": 1}).event())
        return not (AudioStop.is_type(event.type) and self.silent)


@asynccontextmanager
async def asr(**how: object) -> AsyncIterator[tuple[str, list[Event]]]:
    heard: list[Event] = []
    uri = f"tcp://127.0.0.1:{free_port()}"
    server = AsyncServer.from_uri(uri)
    await server.start(partial(Asr, heard=heard, **how))
    yield uri, heard
    await server.stop()


@asynccontextmanager
async def serving(namer: Namer, **how: object) -> AsyncIterator[str]:
    uri, ready = f"tcp://127.0.0.1:{free_port()}", asyncio.Event()
    task = asyncio.create_task(serve_async(uri, namer, WyomingOptions(**how), lambda _: ready.set()))
    await asyncio.wait({asyncio.create_task(ready.wait()), task}, return_when=asyncio.FIRST_COMPLETED)
    yield uri
    task.cancel()
    await asyncio.wait({task})


async def say(uri: str, samples: np.ndarray, rate: int = 16000, channels: int = 1, width: int = 2) -> Event:
    """The answer to an utterance, sent as a satellite does."""
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
    pcm = np.repeat(pcm[:, None], channels, axis=1)
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStart(rate, width, channels).event())
        for at in range(0, len(pcm), 1024):
            await client.write_event(AudioChunk(rate, width, channels, pcm[at : at + 1024].tobytes()).event())
        await client.write_event(AudioStop().event())
        answer = await asyncio.wait_for(client.read_event(), 120)
        assert answer is not None
        return answer


def check(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 300))


def test_it_describes_itself_and_answers_a_ping(namer):
    async def work() -> None:
        async with serving(namer) as uri, AsyncClient.from_uri(uri) as client:
            await client.write_event(Describe().event())
            (program,) = Info.from_event(await client.read_event()).asr
            assert (program.name, program.installed) == ("heard", True)
            assert "3 people" in program.description
            await client.write_event(Ping(text="x").event())
            assert Pong.is_type((await client.read_event()).type)

    check(work)


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (48000, 2), (8000, 1)])
def test_it_says_who_spoke_and_how_sure_that_is(namer, ana, rate: int, channels: int):
    async def work() -> None:
        async with serving(namer) as uri:
            answer = await say(uri, resample(ana, 16000, rate), rate, channels)
            said = answer.data["speaker"]
            assert Transcript.from_event(answer).context["speaker"] == said
            if rate == 8000:  # by telephone it may be less sure
                assert said["certainty"] in ("certain", "likely", "unknown")
                return
            assert Transcript.from_event(answer).text == "Ana"
            assert (said["speaker"], said["certainty"]) == ("Ana", "certain")
            assert 0.5 < said["confidence"] <= 1

    check(work)


def test_strangers_and_too_little_speech_are_unknown_with_a_reason(namer, stranger, ana):
    async def work() -> None:
        async with serving(namer) as uri:
            for samples, reason in (
                (stranger, "closest:"), (np.zeros(16000, np.float32), "0.0 s of speech"), (ana[:0], "0.0 s of speech"),
            ):  # fmt: skip
                answer = await say(uri, samples)
                assert Transcript.from_event(answer).text == "unknown"
                assert answer.data["speaker"]["speaker"] is None
                assert reason in answer.data["speaker"]["reason"]

    check(work)


def test_a_transcript_of_the_server_behind_gets_the_speaker_and_keeps_the_rest(namer, ana):
    async def work() -> None:
        async with asr() as (behind, heard), serving(namer, asr=behind) as uri:
            answer = await say(uri, ana)
            transcript = Transcript.from_event(answer)
            assert (transcript.text, transcript.language) == (f"{len(ana)} samples", "en")
            assert transcript.context["more"] == 1
            assert transcript.context["speaker"]["speaker"] == "Ana"
            assert [event.type for event in heard][:2] == ["transcribe", "audio-start"]
            assert heard[0].data == {"language": "en"}
            sent = b"".join(event.payload for event in heard if event.type == "audio-chunk")
            assert sent == (np.clip(ana, -1, 1) * 32767).astype("<i2").tobytes()
            async with AsyncClient.from_uri(uri) as client:
                await client.write_event(Describe().event())
                (program,) = Info.from_event(await client.read_event()).asr
                assert (program.name, program.models[0].languages) == ("scripted", ["en", "de"])
                assert program.description == "writes; Heard says who speaks"

    check(work)


def test_of_strangers_nothing_reaches_the_server_behind_if_only_enrolled_people_may_speak(namer, ana, stranger):
    async def work() -> None:
        async with asr() as (behind, heard), serving(namer, asr=behind, least="certain") as uri:
            answer = await say(uri, stranger)
            assert Transcript.from_event(answer).text == ""
            assert answer.data["speaker"]["speaker"] is None
            assert heard == []
            assert Transcript.from_event(await say(uri, ana)).text == f"{len(ana)} samples"

    check(work)


def test_a_server_behind_that_is_not_there_or_hangs_up_is_told(namer, ana):
    async def work() -> None:
        async with serving(namer, asr=f"tcp://127.0.0.1:{free_port()}") as uri:
            answer = await say_or_error(uri, ana)
            assert (answer.type, Error.from_event(answer).code) == ("error", "asr_unreachable")
        async with asr(silent=True) as (behind, _), serving(namer, asr=behind) as uri:
            assert Error.from_event(await say(uri, ana)).code == "asr_silent"

    check(work)


async def say_or_error(uri: str, samples: np.ndarray) -> Event:
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Transcribe().event())
        answer = await client.read_event()
        assert answer is not None
        return answer


@pytest.mark.parametrize(
    "sent",
    [
        Event("audio-start", {"rate": 16000}),
        Event("audio-start", {"rate": "x", "width": 2, "channels": 1}),
        AudioStart(16000, 4, 1).event(),
        AudioStart(16000, 2, 99).event(),
        AudioStart(1, 2, 1).event(),
    ],
)
def test_what_is_no_event_is_told_and_ends_the_connection(namer, sent: Event):
    async def work() -> None:
        async with serving(namer) as uri, AsyncClient.from_uri(uri) as client:
            await client.write_event(sent)
            answer = await client.read_event()
            assert Error.from_event(answer).code in ("bad_event", "bad_sound")
            assert await client.read_event() is None

    check(work)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n", b"[]\n", b"{}\n", b'{"type": 1}\n', b'{"type": "x", "data": []}\n',
        b'{"type": "audio-chunk", "payload_length": 99999999999}\n', b'{"type": "x", "payload_length": "y"}\n',
        b'{"type": "x", "data_length": 5}\n[1,2]', b"\xff" * 100_000, b'{"type": "x", "payload_length": 10}\nabc',
    ],
)  # fmt: skip
def test_nonsense_ends_its_own_connection_and_no_other(namer, caplog, sent: bytes):
    async def work() -> None:
        async with serving(namer) as uri:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(uri.rsplit(":", 1)[1]))
            writer.write(sent)
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 30)
            writer.close()
            async with AsyncClient.from_uri(uri) as client:
                await client.write_event(Ping().event())
                assert Pong.is_type((await client.read_event()).type)

    check(work)
    gc.collect()
    assert not caplog.records


def test_connections_are_bounded(namer):
    async def work() -> None:
        async with serving(namer, most_connections=1) as uri, AsyncClient.from_uri(uri) as first:
            await first.write_event(Ping().event())
            await first.read_event()
            async with AsyncClient.from_uri(uri) as second:
                assert Error.from_event(await second.read_event()).code == "busy"

    check(work)


def test_the_command_serves_until_it_is_stopped(encoder, demo_dir, ana, tmp_path: Path):
    data, uri = enrol_demo(tmp_path / "data", encoder, demo_dir), f"tcp://127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--wyoming", uri, "--data", data],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout.readline() == f"Serving {uri}; Ctrl-C stops.\n"
        check(lambda: expect_ana(uri, ana))
        process.send_signal(signal.SIGTERM)
        until(lambda: process.poll() is not None, "it did not stop")
        assert process.returncode == 0
        assert process.stdout.readline() == "Stopped.\n"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def expect_ana(uri: str, ana: np.ndarray) -> None:
    assert Transcript.from_event(await say(uri, ana)).text == "Ana"


@pytest.mark.parametrize(
    "uri", ["", "127.0.0.1:10400", "tcp://", "tcp://127.0.0.1", "http://x:1", "unix://", "tcp://x:y"]
)
def test_an_address_that_is_none_is_refused(uri: str):
    with pytest.raises(BadInput, match="--wyoming"):
        check_uri("--wyoming", uri)


def test_who_can_reach_it():
    assert is_local("tcp://127.0.0.1:1")
    assert is_local("tcp://localhost:1")
    assert is_local("unix:///run/heard")
    assert not is_local("tcp://0.0.0.0:1")
    assert not is_local("tcp://example.org:1")
