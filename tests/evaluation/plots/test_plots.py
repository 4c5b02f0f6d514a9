"""Pictures: what is drawn is right, and what is written can be read."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from app.evaluation.plots import det, embeddings, scores, sound, style, tsne
from app.evaluation.trial_scores import ScoredTrials
from app.evaluation.trials import Trial
from model import Architecture, SpeakerNetwork
from utils import BadInput, HeardError

TARGETS, NONTARGETS = np.array([0.9, 0.8, 0.7, 0.2]), np.array([0.1, 0.0, 0.3, 0.75])  # EER 25 %


@pytest.fixture(scope="module")
def network() -> SpeakerNetwork:
    torch.manual_seed(0)
    arch = Architecture(channels=16, mfa_channels=48, scale=4, se_channels=8, attention_channels=8, stride=2)
    return SpeakerNetwork(arch).eval()


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(24_000)).astype(np.float32)


def test_det_curves_say_their_equal_error_rate(tmp_path: Path):
    out = tmp_path / "det.svg"
    det.draw_det({"ours": (TARGETS, NONTARGETS), "perfect": (TARGETS, NONTARGETS - 1)}, out, threshold=0.5)
    text = out.read_text()
    assert "ours: EER 25.00%" in text
    assert "perfect: EER 0.00%" in text
    assert "threshold 0.500" in text
    again = tmp_path / "again.svg"
    det.draw_det({"ours": (TARGETS, NONTARGETS), "perfect": (TARGETS, NONTARGETS - 1)}, again, threshold=0.5)
    assert again.read_bytes() == out.read_bytes()


def test_too_many_curves_are_not_drawn(tmp_path: Path):
    with pytest.raises(BadInput, match="13 curves"):
        det.draw_det({str(i): (TARGETS, NONTARGETS) for i in range(13)}, tmp_path / "det.png")


def test_a_curve_for_each_condition_that_has_both_kinds_of_trial():
    trials = [
        Trial(target, "a", "b", (("condition", name), ("snr", "10")))
        for target, name in [(True, "x"), (False, "x"), (True, "y")]
    ]
    curves = det.curves_of(ScoredTrials(trials, np.array([0.5, 0.1, 0.4]), np.ones(3)))
    assert {name: tuple(map(list, pair)) for name, pair in curves.items()} == {
        "all trials": ([0.5, 0.4], [0.1]),
        "x": ([0.5], [0.1]),
        "snr 10": ([0.5, 0.4], [0.1]),
    }


def test_histograms_say_what_the_threshold_does(tmp_path: Path):
    scores.draw_scores(TARGETS, NONTARGETS, tmp_path / "s.svg", threshold=0.75)
    text = (tmp_path / "s.svg").read_text()
    assert "threshold 0.750: 25.00% false accepts, 50.00% false rejects" in text
    assert "equal error rate 25.00%" in text
    scores.draw_scores(np.ones(3), np.ones(2), tmp_path / "alike.svg")  # no width at all
    assert "50.00%" in (tmp_path / "alike.svg").read_text()


def test_cepstral_coefficients_by_their_formula(network: SpeakerNetwork, noise: np.ndarray):
    features = sound.log_mel(noise, network)
    assert features.shape == (80, 151)
    band = np.arange(80)
    for k, row in enumerate(sound.mfcc(features, 3)):
        wave = np.cos(np.pi * k * (2 * band + 1) / 160) * (np.sqrt(1 / 80) if k == 0 else np.sqrt(2 / 80))
        assert row == pytest.approx(wave @ features, abs=1e-3)
    assert sound.mfcc(features).shape == (20, 151)


def test_attention_is_what_the_network_pools_with(network: SpeakerNetwork, noise: np.ndarray):
    weights = sound.attention(noise, network)
    assert weights.shape == (48, 76)
    assert weights.mean(axis=1) == pytest.approx(np.ones(48), abs=1e-4)
    with torch.inference_mode():
        frames = network.backbone.frames(network.front(torch.from_numpy(noise)[None]))
        pooled = network.backbone.asp(frames)[0, :48].numpy()
    assert (weights * frames[0].numpy()).mean(axis=1) == pytest.approx(pooled, abs=1e-4)


def test_mel_bands_are_named_by_their_frequencies(network: SpeakerNetwork, tmp_path: Path):
    """A tone is loudest in the band beside its frequency's tick."""
    time_s = np.arange(16_000) / 16_000
    figure = style.new_figure(4, 4)
    axes = figure.add_subplot()
    sound.mel_axis(axes, 80)
    for hz, tick in zip(sound.TICKS_HZ[1:-1], axes.get_yticks()[1:-1], strict=True):
        tone = np.sin(2 * np.pi * hz * time_s).astype(np.float32)
        tone[:8000] *= 1e-3  # features have no mean over time: something must change
        features = sound.log_mel(tone, network)
        loudness = features[:, 60:90].mean(axis=1) - features[:, 10:40].mean(axis=1)
        power = network.front.filters @ torch.from_numpy(np.abs(np.fft.rfft(tone[8000:8400])) ** 2).float()
        assert abs(int(power.argmax()) + 0.5 - tick) <= 1.0
        assert loudness[int(power.argmax())] > 40


def test_pictures_of_a_recording(network: SpeakerNetwork, noise: np.ndarray, tmp_path: Path):
    sound.draw_features(noise, network, tmp_path / "f.svg", "one.wav")
    text = (tmp_path / "f.svg").read_text()
    for label in ("one.wav", "amplitude", "80 mel bands, kHz", "MFCC", "time, s"):
        assert label in text
    sound.draw_attention(noise, network, np.array([[0.2, 0.9]]), tmp_path / "a.svg", "one.wav")
    assert "speech, as detected" in (tmp_path / "a.svg").read_text()


def test_beginnings_and_ends_of_speech(demo_dir: Path):
    from app.audio.reading.reader import read_audio

    speech = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac")
    second = np.zeros(16_000, np.float32)
    parts = sound.speech_parts(np.concatenate([second, speech, second]))
    assert (np.diff(parts.ravel()) > 0).all()
    assert parts[0, 0] > 0.9
    assert parts[-1, 1] < 1.2 + len(speech) / 16_000
    assert sound.speech_parts(second).shape == (0, 2)


@pytest.fixture(scope="module")
def people() -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((5, 32))
    vectors = np.repeat(centres, 12, axis=0) + 0.2 * rng.standard_normal((60, 32))
    names = np.repeat(["Ana", "Ben", "李雷", "</script><b>", "Zoë & co"], 12).tolist()
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), names


def test_neighbours_stay_neighbours(people):
    vectors, names = people
    points = tsne.project(vectors)
    assert points.shape == (60, 2)
    far = np.linalg.norm(points[:, None] - points[None], axis=2) + 1e9 * np.eye(60)
    assert [names[i] for i in far.argmin(axis=1)] == names
    assert (tsne.project(vectors) == points).all()


@pytest.mark.parametrize("count", [1, 3, 4, 7])
def test_few_embeddings_and_equal_ones(people, count: int):
    vectors = people[0]
    for some in (vectors[:count], np.tile(vectors[:1], (count, 1))):
        points = tsne.project(some)
        assert points.shape == (count, 2)
        assert np.isfinite(points).all()


def test_speakers_look_different():
    looks = tsne.looks([f"s{i:02}" for i in range(56)])
    assert len(set(looks.values())) == 56
    assert len(tsne.looks(map(str, range(200)))) == 200


def test_the_page_asks_for_nothing_from_outside_and_holds_every_point(people, tmp_path: Path):
    vectors, names = people
    points = tsne.project(vectors)
    tsne.write_page(points, names, [f"{i}.wav" for i in range(60)], tmp_path / "t.html", "five & more")
    page = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|\bsrc=|@import|<link", page)
    assert "<title>five &amp; more</title>" in page
    assert page.count("</script>") == 2  # no name closes the script
    data = json.loads(re.search(r'application/json">(.*?)</script>', page, re.DOTALL)[1])
    assert data["speakers"] == sorted(set(names))
    assert [data["speakers"][point[2]] for point in data["points"]] == names
    xy = np.array([point[:2] for point in data["points"]])
    assert xy - xy[0] == pytest.approx(points - points[0], abs=0.01)


def test_names_stand_in_the_picture(people, tmp_path: Path):
    vectors, names = people
    tsne.draw_tsne(tsne.project(vectors), names, tmp_path / "t.svg", "everybody")
    text = (tmp_path / "t.svg").read_text(encoding="utf-8")
    for name in ("everybody", "Ana", "Ben", "Zoë &amp; co"):
        assert f">{name}</text>" in text


def test_what_extract_wrote_is_read(tmp_path: Path):
    vectors = np.eye(3, 8, dtype=np.float32)
    np.save(tmp_path / "embeddings.npy", vectors)
    np.save(tmp_path / "labels.npy", np.array(["a", "a", "b"]))
    found = embeddings.read_extracted(tmp_path)
    assert (found.speakers, found.files) == (["a", "a", "b"], ["a", "a", "b"])  # no index: the speaker has to do
    rows = ["path,speaker,start_s,end_s,status", "x.wav,a,0,3,ok", "gone.wav,b,,,no such file", "x.wav,a,3,6,ok"]
    (tmp_path / "index.csv").write_text("\n".join([*rows, "y.wav,b,0,3,ok"]))
    assert embeddings.read_extracted(tmp_path).files == ["x.wav 0.0 s", "x.wav 3.0 s", "y.wav 0.0 s"]
    some = embeddings.read_extracted(tmp_path).sample(2)
    assert len(some) == len(some.speakers) == len(some.files) == 2


def test_what_is_not_whole_is_not_drawn(tmp_path: Path):
    with pytest.raises(BadInput, match=r"embeddings\.npy: no such file"):
        embeddings.read_extracted(tmp_path)
    np.save(tmp_path / "embeddings.npy", np.eye(3, 8, dtype=np.float32))
    np.save(tmp_path / "labels.npy", np.array(["a"]))
    with pytest.raises(BadInput, match="do not go together"):
        embeddings.read_extracted(tmp_path)
    np.save(tmp_path / "labels.npy", np.array(["a", "b", "c"]))
    np.save(tmp_path / "embeddings.npy", np.full((3, 8), np.nan, np.float32))
    with pytest.raises(BadInput, match="not numbers"):
        embeddings.read_extracted(tmp_path)
    (tmp_path / "labels.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(BadInput, match="damaged"):
        embeddings.read_extracted(tmp_path)


def test_where_and_how_pictures_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    style.require_plotting(tmp_path / "x.PNG")
    with pytest.raises(BadInput, match=r"one of \.png, \.svg, \.pdf"):
        style.require_plotting(tmp_path / "x.jpg")
    with pytest.raises(BadInput, match="no folder"):
        style.require_plotting(tmp_path / "none" / "x.png")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(HeardError, match=r"a picture needs matplotlib and scikit-learn: .*pip install --group plot"):
        style.require_plotting(tmp_path / "x.png")
