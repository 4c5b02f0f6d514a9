"""How fast many files become embeddings, beside SpeechBrain's ``encode_batch`` on the same files in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.benchmarks.networks import speechbrain_classifier
from app.corpus.clips import Clip
from app.corpus.manifest import Manifest, open_manifest
from app.embedding.load import load_encoder
from app.extraction.executors import LocalExecutor
from app.extraction.extract import ExtractConfig, extract
from app.scoring.cohort import unit
from app.threads import available_cores, torch_threads
from utils import BadInput

SAME = "Heard, the same network"
TRIED = 6
"""How many rows find SpeechBrain's best number of threads."""
ROWS_A_TURN = 128
"""How many rows one method does before the next does them: what else the machine does hits all alike."""


@dataclass(frozen=True)
class ExtractionSpeed:
    """One method's time for all files."""

    name: str
    files: int
    sound_s: float
    wall_s: float
    cpu_s: float
    """Processor time of all cores, which other programs on the machine lengthen less than ``wall_s``."""
    times_speechbrain: float
    """How many times as fast as SpeechBrain's loop."""
    smallest_cosine: float | None
    """The smallest cosine of its embeddings to SpeechBrain's over the files; None where the weights are others."""

    def __str__(self) -> str:
        cosine = (
            "" if self.smallest_cosine is None else f"  smallest cosine to its embeddings {self.smallest_cosine:.6f}"
        )
        return (
            f"{self.name:<38}{self.wall_s:7.1f} s  {self.cpu_s:7.1f} s of processors"
            f"  {self.files / self.wall_s:6.1f} files/s  {self.sound_s / self.wall_s:5.0f} x real time"
            f"  {self.times_speechbrain:5.2f} x SpeechBrain{cosine}"
        )


def compare_extraction(table: str | Path, files: int = 500) -> list[ExtractionSpeed]:
    """Time SpeechBrain's loop and ``extract`` on the same clips.

    SpeechBrain's class has random weights of the full size; saved as a checkpoint, they are ours, too. Its loop is what
    people write: read a file, encode it, the next; with one thread or one for each core, whichever is faster here. Ours
    includes the journal and the outputs. A row that cannot be read would stop SpeechBrain's loop: it raises BadInput.
    """
    import torch

    from app.embedding.torch_cpu import has_fast_bfloat16

    clips = list(islice(open_manifest(table), files))
    if not clips:
        raise BadInput(f"{table}: no clips in it.")
    with TemporaryDirectory() as folder:
        classifier = speechbrain_classifier()
        checkpoint = Path(folder) / "same.ckpt"
        torch.save(classifier.mods.embedding_model.state_dict(), checkpoint)
        threads = _best_threads(classifier, clips[:TRIED])
        theirs = f"SpeechBrain encode_batch, {threads} thread{'s' if threads > 1 else ''}"
        methods: dict[str, Callable[[list[Clip]], np.ndarray]] = {
            theirs: lambda part: _speechbrain(classifier, part, threads),
        }
        for precision in ("float32", "bfloat16") if has_fast_bfloat16() else ("float32",):
            methods[f"{SAME}, {precision}"] = _Extraction(
                str(checkpoint), precision, Path(folder) / f"same-{precision}"
            )
            methods[f"Heard, embedded, {precision}"] = _Extraction(
                "embedded", precision, Path(folder) / f"own-{precision}"
            )
        for method in methods.values():  # the first call of each lays out memory and code
            method(clips[:2])
        times, vectors = _time_in_turn(methods, clips)
        sound_s = next(method.sound_s for method in methods.values() if isinstance(method, _Extraction))
    return [
        ExtractionSpeed(
            name,
            len(clips),
            sound_s,
            times[name].wall_s,
            times[name].cpu_s,
            times[theirs].wall_s / times[name].wall_s,
            _smallest_cosine(vectors[name], vectors[theirs]) if name.startswith(SAME) else None,
        )
        for name in methods
    ]


def _best_threads(classifier, clips: list[Clip]) -> int:
    seconds = {}
    for threads in {1, available_cores()}:
        _speechbrain(classifier, clips[:1], threads)
        began = time.perf_counter()
        _speechbrain(classifier, clips, threads)
        seconds[threads] = time.perf_counter() - began
    return min(seconds, key=seconds.get)


@dataclass
class _Time:
    wall_s: float = 0.0
    cpu_s: float = 0.0


def _time_in_turn(methods: dict[str, Callable], clips: list[Clip]) -> tuple[dict[str, _Time], dict[str, np.ndarray]]:
    times = {name: _Time() for name in methods}
    vectors: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    for start in range(0, len(clips), ROWS_A_TURN):
        part = clips[start : start + ROWS_A_TURN]
        for name, method in methods.items():
            began, began_cpu = time.perf_counter(), time.process_time()
            found = method(part)
            times[name].wall_s += time.perf_counter() - began
            times[name].cpu_s += time.process_time() - began_cpu
            vectors[name].append(found)
    return times, {name: np.concatenate(parts) for name, parts in vectors.items()}


def _speechbrain(classifier, clips: list[Clip], threads: int) -> np.ndarray:
    import soundfile
    import torch

    try:
        embeddings = []
        with torch_threads(threads), torch.no_grad():
            for clip in clips:
                samples, rate = soundfile.read(clip.path, dtype="float32")
                begin, end = round(clip.start_s * rate), None if clip.end_s is None else round(clip.end_s * rate)
                embeddings.append(classifier.encode_batch(torch.from_numpy(samples[begin:end])[None])[0, 0].numpy())
        return np.stack(embeddings)
    except soundfile.LibsndfileError as error:
        raise BadInput(f"a row that cannot be read: {error}") from None


class _Extraction:
    """``extract`` into a folder, a part of the clips at a time."""

    def __init__(self, model: str, precision: str, out: Path):
        self.executor = LocalExecutor(load_encoder(model, compute="cpu", precision=precision, large_batches=True))
        self.out, self.sound_s, self._turns = out, 0.0, 0

    def __call__(self, clips: list[Clip]) -> np.ndarray:
        self._turns += 1
        out = self.out / str(self._turns)
        report = extract(
            Manifest(Path("rows"), lambda: (("", clip) for clip in clips)), out, self.executor, ExtractConfig()
        )
        if report.failed:
            raise BadInput(f"a row that cannot be read: {report.failures[0].clip.name}: {report.failures[0].status}")
        if self._turns > 1:
            self.sound_s += report.sound_s
        return np.load(out / "embeddings.npy", allow_pickle=False)


def _smallest_cosine(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.min(np.sum(ours * unit(theirs), axis=1)))
