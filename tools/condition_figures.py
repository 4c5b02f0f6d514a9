"""How often the hint of a condition is there, for the recordings of a table heard live, and how steady it is.

python tools/condition_figures.py TABLE [--through LINE] [--model M]: a row for each corpus, as docs/conditions.md has.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.audio.lines.lines import through
from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock
from app.corpus.manifest import read_clips
from app.diarisation.recogniser import Recogniser
from app.embedding.encoder import Encoder
from app.embedding.load import load_encoder
from app.evaluation.markdown import markdown_header, markdown_row
from app.scoring.condition import Band
from app.scoring.gallery import Gallery
from utils import SAMPLE_RATE, percent

COLUMNS = ("corpus", "recordings", "telephone", "narrow", "noisy", "of the time with a label", "hint after", "changes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    parser.add_argument("--through", metavar="LINE")
    parser.add_argument("--model", default="embedded")
    options = parser.parse_args()
    encoder = load_encoder(options.model, compute="cpu")
    heard: dict[str, list[list]] = {}
    for clip in read_clips(options.table):
        samples = read_audio(clip.path, start_s=clip.start_s, end_s=clip.end_s)
        if options.through:
            samples = through(samples, options.through, np.random.default_rng(1))
        shown = [answer for answer in _answers(encoder, samples) if answer.label is not None]
        if any(answer.condition for answer in shown):  # a second of speech, and more
            heard.setdefault(clip.corpus, []).append(shown)
    print(markdown_header(COLUMNS))
    for corpus, recordings in heard.items():
        print(markdown_row([corpus, str(len(recordings)), *_figures(recordings)]))


def _answers(encoder: Encoder, samples: np.ndarray) -> Iterator:
    nobody = Gallery((), np.zeros((0, encoder.dim), np.float32), encoder.cohort)
    recogniser = Recogniser(encoder, nobody)
    hop = round(recogniser.config.hop_s * SAMPLE_RATE)
    for at in range(0, len(samples), hop):
        yield recogniser.step(AudioBlock(samples[at : at + hop], at / SAMPLE_RATE))


def _figures(recordings: list[list]) -> Iterator[str]:
    """Recordings in which each hint was there at all; the part of the time with any; when it came; how often it came
    and went beyond the first time."""
    found = [[answer.condition for answer in shown if answer.condition] for shown in recordings]
    for test in (lambda c: c.band is Band.TELEPHONE, lambda c: c.band is Band.NARROW, lambda c: c.noisy):
        yield percent(float(np.mean([any(map(test, each)) for each in found])))
    hints = [[bool(answer.condition and answer.condition.hint) for answer in shown] for shown in recordings]
    yield percent(float(np.mean(list(itertools.chain(*hints)))))
    after = [
        next(a.speech_s for a, hint in zip(shown, own, strict=True) if hint)
        for shown, own in zip(recordings, hints, strict=True)
        if any(own)
    ]
    yield f"{np.median(after):.1f} s" if after else "-"
    yield str(sum(sum(a.hint != b.hint for a, b in itertools.pairwise(each)) for each in found))


if __name__ == "__main__":
    main()
