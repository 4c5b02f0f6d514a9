"""The conversation benchmark: the live engine, and other programs' ways beside it, over made and real conversations."""

from __future__ import annotations

import dataclasses
import itertools
import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from app.audio.source import AudioBlock
from app.enrolment.pieces import embed, pooled
from app.evaluation.baselines import (
    Baseline,
    RecordThenDecide,
    SegmentThenDecide,
    SlidingWindow,
    relabelled,
    turns,
)
from app.evaluation.conversations import Conversation, ConversationConfig, build_conversation
from app.evaluation.diarisation import DiarisationCounts, UnknownCounts, count_diarisation, count_unknown
from app.evaluation.meetings import meetings, read_excerpts
from app.evaluation.screen import Reference, ScreenCounts, count_screen, count_turns, screen_score
from app.evaluation.windows import enrol, play
from app.recognition.encoder import Encoder
from app.recognition.identification import Identification
from app.recognition.live import LiveConfig, Recogniser
from app.recognition.timeline import Turn
from app.training.corpus import Clip
from utils import AUDIO_SUFFIXES, SAMPLE_RATE, BadInput, read_audio

ENGINE = "heard"
THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(46))
"""Of which a baseline is given the best in hindsight."""
MEETINGS = "meetings"


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


@dataclass(frozen=True)
class Counts:
    """All that is counted of one system; adds up over conversations."""

    screen: ScreenCounts = ScreenCounts()
    final: ScreenCounts = ScreenCounts()
    diarisation: DiarisationCounts = DiarisationCounts()
    unknown: UnknownCounts = UnknownCounts()
    busy_s: float = 0.0
    """Processor time."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass
class Row:
    """Counts of conversations of one kind, by system: (name, threshold, whether the best in hindsight is sought)."""

    corpus: str
    condition: str
    enrolled: int
    enrolment_s: float
    systems: dict[tuple[str, float | None, bool], list[Counts]] = field(default_factory=dict)
    """One of each conversation."""

    def lines(self) -> Iterator[dict]:
        """One dictionary of JSON values for each system; rates are fractions, None where there is no such figure."""
        sweeps: dict[str, list[tuple[float, list[Counts]]]] = {}
        for (name, threshold, hindsight), parts in self.systems.items():
            if hindsight:
                sweeps.setdefault(name, []).append((threshold, parts))
            else:
                yield self._line(name, threshold, parts)
        for name, sweep in sweeps.items():
            threshold, parts = min(sweep, key=lambda item: screen_score(sum(item[1], Counts()).screen).error)
            yield {**self._line(name, threshold, parts), "best_in_hindsight": True}

    def _line(self, name: str, threshold: float | None, parts: list[Counts]) -> dict:
        counts = sum(parts, Counts())
        score = screen_score(counts.screen)
        after = [value if np.isfinite(value) else None for value in score.time_to_name_s]
        unknown, n = counts.unknown, max(1, counts.unknown.conversations)
        return {
            "corpus": self.corpus,
            "condition": self.condition,
            "enrolled": self.enrolled or None,
            "enrolment_s": self.enrolment_s,
            "system": name,
            "threshold": threshold,
            "best_in_hindsight": False,
            "error": score.error,
            "error_interval": list(interval([part.screen for part in parts])),
            "final_error": screen_score(counts.final).error,
            "der": counts.diarisation.rate,
            "strangers_named": score.strangers_named,
            "enrolled_unknown": score.enrolled_unknown,
            "enrolled_confused": score.enrolled_confused,
            "time_to_name_s": {"median": after[0], "p95": after[1]},
            "never_named": score.never_named,
            "extra_changes_per_min": score.extra_changes_per_min,
            "unknown": {
                "purity": unknown.purity,
                "coverage": unknown.coverage,
                "found": unknown.found / n,
                "strangers": unknown.strangers / n,
            },
            "core": counts.busy_s / max(counts.screen.heard_s, 1e-9),
            "speech_s": counts.screen.speech_s,
            "conversations": len(parts),
        }


def interval(parts: Sequence[ScreenCounts], draws: int = 2000) -> tuple[float, float]:
    """The 90 % interval of the live error over conversations (percentile bootstrap)."""
    wrong, speech = (np.array([getattr(part, name) for part in parts]) for name in ("wrong_s", "speech_s"))
    drawn = np.random.default_rng(0).integers(len(parts), size=(draws, len(parts)))
    errors = wrong[drawn].sum(axis=1) / np.maximum(speech[drawn].sum(axis=1), 1e-9)
    low, high = np.quantile(errors, (0.05, 0.95))
    return float(low), float(high)


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
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        try:
            yield from pool.map(measure, work, itertools.repeat(setup))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def measure(unit: Unit, setup: Setup) -> dict[tuple[str, float | None, bool], Counts]:
    """What every system makes of one conversation."""
    encoder = _encoder(setup.model, setup.compute)
    if unit.corpus == MEETINGS:
        conversation = _meetings(setup.meetings)[unit.pair][1]
    else:
        noises = _noises(setup.noises) if np.isfinite(unit.config.snr_db) else ()
        conversation = build_conversation(unit.clips, unit.config, impostors=setup.impostors, noises=noises)
    conversation = conversation.with_enrolment(unit.enrolment_s)
    reference = conversation.reference
    recogniser = Recogniser(encoder, enrol(conversation, encoder))
    began = time.process_time()
    said = play(conversation, recogniser)
    busy_s = time.process_time() - began
    found = {(ENGINE, None, False): count(reference, said, recogniser.timeline.turns(), busy_s)}
    if setup.baselines:
        for baseline in baselines(conversation, encoder):
            found |= _sweep(baseline, conversation)
    return found


def baselines(conversation: Conversation, encoder: Encoder) -> list[Baseline]:
    """Each with the threshold that belongs to it: its own, or the model's."""
    pieces = {name: embed(encoder, speech) for name, speech in conversation.enrolment.items()}
    voiceprints = {name: pooled(*piece)[None] for name, piece in pieces.items()}
    threshold = encoder.rule().threshold
    return [
        RecordThenDecide(encoder, {name: vectors for name, (vectors, _) in pieces.items()}),
        SegmentThenDecide(encoder, voiceprints, threshold),
        SlidingWindow(encoder, voiceprints, threshold),
    ]


def count(reference: Reference, said: Sequence[Identification], final: Sequence[Turn], busy_s: float = 0.0) -> Counts:
    """Live answers and the final turns against what was so."""
    return Counts(
        count_screen(reference, said),
        count_turns(reference, final),
        count_diarisation(reference, final),
        count_unknown(reference, final),
        busy_s,
    )


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
    return Encoder.load(model, compute=compute)


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
