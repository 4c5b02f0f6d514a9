"""Kaldi's folders: ``wav.scp``, ``utt2spk`` and perhaps ``segments``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.corpus.text import check_text, text_lines
from utils import BadInput


@dataclass(frozen=True)
class Utterance:
    """A line of ``wav.scp``, or of ``segments`` where there is one."""

    line: str
    """The file and the line that it comes from, for people."""
    name: str
    speaker: str
    """Empty where ``utt2spk`` does not name the utterance."""
    wav: str
    """What ``wav.scp`` says: a file, or a command that is not run. Empty where the line names none."""
    start: str = ""
    """Seconds, as they are written; empty: from the beginning."""
    end: str = ""
    """Seconds, as they are written; empty: to the end."""
    is_segment: bool = False
    """Whether it is a line of ``segments``."""

    @property
    def is_command(self) -> bool:
        return self.wav.endswith("|")


def is_kaldi(path: Path) -> bool:
    """Whether ``path`` is a Kaldi folder, or its ``wav.scp``."""
    return path.name == "wav.scp" or (path / "wav.scp").is_file()


def read_utterances(folder: Path) -> Iterator[Utterance]:
    """The utterances of a folder, in order. Raises BadInput if ``wav.scp`` or ``utt2spk`` is missing."""
    speakers = {utterance: speaker for _, utterance, speaker in _read(folder, "utt2spk")}
    segments = folder / "segments"
    if not segments.is_file():
        for number, name, wav in _read(folder, "wav.scp"):
            yield Utterance(f"{folder / 'wav.scp'}, line {number}", name, speakers.get(name, ""), wav)
        return
    wavs = {recording: wav for _, recording, wav in _read(folder, "wav.scp")}
    for number, name, rest in _read(folder, "segments"):
        recording, *times = rest.split() or [""]
        wav = wavs.get(recording, "") if len(times) == 2 else ""
        start, end = times if wav else ("", "")
        end = "" if end == "-1" else end
        yield Utterance(f"{segments}, line {number}", name, speakers.get(name, ""), wav, start, end, True)


def _read(folder: Path, name: str) -> Iterator[tuple[int, str, str]]:
    """(line number, first word, the rest or nothing) of each line. A tab, where there is one, ends the first word."""
    if not (folder / name).exists():
        raise BadInput(f"{folder / name}: is missing; a Kaldi folder has wav.scp and utt2spk.")
    path = check_text(folder / name, "file of Kaldi's")
    for number, line in text_lines(path):
        if line and line[0] != "#":
            first, _, rest = line.partition("\t" if "\t" in line else " ")
            yield number, first, rest.strip()
