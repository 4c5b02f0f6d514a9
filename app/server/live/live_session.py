"""One live connection: a thread that reads its sound, says who speaks, and keeps its unknown voices apart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from app.audio.source import SourceState, SourceStatus
from app.diarisation.recogniser import LiveConfig, Recogniser, listen
from app.diarisation.timeline import Turn
from app.engine_thread import EngineThread, Order
from app.enrolment.name_unknown import NoSuchVoice, name_unknown
from app.enrolment.offering.collector import OfferCollector
from app.events.changes import Changes
from app.events.publisher import Publisher
from app.exports.json_document import turn_json
from app.scoring.decision import probability
from app.scoring.identification import Identification
from app.server import people_service
from app.server.errors import ApiError, as_api_error
from app.server.live.event_hub import EventHub, HubSink
from app.server.live.event_queue import Event, failure, notice
from app.server.live.socket_source import SocketSource
from app.server.service import Service

ORDERS_EVERY_S = 0.25
"""How often there is a moment for orders while no sound comes."""
TURNS_EVERY_S = 1.0
CORRECTED_S = 180.0
"""Changes of turns further back are not sent until the last turns are."""


class LiveSession:
    """Runs until its source ends. Every event goes to ``emit``, and ``on_end`` is called last.

    Nothing of it outlives the connection.
    """

    def __init__(
        self,
        service: Service,
        source: SocketSource,
        emit: Callable[[Event], None],
        on_end: Callable[[], None],
        hub: EventHub,
    ):
        self.service, self.source, self.emit, self.on_end = service, source, emit, on_end
        self.recogniser: Recogniser | None = None
        self._config = LiveConfig()
        self._thread = EngineThread(self._fail, name="live")
        self._collector: OfferCollector | None = None
        self._sent_turns: list[Turn] = []
        self._sent_unknowns: list[dict] = []
        self._sent_at = 0.0
        self._told_of_channels = ""
        name = hub.new_source()
        self._others = Publisher(Changes(name, shown=True), [HubSink(hub, name)])

    def start(self) -> None:
        self._thread.begin(self._run)
        self._thread.close()  # with the end of its sound
        self._thread.start()

    def submit(self, order: Order) -> None:
        """Have something done between two blocks, by the engine's thread: ``recogniser`` is there by then."""
        self._thread.submit(order)

    def stop(self) -> None:
        """End at once; does not wait."""
        self.source.stop()

    def _run(self, _stop: threading.Event) -> None:  # the end of the source is the end: orders before it are obeyed
        try:
            self.recogniser = Recogniser(self.service.encoder, self.service.gallery(), self.service.rule, self._config)
            self.emit(self._ready())
            heard_s = 0.0
            collector = self._collector = self._new_collector()
            answers = listen(
                collector.tap(self.source),
                self.recogniser,
                on_status=self._on_status,
                between_blocks=self._between_blocks,
                timeout_s=ORDERS_EVERY_S,
            )
            for identification in self._told(answers):
                if dropped_s := identification.dropped_s:
                    text = f"{dropped_s:.1f} s of sound were skipped: more came than could be heard."
                    time_s = round(heard_s + dropped_s, 3)  # where it goes on
                    self.emit(notice("sound_dropped", text, seconds=round(dropped_s, 3), time_s=time_s))
                heard_s = identification.time_s
                collector.hear(identification)
                self.emit(self._identification(identification))
                if time.monotonic() - self._sent_at >= TURNS_EVERY_S:
                    self._send_turns()
            self._send_turns(final=True)
            collector.end()
        except Exception as error:
            if not self.service.stopping.is_set():  # then nobody listens any more, and nothing is wrong
                self._fail(error)
        finally:
            if self._collector is not None:
                self._collector.close()
            self.on_end()

    def _told(self, answers: Iterator[Identification]) -> Iterator[Identification]:
        """The answers, of which those who listen to events hear what is worth telling."""
        with self._others as others:
            for answer in answers:
                others.hear(answer, self.recogniser.gallery)
                yield answer

    def _new_collector(self) -> OfferCollector:
        """What gathers offers to people of whom that was allowed; of nobody else is anything kept."""
        recogniser, service = self.recogniser, self.service
        return OfferCollector(
            service.data,
            service.encoder,
            recogniser.timeline.turns,
            lambda: recogniser.gallery,
            lambda channel: people_service.LIVE,
        )

    def _on_status(self, status: SourceStatus) -> None:
        if status.state is SourceState.LOST:
            self.emit(notice("no_sound", status.message))
        if status.notice != self._told_of_channels:
            self._told_of_channels = status.notice
            self.emit(notice("channels", f"{status.notice or 'all channels are heard'}."))

    def _between_blocks(self) -> None:
        self._thread.obey()
        gallery = self.service.gallery()
        if gallery is not self.recogniser.gallery:
            self.recogniser.gallery = gallery
            self.emit({"type": "people", "people": gallery.people})
        if self.source.status.state is SourceState.LOST:
            self._others.no_sound()

    def _fail(self, error: Exception) -> None:
        shown = as_api_error(error)
        self.emit(failure(shown.code, shown.message))

    def enrol(self, label: str, name: str) -> None:
        """Make an unknown voice of this connection a person, or a sample of one, and name its turns. Engine's thread.

        Raises ApiError for a voice that there is not, or of which too little was heard.
        """
        try:
            service = self.service
            enrol = partial(people_service.enrol_voice, service)
            enrolled = name_unknown(self.recogniser, label, name, enrol, service.gallery)
        except NoSuchVoice:
            raise ApiError(404, "no_such_voice", "there is no such unknown voice on this connection.") from None
        self.emit({"type": "enrolled", "label": label, "name": enrolled.name})
        self.emit({"type": "people", "people": self.recogniser.gallery.people})
        self._send_turns()

    def deny(self, name: str) -> None:
        """Whoever was called ``name`` last is somebody else, by the user's word. Engine's thread.

        Raises ApiError if nobody was called that on this connection.
        """
        try:
            self.recogniser.deny(name)
        except KeyError:
            raise ApiError(404, "no_such_voice", "nobody was called that on this connection.") from None
        self._send_turns()

    def _identification(self, identification: Identification) -> Event:
        """With each score as a probability too, and the one that a name needs: what a bar shows."""
        rule = self.service.rule.at(identification.speech_s)
        probabilities = {name: round(probability(value, rule), 4) for name, value in identification.scores.items()}
        needed = round(probability(identification.threshold, rule), 4)  # live: it asks for less than the card
        return {"type": "identification", **identification.as_json(), "probabilities": probabilities, "needed": needed}

    def _ready(self) -> Event:
        return {
            "type": "ready",
            "rate": self.source.rate,
            "channels": self.source.channels,
            "hop_s": self._config.hop_s,
            "model": self.service.encoder.model_id,
            "people": self.recogniser.gallery.people,
        }

    def _send_turns(self, *, final: bool = False) -> None:
        """Send the turns from the first one on that has changed: they replace all that begin there or later."""
        self._sent_at = time.monotonic()
        unknowns = [
            {"label": voice.label, "speech_s": round(voice.speech_s, 1), "last_s": round(voice.last_s, 1)}
            for voice in self.recogniser.unknowns()
        ]
        if unknowns != self._sent_unknowns:
            self._sent_unknowns = unknowns
            self.emit({"type": "unknowns", "unknowns": unknowns})
        turns = self.recogniser.timeline.turns()
        if final:
            self.emit(turns_event(turns, 0.0, final=True))
            return
        same = sum(1 for _ in _common_beginning(self._sent_turns, turns))
        changed = turns[same:]
        gone = self._sent_turns[same:]
        self._sent_turns = turns
        if changed or gone:
            from_s = min(turn.start_s for turn in (*changed[:1], *gone[:1]))
            newest_s = changed[-1].end_s if changed else from_s
            if from_s < newest_s - CORRECTED_S:
                from_s = newest_s - CORRECTED_S
            self.emit(turns_event([turn for turn in turns if turn.start_s >= from_s], from_s))


def turns_event(turns: list[Turn], from_s: float, *, final: bool = False) -> Event:
    """Turns that replace everything that begins at ``from_s`` or later."""
    return {"type": "turns", "from_s": round(from_s, 3), "final": final, "turns": [turn_json(turn) for turn in turns]}


def _common_beginning(one: list[Turn], other: list[Turn]) -> Iterator[Turn]:
    for a, b in zip(one, other, strict=False):
        if a != b:
            return
        yield a
