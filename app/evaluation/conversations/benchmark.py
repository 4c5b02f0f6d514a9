"""The conversation benchmark: engine and baselines over simulated and real conversations, in several processes."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock
from app.diarisation.recogniser import LiveConfig, Recogniser
from app.diarisation.rttm import write_rttm
from app.embedding.encoder import Encoder
from app.embedding.load import load_encoder
from app.enrolment.segments import embed_clean_and_noisy, embed_segments, pool_embeddings
from app.evaluation.conversations.baselines import (
    Baseline,
    RecordThenDecide,
    SegmentThenDecide,
    SlidingWindow,
    final_turns,
    with_threshold,
)
from app.evaluation.conversations.by_onset import count_by_onset
from app.evaluation.conversations.gates import DELAYS_S, Gates
from app.evaluation.conversations.plan import MEETINGS, SharedSetup, Task, meetings_in
from app.evaluation.conversations.report import (
    ENGINE,
    ReportRow,
    SystemCounts,
    SystemKey,
    count_delayed_oracle,
    count_system,
)
from app.evaluation.conversations.simulate import Conversation, build_conversation
from app.scoring.gallery import Gallery
from app.scoring.identification import Identification
from utils import SAMPLE_RATE, HeardError, atomic_write, write_wav

THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(46))
"""The thresholds of which a baseline is given the best in hindsight."""
ORACLE_DELAYS_S = (0.5, 0.75, 1.0)
"""How late the screens are that stand beside the baselines and make no mistake: what waiting alone costs."""

NEEDED_S = max(DELAYS_S) + 5.0
"""Turns that ended longer ago decide about no gate any more."""


def run_benchmark(
    tasks: Sequence[Task], setup: SharedSetup, *, jobs: int = 1, progress: Callable = iter
) -> Iterator[ReportRow]:
    """Every row as soon as its last conversation is done, in order. ``jobs`` processes share the tasks."""
    left = {task.row: sum(other.row == task.row for other in tasks) for task in tasks}
    rows = {key: ReportRow(*key) for key in left}
    waiting = list(rows)
    for task, counts in zip(tasks, progress(_measured(tasks, setup, jobs)), strict=True):
        row = rows[task.row]
        for system, some in counts.items():
            row.systems.setdefault(system, []).append(some)
        left[task.row] -= 1
        while waiting and not left[waiting[0]]:
            yield rows[waiting.pop(0)]


def _measured(tasks: Sequence[Task], setup: SharedSetup, jobs: int) -> Iterator[dict]:
    if jobs == 1:
        yield from (measure_conversation(task, setup) for task in tasks)
        return
    # Not forked: the parent may have started threads of libraries that do not survive it.
    context = multiprocessing.get_context("spawn")
    quietly = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_DFL)}  # Ctrl-C: without a word
    with ProcessPoolExecutor(jobs, context, **quietly) as pool:
        try:
            yield from pool.map(measure_conversation, tasks, itertools.repeat(setup))
        except BrokenProcessPool:
            raise HeardError("a process ended before its work was done (no memory left?): try fewer --jobs.") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def measure_conversation(task: Task, setup: SharedSetup) -> dict[SystemKey, SystemCounts]:
    """Counts of every system on one conversation."""
    encoder = _encoder(setup.model, setup.compute)
    name, conversation = _conversation(task, setup)
    conversation = conversation.with_enrolment(task.enrolment_s)
    reference = conversation.reference
    recogniser = Recogniser(encoder, enrol(conversation, encoder))
    began = time.process_time()
    gates = Gates(conversation.enrolment) if setup.gate else None
    answers = play(conversation, recogniser, gates)
    busy_s = time.process_time() - began  # with gates theirs, too
    if setup.keep:
        _keep(Path(setup.keep) / f"{name} {task.enrolment_s:g} s".replace(" ", "_"), conversation, recogniser, answers)
    turns = recogniser.timeline.turns()
    counts = count_system(reference, answers, turns, busy_s)
    if gates:
        counts = replace(counts, gate=gates.counts(turns, conversation.speech))
    found = {(ENGINE, None, False): replace(counts, by_onset=count_by_onset(reference, answers, turns))}
    if setup.baselines:
        for baseline in baselines(conversation, encoder):
            found |= _sweep(baseline, conversation)
        for delay_s in ORACLE_DELAYS_S:
            found[f"right after {delay_s:g} s", None, False] = count_delayed_oracle(reference, delay_s)
    return found


def _conversation(task: Task, setup: SharedSetup) -> tuple[str, Conversation]:
    """A task's conversation and its name."""
    if task.corpus == MEETINGS:
        return meetings_in(setup.meetings)[task.pair]
    name = f"{task.corpus} {task.condition.name} {task.config.enrolled} enrolled seed {task.config.seed}"
    impostors = () if task.condition.sessions else setup.impostors  # who come by no telephone
    noises = _noises(setup.noises) if np.isfinite(task.config.snr_db) else ()
    return name, build_conversation(task.clips, task.config, impostors=impostors, noises=noises)


def play(conversation: Conversation, recogniser: Recogniser, gates: Gates | None = None) -> list[Identification]:
    """The engine's answers to a conversation, hop by hop, none skipped; through ``gates``, too."""
    hop, answers = round(recogniser.config.hop_s * SAMPLE_RATE), []
    for at in range(0, len(conversation.samples), hop):
        block = AudioBlock(conversation.samples[at : at + hop], at / SAMPLE_RATE)
        answers.append(recogniser.step(block))
        if gates:
            gates.step(block, answers[-1], recogniser.timeline.turns(block.start_s - NEEDED_S))
    return answers


def enrol(conversation: Conversation, encoder: Encoder) -> Gallery:
    """Voiceprints of a conversation's enrolled people."""
    voiceprints = [
        pool_embeddings(*embed_clean_and_noisy(encoder, speech)) for speech in conversation.enrolment.values()
    ]
    return Gallery(tuple(conversation.enrolment), np.stack(voiceprints), encoder.cohort)


def _keep(path: Path, conversation: Conversation, recogniser: Recogniser, answers: Sequence[Identification]) -> None:
    """Write the sound, who spoke, and the engine's answers and final turns."""
    write_wav(f"{path}.wav", conversation.samples)
    write_rttm(f"{path}.reference.rttm", conversation.speech, path.name)
    write_rttm(f"{path}.rttm", recogniser.timeline.turns(), path.name)
    with atomic_write(f"{path}.jsonl") as file:
        file.write("".join(json.dumps(answer.as_json(), ensure_ascii=False) + "\n" for answer in answers).encode())


def baselines(conversation: Conversation, encoder: Encoder) -> list[Baseline]:
    """The baselines, each with the threshold that belongs to it: its own, or the model's."""
    segments = {name: embed_segments(encoder, speech) for name, speech in conversation.enrolment.items()}
    voiceprints = {name: pool_embeddings(*embedded)[None] for name, embedded in segments.items()}
    threshold = encoder.rule().threshold
    return [
        RecordThenDecide(encoder, {name: vectors for name, (vectors, _) in segments.items()}),
        SegmentThenDecide(encoder, voiceprints, threshold),
        SlidingWindow(encoder, voiceprints, threshold),
    ]


def _sweep(baseline: Baseline, conversation: Conversation) -> dict[SystemKey, SystemCounts]:
    """Counts of a baseline at its own threshold, and at all others where it may be chosen in hindsight."""
    hop, samples = round(LiveConfig().hop_s * SAMPLE_RATE), conversation.samples
    began = time.process_time()
    answers = [
        baseline.step(AudioBlock(samples[at : at + hop], at / SAMPLE_RATE)) for at in range(0, len(samples), hop)
    ]
    busy_s, reference = time.process_time() - began, conversation.reference

    def at(threshold: float) -> SystemCounts:
        moved = [with_threshold(answer, threshold) for answer in answers]
        return count_system(reference, moved, final_turns(baseline.scored, threshold), busy_s)

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
