"""What the user says about who spoke when, as jobs for the engine's thread: names, voices to learn, files to save.

A job is a function of the ``EngineContext``: ``engine.submit(enrol_from_turn(turn, "Ana"))``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.diarisation.timeline import Turn
from app.exports.document import Document
from app.exports.formats import FORMATS, format_of, with_suffix, write_export
from app.names import new_name, shown_name
from app.outputs import check_outputs
from app.scoring import labels
from app.scoring.identification import is_numbered
from app.session import SessionOptions
from app.voiceprints.people import delete_person
from app.voiceprints.recordings import sample_file, samples_dir, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.window import strings
from app.window.engine.activity import Job
from app.window.engine.context import EngineContext
from app.window.engine.edits import offers
from app.window.engine.edits.corrections import Corrections
from app.window.engine.edits.kept_corrections import load_corrections, save_corrections
from app.window.engine.file_analysis import Correction, FileAnalysis
from utils import SAMPLE_RATE, BadInput, clean_name, data_dir

LEARNED_S = 60.0
"""Most sound that one job learns from."""


def enrol_from_turn(turn: Turn, name: str) -> Job:
    """Enrol or extend ``name`` with the voice of this turn, and say so on the timeline. It can be undone.

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
        learned: list[EmbeddedSample] = []

        def enrol() -> float:
            learned.append(add_speech(context, person, kept_sound(context, meant)))
            return learned[0].speech_s

        try:
            context.enrol_voice(turn.label, person, enrol)
        except BadInput:  # less than a second of speech
            _corrected(context, meant, person, strings.THAT_WAS_SHORT.format(name=person))
            return

        def undo() -> None:
            unlearn(context, person, learned[0].file, forget=not before)
            context.unname_voice(turn.label)

        _corrected(context, meant, person, _learned(person, learned[0].speech_s, known=before), undo)

    return job


def _corrected(
    context: EngineContext, turns: Sequence[Turn], name: str, text: str, undo: Callable[[], None] = lambda: None
) -> None:
    """Say on the timeline that turns are a person's; what was kept of them for others goes. It can be undone, after
    ``undo``."""
    label = labels.person(name)
    take_back, unlearned = context.correct(turns, label), offers.unlearn(context, turns, label)

    def undo_all() -> None:
        undo()
        take_back()
        unlearned.undo()

    context.undo.did(text, undo_all, unlearned.erase)


def deny(name: str) -> Job:
    """Whoever was taken for ``name`` last in what is heard now is another voice: see ``Recogniser.deny``."""

    def job(context: EngineContext) -> None:
        try:
            if context.recogniser is None:
                raise KeyError(name)
            context.recogniser.deny(name)
        except KeyError:
            raise BadInput(strings.NOT_HEARD.format(name=shown_name(name))) from None
        context.publish_turns()
        context.board.update(last_speaker=None)
        context.notify(strings.DENIED.format(name=shown_name(name)))

    return job


def enrol_from_file(analysis: FileAnalysis, turns: Sequence[Turn], name: str) -> Job:
    """Enrol or extend ``name`` from these pieces of a file, at most a minute of them. It can be undone."""

    def job(context: EngineContext) -> None:
        if context.facts.fixed_people:
            raise BadInput(strings.DEMO_PEOPLE)
        before = name in context.enrolled_people()
        if not before:
            new_name(name)
        pieces, left_s = [], LEARNED_S
        for turn in turns:
            if left_s > 0:
                pieces.append(analysis.voice(turn, left_s))
                left_s -= turn.duration_s
        try:
            sample = add_speech(context, name, np.concatenate(pieces), source=analysis.facts.path.name)
        except BadInput:  # less than a second of speech
            raise BadInput(strings.LEARN_SHORT.format(name=name)) from None
        context.open_file = analysis
        context.reload_people()
        context.undo.did(
            _learned(name, sample.speech_s, known=before),
            lambda: unlearn(context, name, sample.file, forget=not before),
        )

    return job


def keep_correction(analysis: FileAnalysis, correction: Correction, label: str) -> Job:
    """Keep a correction of a file that was just made, with those before it. It can be undone."""

    def job(context: EngineContext) -> None:
        context.open_file = analysis
        try:
            analysis.keep(context)
        finally:  # it holds, and can be undone, even if it cannot be kept
            file = analysis.kept
            context.undo.did(strings.CORRECTED.format(name=label), lambda: _take_back(context, file, correction))

    return job


def forget_corrections(analysis: FileAnalysis) -> Job:
    """Take back what the user said about a file, now and earlier. It can be undone while the file is open."""

    def job(context: EngineContext) -> None:
        context.open_file = analysis
        before = analysis.replace_corrections(())
        analysis.keep(context)

        def undo() -> None:
            analysis.replace_corrections(before)
            analysis.keep(context)

        context.undo.did(strings.CORRECTIONS_FORGOTTEN.format(file=analysis.facts.path.name), undo)

    return job


def _take_back(context: EngineContext, file: Path | None, correction: Correction) -> None:
    """Undo a correction, whether its file is still open or not."""
    analysis = context.open_file
    if isinstance(analysis, FileAnalysis) and analysis.kept == file:
        analysis.take_back(correction)
        analysis.keep(context)
    elif file is not None:
        kept = Corrections(load_corrections(file, context.names))
        kept.take_back([replace(turn, label=context.names.now(turn.label)) for turn in correction.given])
        save_corrections(file, kept.given, context.names)


def unlearn(context: EngineContext, name: str, file: str, *, forget: bool) -> None:
    """Erase a recording that somebody was learned from; ``forget``: the person, too, if it is their only one."""
    from app.enrolment.remove_sample import remove_sample

    name = context.names.now(labels.person(name)).name or name
    file = sample_file(context.data, samples_dir(context.data, name) / Path(file).name)  # a new name has a new folder
    with VoiceprintStore(context.data) as store:
        if forget and len(samples_of(context.data, name)) <= 1:
            delete_person(store, name)
        else:
            remove_sample(store, context.encoder(), name, file, even_the_last=True)
    context.reload_people()


def _learned(name: str, seconds: float, *, known: bool) -> str:
    form = strings.THAT_WAS_EXTENDED if known else strings.THAT_WAS_NEW
    return form.format(name=name, seconds=seconds)


def kept_sound(context: EngineContext, turns: Sequence[Turn]) -> np.ndarray:
    """The newest of what is still in memory of these turns, (n,) float32, at most a minute, in order of time."""
    pieces, left = [], round(LEARNED_S * SAMPLE_RATE)
    for turn in reversed(turns):
        piece = context.sound.voice(turn)[-left:] if left else []
        left -= len(piece)
        if len(piece):
            pieces.append(piece)
    return np.concatenate(pieces[::-1] or [np.zeros(0, np.int16)]).astype(np.float32) / 32768


def add_speech(context: EngineContext, name: str, samples: np.ndarray, source: str = "") -> EmbeddedSample:
    """Add sound (n,) to a person's recordings and to their voiceprint. Returns the sample.

    ``source``: the file that it is from; by default it is from the microphone that is heard.

    Raises BadInput for less than a second of speech: then nothing is kept.
    """
    from app.enrolment.add_sample import enrol_speech

    device = context.facts.source.device if context.facts.source and not source else ""
    return enrol_speech(context.data, context.encoder(), name, samples, device, source)


def export(
    path: Path,
    turns: Sequence[Turn],
    name: str,
    recording: Path | None = None,
    *,
    duration_s: float | None = None,
    merge_gaps: bool | None = None,
) -> Job:
    """Save turns at the ``export_path`` of a path. ``name`` is what the sound is called, ``duration_s`` its length.

    ``recording``: the file that was analysed; None if the turns were heard live. Neither it nor what the program keeps
    is ever replaced. ``merge_gaps``: see ``Format.encode``.
    """

    def job(context: EngineContext) -> None:
        file = export_path(path)
        check_export(file, recording, context.options)
        document = Document.of_run(turns, name, duration_s, context.session.encoder)
        write_export(file, document, merge_gaps=merge_gaps)
        if recording is None:
            context.board.update(corrected=0)
        context.notify(strings.EXPORTED.format(file=file))

    return job


def check_export(file: Path, recording: Path | None, options: SessionOptions) -> None:
    """Raise BadInput for a file that an export may not replace; see ``export``."""
    read = options.audio_file if recording is None else recording
    kept = data_dir(options.data)
    check_outputs([(strings.EXPORT_FILE, file)], [(strings.EXPORT_RECORDING, read)], data=kept)


def export_path(path: Path) -> Path:
    """The path with an ending that names a format: subtitles, if it has none."""
    return path if format_of(path) else with_suffix(path, next(iter(FORMATS.values())))


def close_file(context: EngineContext) -> None:
    """No file is open any more."""
    context.open_file = None
