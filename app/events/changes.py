"""From eight answers a second to a few events: what is certain, and has been for long enough to be worth telling."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.events.event import EventType, SpeakerEvent, utc_now
from app.scoring.certainty import Certainty
from app.scoring.identification import Identification
from app.scoring.labels import person

LONGEST_HOP_S = 0.5
"""What one answer can add to the time for which a name was certain: sound may have been skipped before it."""


@dataclass(frozen=True)
class EventConfig:
    """When a change is told."""

    began_s: float = 0.5
    """For how long a name must have been certain."""
    ended_s: float = 1.5
    """For how long it must not have been shown; less when somebody else is certain before."""
    here_s: float = 600.0
    """For how long somebody is "here" after they were last heard."""


@dataclass
class _Voice:
    """Somebody who is shown in one channel."""

    name: str
    start_s: float
    last_s: float
    certain_s: float = 0.0


@dataclass
class _Channel:
    number: int | None
    side: str | None
    time_s: float
    speaking: _Voice | None = None
    """Who was told to speak."""
    rising: _Voice | None = None
    """Who may be told next."""
    shown: tuple[str | None, str | None] = (None, None)


class Changes:
    """Takes a run's answers, and gives the events that they make. For one thread. Never more than a few hundred names
    are kept, those of the last minutes."""

    def __init__(
        self,
        source: str,
        config: EventConfig = EventConfig(),
        *,
        shown: bool = False,
        now: Callable[[], str] = utc_now,
    ):
        """``source``: as ``SpeakerEvent`` has it. ``shown``: whether every change of what the screen shows is one."""
        self._source, self._config, self._tell_shown, self._now = source, config, shown, now
        self._channels: dict[int | None, _Channel] = {}
        self._here: dict[str, float] = {}  # name -> when they were last heard, in the order in which they came
        self._time_s = 0.0

    @property
    def here(self) -> tuple[str, ...]:
        return tuple(self._here)

    @property
    def speaking(self) -> tuple[str, ...]:
        voices = (channel.speaking for channel in self._channels.values())
        return tuple(dict.fromkeys(voice.name for voice in voices if voice))

    def hear(self, answer: Identification) -> list[SpeakerEvent]:
        """The events that an answer makes; most make none."""
        number = answer.channel
        channel = self._channels.setdefault(number, _Channel(number, answer.side, answer.time_s))
        hop_s = min(max(answer.time_s - channel.time_s, 0.0), LONGEST_HOP_S)
        channel.time_s = answer.time_s
        self._time_s = max(self._time_s, answer.time_s)
        events = self._show(channel, answer)
        before, now_s = self.here, answer.time_s
        if answer.speaker is not None and channel.speaking and answer.speaker == channel.speaking.name:
            channel.speaking.last_s, channel.rising = now_s, None
            self._here[answer.speaker] = now_s
        elif answer.speaker is not None:
            voice = channel.rising
            if voice is None or voice.name != answer.speaker:
                voice = channel.rising = _Voice(answer.speaker, now_s - hop_s, now_s)
            voice.last_s = now_s
            voice.certain_s += hop_s if answer.certainty is Certainty.CERTAIN else 0.0
            if voice.certain_s >= self._config.began_s:
                events += self._end(channel)
                channel.speaking, channel.rising = voice, None
                self._here[voice.name] = now_s
                events.append(self._event("began", channel, voice, confidence=answer.confidence))
        if channel.rising and now_s - channel.rising.last_s > self._config.ended_s:
            channel.rising = None
        if channel.speaking and now_s - channel.speaking.last_s >= self._config.ended_s:
            events += self._end(channel)
        return events + self._here_event(before)

    def pass_time(self, seconds: float) -> list[SpeakerEvent]:
        """No sound has come for so long: whoever spoke does so no more, and in time nobody is here."""
        before = self.here
        self._time_s += seconds
        return self._silence() + self._here_event(before)

    def keep_only(self, people: Collection[str]) -> list[SpeakerEvent]:
        """Forget at once who is no longer enrolled."""
        before, gone = self.here, {name for name in self._here if name not in people}
        events = self._silence(gone)
        for name in gone:
            del self._here[name]
        return events + self._here_event(before)

    def end(self) -> list[SpeakerEvent]:
        """Nobody listens any more: nobody is known to speak or to be here."""
        before = self.here
        events = self._silence()
        self._here.clear()
        return events + self._here_event(before)

    def present(self) -> SpeakerEvent:
        """How things are, for whoever has just begun to listen: an event ``here``."""
        return self._event("here")

    def _silence(self, names: Collection[str] | None = None) -> list[SpeakerEvent]:
        """End whoever speaks, all or those of these names."""
        events = []
        for channel in self._channels.values():
            if channel.speaking and (names is None or channel.speaking.name in names):
                events += self._end(channel)
            channel.rising = None
            if names is None:
                events += self._show(channel, Identification(self._time_s, None, None, 0.0))
        return events

    def _end(self, channel: _Channel) -> list[SpeakerEvent]:
        voice, channel.speaking = channel.speaking, None
        return [self._event("ended", channel, voice, end_s=voice.last_s)] if voice else []

    def _here_event(self, before: tuple[str, ...]) -> list[SpeakerEvent]:
        for name, last_s in list(self._here.items()):
            if self._time_s - last_s > self._config.here_s:
                del self._here[name]
        return [self._event("here")] if self.here != before else []

    def _show(self, channel: _Channel, answer: Identification) -> list[SpeakerEvent]:
        label = None if answer.label is None else str(answer.label)
        certainty = None if answer.certainty is None else answer.certainty.value
        if not self._tell_shown or (label, certainty) == channel.shown:
            return []
        channel.shown = (label, certainty)
        confidence = None if label is None else answer.confidence
        told = {"speaker": answer.speaker, "label": label, "certainty": certainty, "confidence": confidence}
        return [self._event("shown", channel, **told)]

    def _event(
        self, kind: EventType, channel: _Channel | None = None, voice: _Voice | None = None, **more: object
    ) -> SpeakerEvent:
        if channel:
            more = {"channel": channel.number, "side": channel.side, **more}
        if voice:
            more |= {"speaker": voice.name, "label": str(person(voice.name)), "start_s": voice.start_s}
            more["certainty"] = Certainty.CERTAIN.value
        return SpeakerEvent(kind, self._now(), self._time_s, self._source, self.speaking, self.here, **more)
