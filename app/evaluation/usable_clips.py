"""The clips of a list that can be used, and why the others cannot."""

from __future__ import annotations

import os
from functools import cache

from app.audio.reading.reader import audio_length
from app.corpus.clips import Clip
from app.corpus.left_out import LeftOut
from app.corpus.manifest import read_clips
from utils import BadInput, HeardError, explain_os_error


def usable_clips(
    source: str | os.PathLike, audio_root: str | os.PathLike | None, left_out: list[LeftOut]
) -> list[Clip]:
    """``read_clips`` without the clips that cannot be used, which are added to ``left_out``.

    A row may be wrong, name no speaker or no file, or its file may be missing or no recording. Raises BadInput if
    nothing is left.
    """
    problem = cache(_problem)
    clips = []
    for clip in read_clips(source, audio_root, left_out):
        if reason := problem(clip.path):
            left_out.append(LeftOut(clip.name, reason))
        else:
            clips.append(clip)
    if not clips:
        raise BadInput(
            f"{source}: none of its {len(left_out)} clips can be used, the first because {left_out[0].reason}."
        )
    return clips


def _problem(path: str) -> str:
    """Why a file cannot be used; empty if it can be opened."""
    try:
        audio_length(path)
    except HeardError as error:
        return str(error).rstrip(".")
    except OSError as error:
        return explain_os_error(error).rstrip(".")
    return ""
