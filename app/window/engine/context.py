"""What activities and jobs work with in the engine's thread: options, model, people, sound, turns and facts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.audio.source import AudioSource
from app.demo import demo_people
from app.diarisation.timeline import Turn
from app.embedding.load import needs_torch
from app.enrolment.pooled_gender import sure_genders
from app.scoring.labels import Label, person
from app.session import Session, SessionOptions, live_compute
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.edits.corrections import Corrections
from app.window.engine.edits.kept_corrections import follow_people
from app.window.engine.edits.undo import UndoStack
from app.window.engine.facts import FactBoard, Facts, Notice
from app.window.engine.live_sound import LiveSound
from app.window.engine.name_book import FollowsNames, NameBook
from app.window.engine.slow_imports import import_onnxruntime, import_torch, without_collections
from app.window.engine.stopwatch import Stopwatch
from app.window.engine.store_watch import StoreWatch
from utils import data_dir

if TYPE_CHECKING:
    from app.diarisation.recogniser import Recogniser
    from app.embedding.encoder import Encoder
    from app.scoring.identification import Identification


class EngineContext:
    """The engine's thread owns it. ``facts``, ``options`` and ``sound`` may be read from any thread.

    ``obey_orders`` carries out the jobs that wait; long activities call it between two blocks of sound.
    """

    def __init__(
        self,
        options: SessionOptions,
        *,
        open_source: Callable[[SessionOptions], AudioSource],
        microphone_problem: Callable[[], str],
        stopwatch: Stopwatch,
        obey_orders: Callable[[], None],
    ):
        self.options = options
        """The options that hold now: the demo's, while it stands in for a microphone."""
        self._asked = options  # as they were asked for
        self.session = self._session(options)
        self.sound = LiveSound()
        self.stopwatch = stopwatch
        self.obey_orders = obey_orders
        file = options.audio_file
        name = file.name if file and not options.demo else file and strings.DEMO_INPUT
        self.board = FactBoard(Facts(file=name, fixed_people=options.demo))
        self._corrections = Corrections()
        self.names = NameBook()
        """What people are called, and were."""
        self.undo = UndoStack(lambda deed, owed: self.board.update(deed=deed, owed=owed))
        self._watch: StoreWatch | None = None
        self.open_file: FollowsNames | None = None
        """The file that was opened last: it follows what happens to people."""
        self._open_source, self._microphone_problem = open_source, microphone_problem

    @property
    def facts(self) -> Facts:
        return self.board.facts

    @property
    def data(self) -> Path:
        """The folder of recordings and voiceprints."""
        return data_dir(self.options.data)

    def notify(self, text: str, *, good: bool = True) -> None:
        """Show the user a line, for a while."""
        self.board.update(notice=Notice(text, good))

    def _session(self, options: SessionOptions, encoder: Encoder | None = None) -> Session:
        session = Session(options, encoder)
        session.corrected = lambda turns: self.names.apply(self._corrections.apply(turns))
        return session

    # ------------------------------------------------------------ options and input

    def choose_input(self, device: str | None) -> bool:
        """Take the demo in place of a microphone if there is none at all, until the next start at least.

        Returns whether the demo stands in. What was heard of another input is forgotten.
        """
        wanted = self._asked
        if not (wanted.audio_file or wanted.device or device) and self._microphone_problem():
            wanted = replace(wanted, demo=True, realtime=True, channel=None)
        if wanted != self.options:
            self.options, self.session = wanted, self._session(wanted, self.session.encoder)
            self._forget_sound()
        return wanted is not self._asked

    def open_source(self, device: str | None, channel: int | None = None) -> AudioSource:
        """This microphone, of its channels one or all, mixed; or the file that is played, as the options say.

        Raises BadInput if there is no such thing, NoSuchChannel if there is no such channel of it.
        """
        if self.options.audio_file is None:
            return self._open_source(replace(self.options, device=device, channel=channel))
        return self._open_source(replace(self.options, device=device))

    def use_model(self, model: str) -> None:
        """Take another model, a name or a path, from the next start on, with its own threshold."""
        if model != self.options.model:
            self._change_options(model=model, threshold=None)
            self.session.encoder = None

    def set_threshold(self, threshold: float | None) -> None:
        """Set the cosine that a name needs, from now on; None is the model's own."""
        self._change_options(threshold=threshold)
        if self.session.encoder is not None:
            rule = self.session.encoder.rule(threshold)
            if self.recogniser is not None:
                self.recogniser.rule = rule
            self.board.update(rule=rule)

    def _change_options(self, **changes: object) -> None:
        self._asked = replace(self._asked, **changes)
        self.options = self.session.options = replace(self.options, **changes)

    def _forget_sound(self) -> None:
        self.sound.clear()
        self._corrections.clear()
        self.board.update(turns=(), overlaps=(), pauses=(), clock_s=0.0, corrected=0)

    # ------------------------------------------------------------ model and people

    @property
    def recogniser(self) -> Recogniser | None:
        """The recogniser that listens; None while nothing does."""
        return self.session.recogniser

    def encoder(self, progress: Callable[[int, int], None] | None = None) -> Encoder:
        """The model, loaded if it is not yet. Raises what ``load_encoder`` and ``progress`` raise."""
        if self.session.encoder is None:
            with without_collections():
                options = self.session.options
                compute = live_compute(options)
                import_torch() if needs_torch(options.model, compute) else import_onnxruntime()
                from app.embedding.load import load_encoder

                self.session.encoder = load_encoder(options.model, compute=compute, progress=progress)
        return self.session.encoder

    def own_threshold(self) -> float | None:
        """The model's own threshold; None while no model is loaded."""
        encoder = self.session.encoder
        return None if encoder is None else encoder.rule().threshold

    def enrolled_people(self) -> tuple[str, ...]:
        """Everybody's name, whichever model their voiceprints are of."""
        if self.options.demo:
            self._publish_genders({})
            return tuple(demo_people())
        if self._watch is None:  # before anything is read: what changes from now on is seen
            self._watch = StoreWatch(self.data)
        with VoiceprintStore(self.data) as store:
            changed = self.names.update(store.names())
            everybody = store.overview()
        unbuilt = tuple(one.name for one in everybody if one.recordings and not one.samples)
        offered = {one.name: one.offers for one in everybody if one.offers}
        colours = {one.name: one.colour for one in everybody if one.colour is not None}
        if changed:
            follow_people(self.data, self.names)
        if colours != self.facts.colours:
            self.board.update(colours=colours)
        self._publish_genders({one.name: one.gender for one in everybody if one.gender is not None})
        if unbuilt != self.facts.unbuilt:
            self.board.update(unbuilt=unbuilt)
        if offered != self.facts.offered:
            self.board.update(offered=offered)
        names = self.names.names
        return (*names, *(name for name in unbuilt if name not in names))

    def _publish_genders(self, by_hand: Mapping[str, str]) -> None:
        """What may be said of each voice: by hand, else by all of its speech that the voiceprint is made of."""
        encoder, gallery = self.session.encoder, self.recogniser and self.recogniser.gallery
        found = sure_genders(encoder, gallery) if encoder is not None and gallery is not None else {}
        if (genders := {**found, **by_hand}) != self.facts.genders:
            self.board.update(genders=genders)

    def reload_people(self) -> None:
        """Read the voiceprints again: somebody was enrolled, renamed or deleted, here or by another program."""
        if self.session.encoder is not None:
            gallery = self.session.load_gallery(self.session.encoder)
            if self.recogniser is not None:
                self.recogniser.gallery = gallery
        self._publish_people()

    def follow_store(self) -> None:
        """Read the people again if another program, or another window, has changed them since this was called last."""
        if self.options.demo:
            return
        if self._watch is not None and self._watch.changed():  # else nothing was read yet
            self.reload_people()

    def close(self) -> None:
        """Nothing follows."""
        if self._watch is not None:
            self._watch.close()

    def _publish_people(self) -> None:
        people, facts = self.enrolled_people(), self.facts
        last = facts.last_speaker and self.names.now(person(facts.last_speaker)).name
        self.board.update(
            people=people,
            stale=self.session.stale,
            last_speaker=last if last in people else None,
            people_read=facts.people_read + 1,
        )
        self.publish_turns()
        if self.open_file is not None:
            self.open_file.follow(self.names, self.facts.colours)

    def enrol_voice(self, label: str, name: str, enrol: Callable[[], float]) -> float:
        """Enrol or extend ``name`` by ``enrol``; an unknown voice ``label`` of the present session has the name then.

        Returns what ``enrol`` does, the seconds of speech added. If it raises, nothing changes.
        """
        from app.enrolment.name_unknown import Enrolled, name_unknown, unknown_labels

        if label in unknown_labels(self.recogniser):
            named = name_unknown(
                self.recogniser,
                label,
                name,
                lambda person, _: Enrolled(person, enrol()),  # of the turns' own sound, pauses and all
                lambda: self.session.load_gallery(self.encoder()),
            )
            self._publish_people()  # the recogniser has the new gallery
            return named.speech_s
        speech_s = enrol()
        self.reload_people()
        return speech_s

    def unname_voice(self, label: Label) -> None:
        """Give a voice that ``enrol_voice`` named its number back, if it is of the present session. The voiceprint is
        as it was, and was read again."""
        if self.recogniser is not None:
            with contextlib.suppress(KeyError):
                self.recogniser.unname(label)

    # ------------------------------------------------------------ turns

    def publish(self, identification: Identification) -> None:
        """Take in an answer of the session: the clock and the sound's own figures follow it."""
        self.sound.observe(identification, self.recogniser.config.hop_s)
        self.board.update(clock_s=identification.time_s)

    def publish_turns(self) -> None:
        """Show who spoke when, with the user's corrections, and people by their present names."""
        turns = self.names.apply(self._corrections.apply(self.session.turns()))
        self.board.update(turns=turns, overlaps=self.sound.overlaps.spans)

    def correct(self, turns: Sequence[Turn], label: Label) -> Callable[[], None]:
        """Give these stretches of the past this label, from now on. Returns what takes that back."""
        added = self._corrections.add(turns, label)
        self.board.update(corrected=self.facts.corrected + len(added))
        self.publish_turns()

        def take_back() -> None:
            self._corrections.take_back(added)
            self.board.update(corrected=max(0, self.facts.corrected - len(added)))
            self.publish_turns()

        return take_back
