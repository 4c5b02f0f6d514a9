from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from app.embedding.encoder import Embed
from app.embedding.resemblyzer import at_level, load_resemblyzer
from app.training.config import RunConfig, load_config
from app.training.corpus import Corpus, Speaker, hold_out, load_corpus, load_unlabelled
from app.training.dataset import Batches
from app.training.schedules import teacher_weight_at
from app.training.teacher import LONGEST_S, TeacherLoss, load_voiceprints
from app.training.trainer import Trainer
from model import SpeakerNetwork, load_checkpoint, save_checkpoint
from utils import SAMPLE_RATE, BadInput, HeardError, write_wav

SPEEDS = (1.0, 0.9)


def spectrum(samples: np.ndarray) -> np.ndarray:
    """A teacher that does know the made voices: their mean log spectrum, as a unit vector (40,)."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::200]
    power = np.abs(np.fft.rfft(frames * np.hanning(400), axis=1)[:, 1:161]) ** 2
    bands = np.log(power.reshape(len(power), 40, 4).sum(axis=2) + 1e-6).mean(axis=0)
    return (bands / np.linalg.norm(bands)).astype(np.float32)


@pytest.fixture
def unlabelled(tmp_path: Path, say) -> Corpus:
    """Five people nobody has named."""
    for speaker in range(100, 105):
        voice = say(speaker, 2 * SAMPLE_RATE, np.random.default_rng(speaker))
        write_wav(tmp_path / "unlabelled" / f"{speaker}.wav", voice)
    return load_unlabelled(tmp_path / "unlabelled", tmp_path / "cache")


@pytest.fixture
def config(tiny_config: Path, tmp_path: Path, unlabelled: Corpus) -> RunConfig:
    text = tiny_config.read_text().replace('table = "', f'speeds = [{SPEEDS[0]}, {SPEEDS[1]}]\ntable = "')
    folder = (tmp_path / "unlabelled").as_posix()
    text += f'[teacher]\nweight = 5\nfade_from = 0.5\nunlabelled = "{folder}"\nunlabelled_share = 0.3\n'
    tiny_config.write_text(text)
    return load_config(tiny_config)


@pytest.fixture
def training(config: RunConfig) -> tuple[Corpus, Corpus]:
    return hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout)


def speech_of_nobody(config: RunConfig) -> Corpus:
    return load_unlabelled(config.teacher.unlabelled, config.data.cache)


def voiceprints(config: RunConfig, training: Corpus) -> np.ndarray:
    return load_voiceprints([training, speech_of_nobody(config)], SPEEDS, lambda: spectrum, config.data.cache)


def trainer(config: RunConfig, training: tuple[Corpus, Corpus]) -> Trainer:
    return Trainer(config, *training, speech_of_nobody(config), voiceprints(config, training[0]))


def test_unlabelled_recordings_are_a_speaker_each(unlabelled: Corpus, tmp_path: Path):
    assert [speaker.name for speaker in unlabelled.speakers] == [f"{i}.wav" for i in range(100, 105)]
    assert unlabelled.seconds == 10
    with pytest.raises(BadInput, match="no audio files"):
        load_unlabelled(tmp_path / "nothing", tmp_path / "cache")


def test_voiceprints_are_in_the_order_of_the_labels(config: RunConfig, training, unlabelled: Corpus):
    prints = voiceprints(config, training[0])
    assert prints.shape == (2 * 14 + 2 * 5, 40)
    assert prints.dtype == np.float32
    of_unlabelled = [spectrum(unlabelled.pieces(i, 2 * SAMPLE_RATE, 1)[0]) for i in range(5)]
    assert np.allclose(prints[28:33], of_unlabelled, atol=1e-6)
    cosines = prints[14:28] @ prints[:14].T  # another speed sounds otherwise, but like its own voice still
    assert (np.diag(cosines) < 0.9999).all()

    def not_again() -> Embed:
        raise AssertionError("the teacher was asked twice")

    again = load_voiceprints([training[0], unlabelled], SPEEDS, not_again, config.data.cache)
    assert np.array_equal(prints, again)


def test_of_a_long_voice_the_teacher_hears_pieces(tmp_path: Path):
    seconds = 100
    samples = np.repeat(np.arange(seconds, dtype=np.int16), SAMPLE_RATE)
    corpus = Corpus(samples, [Speaker("a", "", "", True, 0, (len(samples),))])
    heard = []

    def teacher(voice: np.ndarray) -> np.ndarray:
        heard.append(voice * 32768)
        return np.ones(3, np.float32)

    load_voiceprints([corpus], (1.0,), lambda: teacher, tmp_path)
    assert len(heard[0]) == LONGEST_S * SAMPLE_RATE
    assert heard[0].min() < 1
    assert heard[0].max() > seconds - 3


def test_the_loss_by_hand():
    prints = np.array([[3.0, 0.0], [1.0, 2.0], [1.0, -2.0], [-1.0, 0.0]])  # their mean is (1, 0)
    loss = TeacherLoss(2, prints)
    assert torch.allclose(loss.targets, torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [-1.0, 0.0]]))
    with torch.no_grad():
        loss.project.weight.copy_(torch.eye(2))
    embeddings = torch.tensor([[5.0, 0.0], [0.0, 0.1], [0.0, 0.1]])
    assert float(loss(embeddings[:2], torch.tensor([0, 1])).detach()) == pytest.approx(0, abs=1e-6)
    assert float(loss(embeddings, torch.tensor([3, 2, 0])).detach()) == pytest.approx((2 + 2 + 1) / 3)
    turn = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    loss.fit(loss.targets[:3] @ turn)
    assert torch.allclose(loss.project.weight, turn, atol=1e-5)  # maps each back to its target


def test_cosines_between_voices_are_taught_too():
    prints = np.array([[3.0, 0.0], [1.0, 2.0], [1.0, -2.0], [-1.0, 0.0]])  # their mean is (1, 0)
    loss, plain = TeacherLoss(2, prints, relational=3.0), TeacherLoss(2, prints)
    with torch.no_grad():
        loss.project.weight.copy_(torch.eye(2))
        plain.project.weight.copy_(torch.eye(2))
    label = torch.tensor([0, 1, 1])
    embeddings = torch.tensor([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    # cosines 0 and 1 with the other voice where the teacher has 0 and 0; the two of one voice are not compared
    assert float((loss(embeddings, label) - plain(embeddings, label)).detach()) == pytest.approx(3.0 * (0 + 1) / 2)
    turned = embeddings @ torch.tensor([[0.6, 0.8], [-0.8, 0.6]])
    assert float((loss(turned, label) - plain(turned, label)).detach()) == pytest.approx(1.5, abs=1e-5)


def test_each_teacher_has_voiceprints_of_its_own(config: RunConfig, training, tmp_path: Path):
    asked = []

    def other(voice: np.ndarray) -> np.ndarray:
        asked.append(len(voice) / SAMPLE_RATE)
        return np.ones(3, np.float32)

    first = voiceprints(config, training[0])
    found = load_voiceprints([training[0]], (1.0,), lambda: other, config.data.cache, None, "other", 3.0)
    assert found.shape == (14, 3)
    assert max(asked) <= 3.0
    assert np.array_equal(voiceprints(config, training[0]), first)


def test_the_weight_fades(config: RunConfig):
    teacher = dataclasses.replace(config.teacher, weight=8.0, fade_from=0.6)
    weights = [teacher_weight_at(step, 100, teacher) for step in (0, 60, 80, 99)]
    assert weights == pytest.approx([8, 8, 4, 0.2])
    stays = dataclasses.replace(teacher, fade_from=1.0)
    assert teacher_weight_at(99, 100, stays) == 8


def test_unlabelled_voices_get_their_share_and_no_class(config: RunConfig, training):
    batches = Batches(training[0], config, speech_of_nobody(config))
    assert batches.classes == 28
    labels = np.concatenate([batches[step][1] for step in range(60)])
    share = np.mean(labels >= 28)
    assert 0.25 < share < 0.35
    assert set(labels[labels >= 28]) == set(range(28, 38))
    assert set(labels[labels < 28]) == set(range(28))
    mostly = dataclasses.replace(config, teacher=dataclasses.replace(config.teacher, unlabelled_share=0.99))
    batches = Batches(training[0], mostly, speech_of_nobody(config))
    assert all((batches[step][1] < 28).any() for step in range(5))


def test_the_student_learns_from_the_teacher(config: RunConfig, training):
    config = dataclasses.replace(
        config,
        teacher=dataclasses.replace(config.teacher, weight=30.0),
        augment=dataclasses.replace(config.augment, probability=0.0, spectral_masks=0.0),
    )
    run = trainer(config, training)
    run.run(show=False)
    with (config.folder / "log.csv").open(newline="") as file:
        distance = [float(row["teacher"]) for row in csv.DictReader(file)]
    assert distance[-1] < 0.8 * distance[0]
    features, labels = run.batches[59]
    result = run.learn(features, labels)
    assert result.labelled == int((labels < 28).sum()) < len(labels)
    assert 0 <= result.correct <= result.labelled


def test_a_resumed_run_keeps_the_projection(config: RunConfig, training):
    run = trainer(config, training)
    run.run(until=10, show=False)
    again = trainer(config, training)
    assert again.step == 10
    assert torch.equal(again.teacher.project.weight, run.teacher.project.weight)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("weight = 5", "weight = 0", r"teacher: `unlabelled` needs a teacher"),
        ("weight = 5", "weight = -1", r"teacher\.weight: expected `float` >= 0"),
        ("fade_from = 0.5", "fade_from = 1.1", r"teacher\.fade_from: expected `float` <= 1"),
        ("unlabelled_share = 0.3", "unlabelled_share = 1", r"teacher\.unlabelled_share: expected `float` < 1"),
    ],
)
def test_a_mistake_is_named(config: RunConfig, tiny_config: Path, old: str, new: str, complaint: str):
    text = tiny_config.read_text()
    assert old in text
    tiny_config.write_text(text.replace(old, new, 1))
    with pytest.raises(BadInput, match=complaint):
        load_config(tiny_config)


def finished_model(config: RunConfig, path: Path, **changes) -> SpeakerNetwork:
    torch.manual_seed(7)
    network = SpeakerNetwork(dataclasses.replace(config.model, **changes))
    save_checkpoint(path, network, {"name": "m"}, half=False)
    return network


def starting_from(config: RunConfig, path: Path) -> RunConfig:
    return dataclasses.replace(config, train=dataclasses.replace(config.train, init=(str(path),)))


def test_a_run_goes_on_from_a_model(config: RunConfig, training, tmp_path: Path):
    expected = finished_model(config, tmp_path / "m.safetensors").backbone.state_dict()
    config = starting_from(config, tmp_path / "m.safetensors")
    run = trainer(config, training)
    for network in (run.network, run.averaged):
        found = network.backbone.state_dict()
        assert all(torch.equal(value, found[key]) for key, value in expected.items())

    wave = torch.from_numpy(np.stack([training[0].pieces(i, 3 * SAMPLE_RATE, 1)[0] for i in range(14)]))
    with torch.no_grad():
        embeddings = run.averaged(wave)
        cosines = run.loss.cosines(embeddings)
        told = run.teacher(embeddings, torch.arange(14))
        untaught = TeacherLoss(32, voiceprints(config, training[0]))(embeddings, torch.arange(14))
    assert (cosines.diagonal() > 0.9).all()  # its class lies where the voice does already
    assert told < untaught

    run.run(until=5, show=False)
    (tmp_path / "m.safetensors").unlink()  # of no use once there is a state
    assert trainer(config, training).step == 5


def test_a_run_goes_on_from_the_mean_of_several_models(config: RunConfig, training, tmp_path: Path):
    paths = [tmp_path / "one.safetensors", tmp_path / "other.safetensors"]
    one, other = (finished_model(config, path).backbone for path in paths)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    model, _ = load_checkpoint(paths[1])
    model.backbone.load_state_dict(other.state_dict())
    save_checkpoint(paths[1], model, {"name": "m"}, half=False)
    both = dataclasses.replace(config, train=dataclasses.replace(config.train, init=tuple(map(str, paths))))
    found = trainer(both, training).network.backbone
    for mean, parameter in zip(found.parameters(), one.parameters(), strict=True):
        assert torch.allclose(mean, parameter + 0.5, atol=1e-5)


def test_a_model_that_cannot_be_gone_on_from(config: RunConfig, training, tmp_path: Path):
    finished_model(config, tmp_path / "coarse.safetensors", stride=1)
    with pytest.raises(BadInput, match=r"train\.init: .*coarse\.safetensors is another architecture"):
        trainer(starting_from(config, tmp_path / "coarse.safetensors"), training)
    with pytest.raises(BadInput, match="card is missing"):
        trainer(starting_from(config, tmp_path / "none.safetensors"), training)
    save_file({"x": torch.zeros(1)}, tmp_path / "coarse.safetensors")
    with pytest.raises(HeardError, match="do not match their card"):
        trainer(starting_from(config, tmp_path / "coarse.safetensors"), training)


def test_level():
    samples = 0.9 * np.sin(np.arange(SAMPLE_RATE) / 7).astype(np.float32)
    assert 20 * np.log10(np.sqrt(np.mean(at_level(samples) ** 2))) == pytest.approx(-26, abs=1e-3)
    assert not at_level(np.zeros(100, np.float32)).any()


def test_resemblyzer_knows_a_voice_at_any_level(say):
    pytest.importorskip("resemblyzer", reason="pip install --group teacher")
    embed, rng = load_resemblyzer(), np.random.default_rng(0)
    one, again, other = (say(speaker, 3 * SAMPLE_RATE, rng) for speaker in (0, 0, 1))
    embedding = embed(one)
    assert embedding.shape == (256,)
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
    assert embed(0.01 * one) == pytest.approx(embedding, abs=1e-3)
    assert embedding @ embed(again) > embedding @ embed(other) + 0.05
    with pytest.raises(BadInput, match="too short"):
        embed(one[:1000])
