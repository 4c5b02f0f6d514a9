"""Manifests, lists of trials and pairs, scores, RTTM, Kaldi's folders, configurations, and what extraction wrote."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from tests.torture.mutations import damaged_bytes, damaged_text
from tests.torture.subjects import Subject, Wrong, attempt
from utils import BUNDLED, ROOT

ROWS = "".join(f"{n}.wav,Ana,dev,f,{20 + n},{n}.5,{n + 3}\n" for n in range(6))
TABLE = f"file,speaker,corpus,gender,age,start_s,end_s\n{ROWS}"
COMMON_VOICE = "client_id\tpath\tsentence\tage\tgender\n" + "".join(
    f'c{n}\t{n}.mp3\tSo "it is\ttwenties\tmale\n' for n in range(5)
)
TRIALS = "".join(f"{n % 2} id1/{n}.wav id2/{n + 1}.wav\n" for n in range(8))
TRIAL_TABLE = "target,enrol,test,condition\n" + "".join(f"{n % 2},{n}.wav,{n + 1}.wav,near\n" for n in range(6))
PAIRS = "a.wav b.wav\nc d.wav, e f.wav\n1 a.wav b.wav\n"
SCORES = "".join(f"{n % 2} {n}.wav {n + 1}.wav 0.{n}23\n" for n in range(12))
RECIPES = ROOT / "app" / "training" / "recipes"
RTTM = "".join(f"SPEAKER talk 1 {n}.250 0.900 <NA> <NA> Ana_{n % 3} <NA> <NA>\n" for n in range(9))


NEMO = "".join(f'{{"audio_filepath": "{n}.wav", "offset": {n}.5, "duration": 3, "label": "Ana"}}\n' for n in range(6))
KALDI_TRIALS = "".join(f"id1/{n}.wav id2/{n + 1}.wav {('non', '')[n % 2]}target\n" for n in range(8))
CLIP_LIST = "".join(f"id{n % 2} id{n % 2}/{n}.wav\n" for n in range(8))
RTTM_OF_SEVERAL = ";; by hand\n" + "".join(
    f"SPEAKER talk{n % 3} {n % 2 + 1} {n}.250 0.900 <NA> <NA> Ana_{n % 3} <NA> <NA>\n" for n in range(9)
)


def _other_text_maker(text: str, name: str) -> Callable[[Random, Path], Path]:
    """Damaged text with the marks, line ends and delimiters that other systems write."""

    def make(random: Random, folder: Path) -> Path:
        changed = damaged_text(random, text).decode("utf-8", "surrogateescape")
        if random.random() < 0.3:
            changed = changed.replace(",", random.choice("\t;|")).replace(" ", random.choice(("\t", "  ", " ; ")))
        data = changed.replace("\n", random.choice(("\n", "\r\n", "\r"))).encode("utf-8", "surrogateescape")
        kind = random.choice(("plain", "mark", "wide"))
        if kind == "wide":
            data = data.decode("utf-8", "replace").encode(random.choice(("utf-16", "utf-16-le", "utf-32")))
            data = data[: random.randrange(len(data) + 1)] if random.random() < 0.2 else data
        (folder / name).write_bytes(b"\xef\xbb\xbf" * (kind == "mark") + data)
        return folder / name

    return make


def _text_maker(text: str, name: str) -> Callable[[Random, Path], Path]:
    def make(random: Random, folder: Path) -> Path:
        path = folder / name
        path.write_bytes(damaged_text(random, text))
        return path

    return make


def use_manifest(path: Path) -> None:
    from app.corpus.manifest import open_manifest, read_clips
    from app.extraction.pending import clip_key

    for root in (None, path.parent):
        attempt(lambda root=root: [clip_key(clip) for clip in open_manifest(path, root)], path.name)
    attempt(lambda: read_clips(path), path.name)


def use_trials(path: Path) -> None:
    from app.corpus.pairs import open_pairs
    from app.evaluation.trials import files_of, find_speakers, read_trials

    trials = attempt(lambda: read_trials(path), path.name)
    if trials:
        attempt(lambda: (files_of(trials), find_speakers(trials)), path.name)
    attempt(lambda: list(open_pairs(path)), path.name)


def use_scores(path: Path) -> None:
    from app.evaluation.trial_scores import read_scores

    values = attempt(lambda: read_scores(path), path.name)
    if values is not None and not all(np.isfinite(part).all() for part in values):
        raise Wrong("scores that are not finite")


def use_rttm(path: Path) -> None:
    from app.diarisation.rttm import read_recordings, read_rttm
    from app.exports.document import Document
    from app.exports.formats import FORMATS

    turns = attempt(lambda: read_rttm(path), path.name)
    found = attempt(lambda: read_recordings(path), path.name)
    if (turns is None and found is not None and len(found) < 2) or (turns and turns not in found.values()):
        raise Wrong("the turns of one recording are not among those of all")
    for turn in (turn for turns_of_one in (found or {}).values() for turn in turns_of_one):
        if not 0 <= turn.start_s <= turn.end_s < float("inf"):
            raise Wrong(f"a turn that cannot be: {turn}")
    for one in FORMATS.values():
        attempt(lambda one=one: one.encode(Document(turns or [], "talk")), path.name)


def make_kaldi(random: Random, folder: Path) -> Path:
    texts = {
        "wav.scp": "r1 one.wav\nr2 two.wav\nr3 cat three.wav |\n",
        "utt2spk": "u1 Ana\nu2 Ben\nu3 Ben\nr1 Ana\n",
        "segments": "u1 r1 0.5 2.0\nu2 r2 0 -1\nu3 r3 1 2\n",
    }
    hurt = random.choice(list(texts))
    for name, text in texts.items():
        (folder / name).write_bytes(damaged_text(random, text) if name == hurt else text.encode())
    if random.random() < 0.3:
        (folder / "segments").unlink()
    return folder


def use_kaldi(folder: Path) -> None:
    from app.corpus.manifest import open_manifest, read_clips

    names = ("wav.scp", "utt2spk", "segments")
    attempt(lambda: list(open_manifest(folder)), *names)
    attempt(lambda: read_clips(folder), *names, folder.name)


def make_config(random: Random, folder: Path) -> Path:
    recipes = {path.name: path.read_text(encoding="utf-8") for path in RECIPES.glob("*.toml")}
    for name, text in recipes.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / random.choice(sorted(recipes))
    path.write_bytes(damaged_text(random, recipes[path.name]))
    return path


def use_config(path: Path) -> None:
    from app.training.config import load_config

    attempt(lambda: load_config(path), ".toml", folder_of(path))  # or the file that it says it extends


def folder_of(path: Path) -> str:
    return f"{path.parent}{os.sep}"


@cache
def extracted() -> dict[str, bytes]:
    files = {"index.csv": b"path,speaker,start_s,end_s,status\n" + b"a.wav,Ana,0.000,1.000,ok\n" * 4}
    for name, array in {"embeddings": np.eye(4, 8, dtype=np.float32), "labels": np.array(["Ana", "Ben"] * 2)}.items():
        out = io.BytesIO()
        np.save(out, array)
        files[f"{name}.npy"] = out.getvalue()
    return files


def make_extracted(random: Random, folder: Path) -> Path:
    hurt = random.choice(list(extracted()))
    for name, data in extracted().items():
        (folder / name).write_bytes(damaged_bytes(random, data) if name == hurt else data)
    return folder


def use_extracted(folder: Path) -> None:
    from app.evaluation.plots.embeddings import read_extracted

    attempt(lambda: read_extracted(folder).sample(3), folder.name)


SUBJECTS = (
    Subject("manifest", _text_maker(TABLE, "list.csv"), use_manifest),
    Subject("manifest of Common Voice", _text_maker(COMMON_VOICE, "list.tsv"), use_manifest),
    Subject("Kaldi folder", make_kaldi, use_kaldi),
    Subject("trial list", _text_maker(TRIALS, "trials.txt"), use_trials),
    Subject("trial table", _text_maker(TRIAL_TABLE, "trials.csv"), use_trials),
    Subject("list of pairs", _text_maker(PAIRS, "pairs.txt"), use_trials),
    Subject("file of scores", _text_maker(SCORES, "scores.txt"), use_scores),
    Subject("RTTM", _text_maker(RTTM, "turns.rttm"), use_rttm),
    Subject(
        "RTTM of the demo", _text_maker((BUNDLED / "demo" / "conversation.rttm").read_text(), "demo.rttm"), use_rttm
    ),
    Subject("NeMo's manifest", _other_text_maker(NEMO, "list.json"), use_manifest),
    Subject("manifest of another system", _other_text_maker(TABLE, "list.txt"), use_manifest),
    Subject("manifest without a heading", _other_text_maker(CLIP_LIST, "list.txt"), use_manifest),
    Subject("trials of another system", _other_text_maker(TRIAL_TABLE, "trials.txt"), use_trials),
    Subject("Kaldi's trials", _other_text_maker(KALDI_TRIALS, "trials.txt"), use_trials),
    Subject("RTTM of several recordings", _other_text_maker(RTTM_OF_SEVERAL, "turns.rttm"), use_rttm),
    Subject("training configuration", make_config, use_config),
    Subject("extracted arrays", make_extracted, use_extracted),
)
