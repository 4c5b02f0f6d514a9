"""One connection of the Wyoming protocol: it describes itself, hears an utterance, and says who spoke.

With a speech-to-text server behind it, it stands between that one and a satellite: sound goes on as it comes, and the
transcript comes back with the speaker in it.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace

from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info
from wyoming.server import AsyncEventHandler

from app.about import VERSION
from app.wyoming.naming import Namer, Said
from app.wyoming.utterance import Utterance
from utils import BadInput

IDLE_S = 120.0
"""How long a connection may say nothing."""
ANSWER_S = 60.0
"""How long the speech-to-text server may take for one event."""
CONNECT_S = 5.0
MOST_BYTES = 1024 * 1024
"""Of an event's data, and of its sound: half a minute of 16 kHz."""
HELD_EVENTS = 20_000
"""Events of an utterance that may wait until it is known who speaks."""
OURS = Attribution("Heard", "https://www.apache.org/licenses/LICENSE-2.0")


@dataclass(frozen=True)
class WyomingOptions:
    """What a server of the protocol does."""

    asr: str | None = None
    """The speech-to-text server behind it: tcp://HOST:PORT or unix://PATH."""
    least: str = "any"
    """Whose words go on: "any", "likely" (enrolled people), or "certain" (those whose name is certain). Of others
    nothing reaches the speech-to-text server."""
    most_connections: int = 32


class Handler(AsyncEventHandler):
    """See the module. ``open_handlers`` is shared by all connections of a server."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        namer: Namer,
        options: WyomingOptions,
        open_handlers: set[Handler],
    ):
        super().__init__(_Bounded(reader), writer)
        self._namer, self._options, self._open = namer, options, open_handlers
        self._utterance: Utterance | None = None
        self._asr: AsyncClient | None = None
        self._held: list[Event] = []

    async def run(self) -> None:
        """Until the other side leaves, is silent for too long, or sends what is no event."""
        if len(self._open) >= self._options.most_connections:
            await self._fail("busy", "too many connections; try again later.")
            self.writer.close()
            return
        self._open.add(self)
        # What the library's reader raises for lines that are no events ends this connection alone.
        with contextlib.suppress(OSError, EOFError, ValueError, TypeError, KeyError, AttributeError):
            await super().run()

    async def disconnect(self) -> None:
        self._open.discard(self)
        await self._leave_asr()

    async def handle_event(self, event: Event) -> bool:
        """Whether to go on."""
        try:
            return await self._handle(event)
        except (KeyError, TypeError, AttributeError, ValueError):
            return await self._fail("bad_event", f"{event.type}: this is not what the protocol says.")
        except BadInput as error:
            return await self._fail("bad_sound", str(error))
        except OSError as error:
            return await self._fail("asr_unreachable", f"the speech-to-text server is not there ({error}).")
        except (EOFError, TimeoutError):
            return await self._fail("asr_silent", "the speech-to-text server does not answer.")

    async def _handle(self, event: Event) -> bool:
        if Describe.is_type(event.type):
            await self.write_event((await self._info()).event())
        elif AudioStart.is_type(event.type):
            start = AudioStart.from_event(event)
            self._utterance = Utterance(start.rate, start.width, start.channels)
            await self._pass_on(event)
        elif AudioChunk.is_type(event.type) and self._utterance is not None:
            self._utterance.add(AudioChunk.from_event(event).audio)
            await self._pass_on(event)
        elif AudioStop.is_type(event.type) and self._utterance is not None:
            utterance, self._utterance = self._utterance, None
            said = await asyncio.to_thread(lambda: self._namer.name(utterance.samples()))
            await self._pass_on(event)
            await self._answer(said)
        elif event.type == "ping":
            await self.write_event(Event("pong", event.data))
        else:  # "transcribe", and what a later version of the protocol may have
            await self._pass_on(event)
        return True

    async def _answer(self, said: Said) -> None:
        """Say who it was, and what, if that is known and wanted."""
        if self._options.asr is None:
            await self.write_event(_with_speaker(Transcript(said.label).event(), said))
            return
        if not self._goes_on(said):
            self._held.clear()
            await self._leave_asr()
            await self.write_event(_with_speaker(Transcript("").event(), said))
            return
        asr = await self._connected()
        for event in self._held:
            await asr.write_event(event)
        self._held.clear()
        while True:
            answer = await asr.read_event()
            if answer is None:
                raise EOFError
            if Transcript.is_type(answer.type):
                await self.write_event(_with_speaker(answer, said))
                break
            await self.write_event(answer)
            if Error.is_type(answer.type):
                break
        await self._leave_asr()

    def _goes_on(self, said: Said) -> bool:
        match self._options.least:
            case "certain":
                return said.certainty == "certain"
            case "likely":
                return said.speaker is not None
        return True

    async def _pass_on(self, event: Event) -> None:
        """To the speech-to-text server, at once; where only some may speak, once it is known who does."""
        if self._options.asr is None:
            return
        if self._options.least == "any":
            await (await self._connected()).write_event(event)
        elif len(self._held) < HELD_EVENTS:
            self._held.append(event)

    async def _connected(self) -> AsyncClient:
        if self._asr is None:
            client = AsyncClient.from_uri(str(self._options.asr))
            await asyncio.wait_for(client.connect(), CONNECT_S)
            client.read_timeout = ANSWER_S
            self._asr = client
        return self._asr

    async def _leave_asr(self) -> None:
        if self._asr is not None:
            client, self._asr = self._asr, None
            with contextlib.suppress(OSError):
                await client.disconnect()

    async def _info(self) -> Info:
        """What the speech-to-text server is, or that there is none behind."""
        if self._options.asr is not None:
            asr = await self._connected()
            await asr.write_event(Describe().event())
            while (answer := await asr.read_event()) is not None:
                if Info.is_type(answer.type):
                    programs = Info.from_event(answer).asr
                    return Info(asr=[replace(one, description=_also(one.description)) for one in programs])
            raise EOFError
        people = len(await asyncio.to_thread(self._namer.people))
        told = f"Says who is speaking, not what: one of {people} people, or unknown"
        model = AsrModel("speakers", OURS, True, told, VERSION, languages=["en"])
        return Info(asr=[AsrProgram("heard", OURS, True, told, VERSION, models=[model])])

    async def _fail(self, code: str, text: str) -> bool:
        self._utterance = None
        self._held.clear()
        await self._leave_asr()
        with contextlib.suppress(OSError):
            await self.write_event(Error(text, code).event())
        return False


def _with_speaker(transcript: Event, said: Said) -> Event:
    """With ``speaker``, and the same in ``context``, which readers of the protocol keep."""
    data = dict(transcript.data)
    context = data.get("context")
    data["speaker"] = said.as_json()
    data["context"] = {**(context if isinstance(context, dict) else {}), "speaker": said.as_json()}
    return Event(transcript.type, data, transcript.payload)


def _also(description: str | None) -> str:
    return f"{description or 'speech-to-text'}; Heard says who speaks"


class _Bounded(asyncio.StreamReader):
    """Reads from another, and no more at once than an event may have. ValueError ends the connection."""

    def __init__(self, reader: asyncio.StreamReader):
        super().__init__()
        self._reader = reader

    async def readline(self) -> bytes:
        return await asyncio.wait_for(self._reader.readline(), IDLE_S)

    async def readexactly(self, n: int) -> bytes:
        if not isinstance(n, int) or n > MOST_BYTES:
            raise ValueError("an event is too large")
        return await asyncio.wait_for(self._reader.readexactly(n), IDLE_S)

    def feed_eof(self) -> None:
        self._reader.feed_eof()
