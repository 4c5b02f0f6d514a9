"""What the user does to people, as jobs for the engine's thread. No Qt.

A job is a function of the ``Engine``: ``engine.ask(that_was(turn, "Ana"))``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.diarisation.timeline import Turn
from app.diarisation.transcript import FORMATS, write_transcript
from app.scoring.identification import is_numbered
from app.voiceprints.people import delete_person, rename_person
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from utils import SAMPLE_RATE, BadInput, clean_name, data_dir

if TYPE_CHECKING:
    from app.window.engine.activity import Job
    from app.window.engine.engine import Engine
    from app.window.engine.file_analysis import FileAnalysis

MOST_S = 60.0
"""Sound that one order learns from."""


def that_was(turn: Turn, name: str) -> Job:
    """The voice of this turn is ``name``'s: learn it, and say so on the timeline.

    Of a numbered unknown voice all turns are meant, and as much of them is learned as is still in memory.
    """

    def job(engine: Engine) -> None:
        person = clean_name(name)
        if engine.facts.fixed_people:
            raise BadInput(strings.DEMO_PEOPLE)
        meant = [turn]
        if is_numbered(turn.label):
            meant = [other for other in engine.facts.turns if other.label == turn.label]
        before = person in (engine.facts.people or ())
        try:
            speech_s = learn(engine, person, sound_of(engine, meant))
        except BadInput:  # less than a second of speech
            engine.correct(meant, person)
            engine.notify(strings.THAT_WAS_SHORT.format(name=person), good=False)
            return
        if engine.recogniser and turn.label in {voice.label for voice in engine.recogniser.unknowns()}:
            engine.recogniser.relabel(turn.label, person)
        engine.people_changed()
        engine.correct(meant, person)
        form = strings.THAT_WAS_EXTENDED if before else strings.THAT_WAS_NEW
        engine.notify(form.format(name=person, seconds=speech_s))

    return job


def learn_from_file(analysis: FileAnalysis, turns: Sequence[Turn], name: str) -> Job:
    """Enrol or extend ``name`` from these pieces of a file, at most a minute of them."""

    def job(engine: Engine) -> None:
        if engine.facts.fixed_people:
            raise BadInput(strings.DEMO_PEOPLE)
        before = name in engine.enrolled()
        pieces, left_s = [], MOST_S
        for turn in turns:
            if left_s > 0:
                pieces.append(analysis.sound(turn.start_s, min(turn.end_s, turn.start_s + left_s)))
                left_s -= turn.duration_s
        try:
            speech_s = learn(engine, name, np.concatenate(pieces), analysis.facts.path.name)
        except BadInput:  # less than a second of speech
            raise BadInput(strings.LEARN_SHORT.format(name=name)) from None
        analysis.now_knows(name)
        engine.people_changed()
        form = strings.THAT_WAS_EXTENDED if before else strings.THAT_WAS_NEW
        engine.notify(form.format(name=name, seconds=speech_s))

    return job


def sound_of(engine: Engine, turns: Sequence[Turn]) -> np.ndarray:
    """The newest of what is still in memory of these turns, (n,) float32, at most a minute, in order of time."""
    pieces, left = [], round(MOST_S * SAMPLE_RATE)
    for turn in reversed(turns):
        piece = engine.recent.piece(turn.start_s, turn.end_s)[-left:] if left else []
        left -= len(piece)
        if len(piece):
            pieces.append(piece)
    return np.concatenate(pieces[::-1] or [np.zeros(0, np.int16)]).astype(np.float32) / 32768


def learn(engine: Engine, name: str, samples: np.ndarray, origin: str = "") -> float:
    """Add sound (n,) to a person's recordings and to their voiceprint. Returns its seconds of speech.

    ``origin``: a microphone or a file; by default the microphone that is heard.

    Raises BadInput for less than a second of speech: then nothing is kept.
    """
    from app.enrolment.add_sample import enrol_speech

    if not origin and engine.facts.source:
        origin = engine.facts.source.device
    return enrol_speech(data_dir(engine.options.data), engine.encoder(), name, samples, origin).speech_s


def rename(old: str, new: str) -> Job:
    def job(engine: Engine) -> None:
        with VoiceprintStore(data_dir(engine.options.data)) as store:
            rename_person(store, old, new)
        engine.people_changed()
        engine.rename_turns(old, clean_name(new))
        engine.notify(strings.RENAMED.format(old=old, new=clean_name(new)))

    return job


def delete(name: str) -> Job:
    def job(engine: Engine) -> None:
        try:
            with VoiceprintStore(data_dir(engine.options.data)) as store:
                recordings = delete_person(store, name)
        finally:  # deleted, perhaps, although the log could not be emptied
            engine.people_changed()
        engine.notify(strings.DELETED.format(name=name, recordings=strings.recordings(recordings)))

    return job


def remove_sample(name: str, file: str) -> Job:
    """Remove one recording, and make the voiceprint of the rest. The last one cannot go: that is deleting."""

    def job(engine: Engine) -> None:
        from app.enrolment import remove_sample as removal

        encoder = engine.encoder()
        try:
            with VoiceprintStore(data_dir(engine.options.data)) as store:
                removal.remove_sample(store, encoder, name, file)
        except removal.LastSample:
            raise BadInput(strings.LAST_SAMPLE.format(name=name)) from None
        finally:
            engine.people_changed()
        engine.notify(strings.SAMPLE_REMOVED.format(name=name))

    return job


def set_threshold(threshold: float | None) -> Job:
    """The score that a name needs; None: the model's own."""

    def job(engine: Engine) -> None:
        engine.change_options(threshold=threshold)
        if engine.recogniser is not None:
            engine.recogniser.rule = engine.session.encoder.rule(threshold)
        engine.keep_rule()

    return job


def export(path: Path, turns: Sequence[Turn], name: str) -> Job:
    """Save turns in the format of the path's ending; one that has none becomes subtitles. ``name``: of the sound."""

    def job(engine: Engine) -> None:
        known = path.suffix.lower().removeprefix(".") in FORMATS
        file = path if known else path.with_name(f"{path.name}.{next(iter(strings.EXPORT_FILTERS))}")
        write_transcript(file, turns, name)
        engine.notify(strings.EXPORTED.format(file=file))

    return job
