"""The conversation benchmark's work: engine and baselines over made and real conversations, in several processes."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from app.audio.source import AudioBlock
from app.corpus.clips import Clip
from app.diarisation.recogniser import LiveConfig, Recogniser
from app.diarisation.timeline import write_rttm
from app.embedding.encoder import Encoder
from app.embedding.load import load_encoder
from app.enrolment.segments import embed_clean_and_noisy, embed_segments, pool_embeddings
from app.evaluation.conversations.baselines import (
    Baseline,
    RecordThenDecide,
    SegmentThenDecide,
    SlidingWindow,
    relabelled,
    turns,
)
from app.evaluation.conversations.meetings import meetings, read_excerpts
from app.evaluation.conversations.report import ENGINE, Counts, Row, count, count_late
from app.evaluation.conversations.simulate import Conversation, ConversationConfig, build_conversation
from app.scoring.gallery import Gallery
from app.scoring.identification import Identification
from utils import AUDIO_SUFFIXES, SAMPLE_RATE, BadInput, HeardError, atomic_write, read_audio, write_wav

THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(46))
"""Of which a baseline is given the best in hindsight."""
MEETINGS = "meetings"
LATE_S = (0.5, 0.75, 1.0)
"""How late a screen is that stands beside the baselines and makes no mistake: what waiting alone costs."""


@dataclass(frozen=True)
class Condition:
    """What lies between the voices and the microphone."""

    name: str
    snr_db: float = math.inf
    rt60_s: tuple[float, float] | None = None


def condition(text: str) -> Condition:
    """ "clean", "20" (dB of noise below the speech), "room" or "room+20". Raises BadInput for anything else."""
    room, _, level = text.partition("+") if text.startswith("room") else ("", "", text)
    try:
        if room not in ("", "room") or (room and "+" in text and not level):
            raise ValueError
        snr_db = math.inf if level in ("", "clean") else float(level)
        if not text or math.isnan(snr_db):
            raise ValueError
    except ValueError:
        raise BadInput(f"{text!r} is no condition: clean, 20 (dB of noise), room or room+20 are.") from None
    level = f"{snr_db:g} dB" if np.isfinite(snr_db) else "" if room else "clean"
    return Condition(" ".join(filter(None, (room, level))), snr_db, (0.2, 0.6) if room else None)


@dataclass(frozen=True)
class Unit:
    """One conversation, heard with one length of enrolment."""

    corpus: str
    condition: Condition
    config: ConversationConfig
    clips: tuple[Clip, ...]
    enrolment_s: float
    pair: int = 0
    """Of meetings: which."""

    @property
    def row(self) -> tuple[str, str, int, float]:
        """What its row of the table is known by."""
        return self.corpus, self.condition.name, self.config.enrolled, self.enrolment_s


@dataclass(frozen=True)
class Setup:
    """What all conversations share."""

    model: str = "embedded"
    compute: str = "auto"
    impostors: tuple[Clip, ...] = ()
    noises: tuple[str, ...] = ()
    """Files."""
    meetings: str | None = None
    """Folder."""
    baselines: bool = False
    keep: str | None = None
    """Folder for what was heard and said."""


def units(
    corpora: dict[str, tuple[Clip, ...]],
    conditions: Sequence[Condition],
    config: ConversationConfig,
    *,
    enrolled: Sequence[int],
    enrolment_s: Sequence[float],
    seeds: Sequence[int],
) -> list[Unit]:
    """Every made conversation of the benchmark, row by row. All lengths of enrolment are heard on the same ones."""
    config = dataclasses.replace(config, enrolment_s=max(enrolment_s))
    return [
        Unit(
            corpus,
            kind,
            dataclasses.replace(config, enrolled=people, snr_db=kind.snr_db, rt60_s=kind.rt60_s, seed=seed),
            clips,
            seconds,
        )
        for (corpus, clips), kind, people, seconds, seed in itertools.product(
            corpora.items(), conditions, enrolled, enrolment_s, seeds
        )
    ]


def meeting_units(folder: str | Path, enrolment_s: Sequence[float]) -> list[Unit]:
    """One for each pair of excerpts that can be used. Raises BadInput if there is none."""
    pairs = _meetings(str(folder))
    if not pairs:
        raise BadInput(f"{folder}: no two excerpts of one meeting in which the same person speaks.")
    kind, config = Condition("as recorded"), ConversationConfig(enrolled=0)
    return [Unit(MEETINGS, kind, config, (), seconds, pair) for seconds in enrolment_s for pair in range(len(pairs))]


def run(work: Sequence[Unit], setup: Setup, *, jobs: int = 1, progress: Callable = iter) -> Iterator[Row]:
    """Every row as soon as its last conversation is done, in order. ``jobs`` processes share the work."""
    left = {unit.row: sum(other.row == unit.row for other in work) for unit in work}
    rows = {key: Row(*key) for key in left}
    waiting = list(rows)
    for unit, counts in zip(work, progress(_counted(work, setup, jobs)), strict=True):
        row = rows[unit.row]
        for system, some in counts.items():
            row.systems.setdefault(system, []).append(some)
        left[unit.row] -= 1
        while waiting and not left[waiting[0]]:
            yield rows[waiting.pop(0)]


def _counted(work: Sequence[Unit], setup: Setup, jobs: int) -> Iterator[dict]:
    if jobs == 1:
        yield from (measure(unit, setup) for unit in work)
        return
    # Not forked: the parent may have started threads of libraries that do not survive it.
    context = multiprocessing.get_context("spawn")
    at_once = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_DFL)}  # Ctrl-C: without a word
    with ProcessPoolExecutor(jobs, context, **at_once) as pool:
        try:
            yield from pool.map(measure, work, itertools.repeat(setup))
        except BrokenProcessPool:
            raise HeardError("a process ended before its work was done (no memory left?): try fewer --jobs.") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def measure(unit: Unit, setup: Setup) -> dict[tuple[str, float | None, bool], Counts]:
    """What every system makes of one conversation."""
    encoder = _encoder(setup.model, setup.compute)
    name = f"{unit.corpus} {unit.condition.name} {unit.config.enrolled} enrolled seed {unit.config.seed}"
    if unit.corpus == MEETINGS:
        name, conversation = _meetings(setup.meetings)[unit.pair]
    else:
        noises = _noises(setup.noises) if np.isfinite(unit.config.snr_db) else ()
        conversation = build_conversation(unit.clips, unit.config, impostors=setup.impostors, noises=noises)
    conversation = conversation.with_enrolment(unit.enrolment_s)
    reference = conversation.reference
    recogniser = Recogniser(encoder, enrol(conversation, encoder))
    began = time.process_time()
    said = play(conversation, recogniser)
    busy_s = time.process_time() - began
    if setup.keep:
        _keep(Path(setup.keep) / f"{name} {unit.enrolment_s:g} s".replace(" ", "_"), conversation, recogniser, said)
    found = {(ENGINE, None, False): count(reference, said, recogniser.timeline.turns(), busy_s)}
    if setup.baselines:
        for baseline in baselines(conversation, encoder):
            found |= _sweep(baseline, conversation)
        for late_s in LATE_S:
            found[f"right after {late_s:g} s", None, False] = count_late(reference, late_s)
    return found


def play(conversation: Conversation, recogniser: Recogniser) -> list[Identification]:
    """The engine's answers to a conversation, hop by hop, none skipped."""
    hop = round(recogniser.config.hop_s * SAMPLE_RATE)
    return [
        recogniser.step(AudioBlock(conversation.samples[at : at + hop], at / SAMPLE_RATE))
        for at in range(0, len(conversation.samples), hop)
    ]


def enrol(conversation: Conversation, encoder: Encoder) -> Gallery:
    """Voiceprints of a conversation's enrolled people."""
    voices = [pool_embeddings(*embed_clean_and_noisy(encoder, speech)) for speech in conversation.enrolment.values()]
    return Gallery(tuple(conversation.enrolment), np.stack(voices), encoder.cohort)


def _keep(path: Path, conversation: Conversation, recogniser: Recogniser, said: Sequence[Identification]) -> None:
    """The sound, who spoke, and what the engine said then and in the end."""
    write_wav(f"{path}.wav", conversation.samples)
    write_rttm(f"{path}.reference.rttm", conversation.speech, path.name)
    write_rttm(f"{path}.rttm", recogniser.timeline.turns(), path.name)
    with atomic_write(f"{path}.jsonl") as file:
        file.write("".join(json.dumps(answer.as_json(), ensure_ascii=False) + "\n" for answer in said).encode())


def baselines(conversation: Conversation, encoder: Encoder) -> list[Baseline]:
    """Each with the threshold that belongs to it: its own, or the model's."""
    pieces = {name: embed_segments(encoder, speech) for name, speech in conversation.enrolment.items()}
    voiceprints = {name: pool_embeddings(*piece)[None] for name, piece in pieces.items()}
    threshold = encoder.rule().threshold
    return [
        RecordThenDecide(encoder, {name: vectors for name, (vectors, _) in pieces.items()}),
        SegmentThenDecide(encoder, voiceprints, threshold),
        SlidingWindow(encoder, voiceprints, threshold),
    ]


def _sweep(baseline: Baseline, conversation: Conversation) -> dict[tuple[str, float | None, bool], Counts]:
    hop, samples = round(LiveConfig().hop_s * SAMPLE_RATE), conversation.samples
    began = time.process_time()
    said = [baseline.step(AudioBlock(samples[at : at + hop], at / SAMPLE_RATE)) for at in range(0, len(samples), hop)]
    busy_s, reference = time.process_time() - began, conversation.reference

    def at(threshold: float) -> Counts:
        answers = [relabelled(answer, threshold) for answer in said]
        return count(reference, answers, turns(baseline.decided, threshold), busy_s)

    found = {(baseline.name, baseline.threshold, False): at(baseline.threshold)}
    if not isinstance(baseline, RecordThenDecide):  # whose threshold is fixed
        found |= {(baseline.name, t, True): at(t) for t in sorted({*THRESHOLDS, baseline.threshold})}
    return found


@cache
def _encoder(model: str, compute: str) -> Encoder:
    return load_encoder(model, compute=compute)


@cache
def _noises(files: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    return tuple(read_audio(file) for file in files)


@cache
def _meetings(folder: str) -> list[tuple[str, Conversation]]:
    return list(meetings(read_excerpts(folder)))


def audio_files(folder: str | Path) -> list[Path]:
    """Every recording in a folder, in order. Raises BadInput if there is none."""
    files = sorted(path for path in Path(folder).glob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    if not files:
        raise BadInput(f"{folder}: no folder with recordings in it.")
    return files
