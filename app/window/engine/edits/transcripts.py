"""Names for a transcript of a file, as a job for the engine's thread."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from app.diarisation.timeline import Turn
from app.outputs import check_outputs
from app.session import SessionOptions
from app.transcripts.labelling import label_transcript
from app.transcripts.reading import read_transcript_file
from app.window import strings
from app.window.engine.activity import Job
from app.window.engine.context import EngineContext
from utils import atomic_write, data_dir


def label(transcript: Path, out: Path, turns: Sequence[Turn], recording: Path, people: Collection[str]) -> Job:
    """Write a transcript with the names of who speaks at ``out``. ``recording``: what the turns are of; neither it nor
    the transcript is ever replaced. ``people``: whose names may stand in it already."""

    def job(context: EngineContext) -> None:
        check(out, transcript, recording, context.options)
        labelled = label_transcript(read_transcript_file(transcript), turns, transcript.name, people=people)
        with atomic_write(out) as file:
            file.write(labelled.content)
        context.notify(strings.EXPORTED.format(file=out))

    return job


def check(out: Path, transcript: Path, recording: Path, options: SessionOptions) -> None:
    """Raise BadInput for a file that must not be replaced."""
    read = [(strings.TRANSCRIPT, transcript), (strings.EXPORT_RECORDING, recording)]
    check_outputs([(strings.EXPORT_FILE, out)], read, data=data_dir(options.data))
