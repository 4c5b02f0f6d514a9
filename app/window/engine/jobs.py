"""What the user does to people and turns, as jobs for the engine's thread.

A job is a function of the ``EngineContext``: ``engine.submit(enrol_from_turn(turn, "Ana"))``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.diarisation.timeline import Turn
from app.diarisation.transcript import FORMATS, write_transcript
from app.names import new_name
from app.scoring import labels
from app.scoring.identification import is_numbered
from app.voiceprints.people import delete_person, rename_person
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.activity import Job
from app.window.engine.context import EngineContext
from app.window.engine.file_analysis import FileAnalysis
from utils import SAMPLE_RATE, BadInput, clean_name

LEARNED_S = 60.0
"""Most sound that one job learns from."""


def enrol_from_turn(turn: Turn, name: str) -> Job:
    """Enrol or extend ``name`` with the voice of this turn, and say so on the timeline.

    A numbered unknown voice is named in all its turns, and learned from as many of them as are still in memory.
    """

    def job(context: EngineContext) -> None:
        person = clean_name(name)
        if context.facts.fixed_people:
            raise BadInput(strings.DEMO_PEOPLE)
        meant = [turn]
        if is_numbered(turn.label):
            meant = [other for other in context.facts.turns if other.label == turn.label]
        before = person in context.enrolled_people()
        if not before:
            new_name(person)
        try:
            sound = kept_sound(context, meant)
            speech_s = context.enrol_voice(turn.label, person, lambda: add_speech(context, person, sound))
        except BadInput:  # less than a second of speech
            context.correct(meant, labels.person(person))
            context.notify(strings.THAT_WAS_SHORT.format(name=person), good=False)
            return
        context.correct(meant, labels.person(person))
        form = strings.THAT_WAS_EXTENDED if before else strings.THAT_WAS_NEW
        context.notify(form.format(name=person, seconds=speech_s))

    return job


def enrol_from_file(analysis: FileAnalysis, turns: Sequence[Turn], name: str) -> Job:
    """Enrol or extend ``name`` from these pieces of a file, at most a minute of them."""

    def job(context: EngineContext) -> None:
        if context.facts.fixed_people:
            raise BadInput(strings.DEMO_PEOPLE)
        before = name in context.enrolled_people()
        if not before:
            new_name(name)
        pieces, left_s = [], LEARNED_S
        for turn in turns:
            if left_s > 0:
                pieces.append(analysis.sound(turn.start_s, min(turn.end_s, turn.start_s + left_s)))
                left_s -= turn.duration_s
        try:
            speech_s = add_speech(context, name, np.concatenate(pieces), analysis.facts.path.name)
        except BadInput:  # less than a second of speech
            raise BadInput(strings.LEARN_SHORT.format(name=name)) from None
        analysis.add_person(name)
        context.reload_people()
        form = strings.THAT_WAS_EXTENDED if before else strings.THAT_WAS_NEW
        context.notify(form.format(name=name, seconds=speech_s))

    return job


def kept_sound(context: EngineContext, turns: Sequence[Turn]) -> np.ndarray:
    """The newest of what is still in memory of these turns, (n,) float32, at most a minute, in order of time."""
    pieces, left = [], round(LEARNED_S * SAMPLE_RATE)
    for turn in reversed(turns):
        piece = context.sound.recent.between(turn.start_s, turn.end_s)[-left:] if left else []
        left -= len(piece)
        if len(piece):
            pieces.append(piece)
    return np.concatenate(pieces[::-1] or [np.zeros(0, np.int16)]).astype(np.float32) / 32768


def add_speech(context: EngineContext, name: str, samples: np.ndarray, origin: str = "") -> float:
    """Add sound (n,) to a person's recordings and to their voiceprint. Returns its seconds of speech.

    ``origin``: a microphone or a file; by default the microphone that is heard.

    Raises BadInput for less than a second of speech: then nothing is kept.
    """
    from app.enrolment.add_sample import enrol_speech

    if not origin and context.facts.source:
        origin = context.facts.source.device
    return enrol_speech(context.data, context.encoder(), name, samples, origin).speech_s


def rename(old: str, new: str) -> Job:
    def job(context: EngineContext) -> None:
        with VoiceprintStore(context.data) as store:
            rename_person(store, old, new)
        context.reload_people()
        context.rename_turns(old, clean_name(new))
        context.notify(strings.RENAMED.format(old=old, new=clean_name(new)))

    return job


def delete(name: str) -> Job:
    def job(context: EngineContext) -> None:
        try:
            with VoiceprintStore(context.data) as store:
                recordings = delete_person(store, name)
        finally:  # deleted, perhaps, although the log could not be emptied
            context.reload_people()
        context.notify(strings.DELETED.format(name=name, recordings=strings.recordings(recordings)))

    return job


def remove_sample(name: str, file: str) -> Job:
    """Remove one recording, and make the voiceprint of the rest. The last one cannot go: that is deleting."""

    def job(context: EngineContext) -> None:
        from app.enrolment import remove_sample as removal

        encoder = context.encoder()
        try:
            with VoiceprintStore(context.data) as store:
                removal.remove_sample(store, encoder, name, file)
        except removal.LastSample:
            raise BadInput(strings.LAST_SAMPLE.format(name=name)) from None
        finally:
            context.reload_people()
        context.notify(strings.SAMPLE_REMOVED.format(name=name))

    return job


def export(path: Path, turns: Sequence[Turn], name: str) -> Job:
    """Save turns in the format of the path's ending, subtitles if it has none. ``name`` is what the sound is called."""

    def job(context: EngineContext) -> None:
        known = path.suffix.lower().removeprefix(".") in FORMATS
        file = path if known else path.with_name(f"{path.name}.{next(iter(strings.EXPORT_FILTERS))}")
        write_transcript(file, turns, name)
        context.notify(strings.EXPORTED.format(file=file))

    return job
