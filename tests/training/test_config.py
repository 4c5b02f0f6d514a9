from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.training.config import RunConfig, load_config
from utils import ROOT, BadInput


def test_the_shipped_configs_load():
    configs = sorted((ROOT / "app" / "training" / "recipes").glob("*.toml"))
    assert configs
    for path in configs:
        config = load_config(path)
        assert isinstance(config, RunConfig)
        assert config.name == path.stem
        assert "$" not in config.data.table + config.data.noises + config.data.rooms


def test_values_arrive_with_their_types(tiny_config: Path):
    config = load_config(tiny_config)
    assert config.train.crop_s == (0.4, 0.5)
    assert config.train.margin == 0.1
    assert config.data.holdout == {"made": 4}
    assert config.data.credits[0].licence == "none needed"
    assert config.model.channels == 16
    assert config.augment.simulated_rooms == 3
    assert hash(config.train) is not None  # frozen


def test_a_mark_of_byte_order_and_line_ends_of_windows_change_nothing(tiny_config: Path):
    config, text = load_config(tiny_config), tiny_config.read_bytes()
    tiny_config.write_bytes(b"\xef\xbb\xbf" + text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert load_config(tiny_config) == config


def test_whole_numbers_do_for_floats(tiny_config: Path):
    tiny_config.write_text(tiny_config.read_text().replace("margin = 0.1", "margin = 0"))
    assert isinstance(load_config(tiny_config).train.margin, float)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("steps = 60", "step = 60", r"unknown key train\.step \(known: .*steps"),
        ("steps = 60", "", r"the key train\.steps is missing"),
        ("steps = 60", 'steps = "many"', r"train\.steps: expected `int`, got `str`"),
        ("steps = 60", "steps = 6.5", r"train\.steps: expected `int`"),
        ("steps = 60", "steps = true", r"train\.steps: expected `int`"),
        ("steps = 60", "steps = 0", r"train\.steps: expected `int` >= 1"),
        ('precision = "f32"', 'precision = "f16"', r"train\.precision: invalid enum value 'f16'"),
        ("crop_s = [0.4, 0.5]", "crop_s = []", r"train\.crop_s: expected .* length >= 1"),
        ("crop_s = [0.4, 0.5]", "crop_s = 0.4", r"train\.crop_s: expected `array`"),
        ("channels = 16", "channel = 16", r"unknown key model\.channel "),
        ("holdout = { made = 4 }", "holdout = { made = 0.4 }", r"data\.holdout.*: expected `int`"),
        ("simulated_rooms = 3", "reverb = [1]", r"augment\.reverb: expected `float`"),
        ("simulated_rooms = 3", "noise_snr_db = [1]", r"augment\.noise_snr_db: expected `array` of length 2"),
        ('corpus = "made"', "", r"the key data\.credits\[0\]\.corpus is missing"),
        ('corpus = "made"', 'corpse = "made"', r"unknown key data\.credits\.corpse"),
        ("probability = 0.3", "probability = 30", r"augment\.probability: expected `float` <= 1"),
        ("margin = 0.1", "margin_to = 0.1", r"train: `margin_from` must be below `margin_to`"),
        ("[model]", '[model]\nnetwork = "rnn"', r"model\.network: 'rnn' is none of ecapa-tdnn, cnn-lstm"),
        ("[train]", "[trian]", r"unknown key trian"),
        ("[train]", "[train", r"not valid TOML"),
    ],
)
def test_a_mistake_is_named(tiny_config: Path, old: str, new: str, complaint: str):
    text = tiny_config.read_text()
    assert old in text
    tiny_config.write_text(text.replace(old, new))
    with pytest.raises(BadInput, match=complaint):
        load_config(tiny_config)


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000], ids=["a number of 5000 digits", "lists in lists"])
def test_what_no_program_can_read_is_a_mistake_too(tmp_path: Path, value: str):
    (tmp_path / "odd.toml").write_text(f"name = {value}\n")
    with pytest.raises(BadInput, match=r"odd\.toml: not valid TOML"):
        load_config(tmp_path / "odd.toml")


def test_no_such_config(tmp_path: Path):
    with pytest.raises(BadInput, match="no such config"):
        load_config(tmp_path / "none.toml")


def test_paths_are_expanded(tiny_config: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOISE_HERE", "/somewhere")
    monkeypatch.delenv("HEARD_SPEECH", raising=False)
    named = 'noises = "$NOISE_HERE/noise"\nrooms = "${HEARD_SPEECH}/rooms"\naudio_root = "~/$NOT_SET"'
    tiny_config.write_text(tiny_config.read_text().replace("[data]", f"[data]\n{named}"))
    data = load_config(tiny_config).data
    assert data.noises == "/somewhere/noise"
    assert data.rooms == str(ROOT.parent / "shared" / "speech") + "/rooms"
    assert data.audio_root == str(Path.home() / "$NOT_SET")
    assert "HEARD_SPEECH" not in os.environ


def test_a_config_may_extend_another(tmp_path: Path):
    (tmp_path / "base.toml").write_text(
        'name = "base"\n[data]\ntable = "t.csv"\nspeeds = [1.0, 0.9]\n[train]\nsteps = 10\nbatch = 8\n'
    )
    (tmp_path / "mine.toml").write_text('extends = "base.toml"\nname = "mine"\n[train]\nsteps = 20\n')
    config = load_config(tmp_path / "mine.toml")
    assert (config.name, config.train.steps, config.train.batch, config.data.speeds) == ("mine", 20, 8, (1.0, 0.9))


def test_a_config_that_extends_itself_is_refused(tmp_path: Path):
    (tmp_path / "a.toml").write_text('extends = "b.toml"\n')
    (tmp_path / "b.toml").write_text('extends = "a.toml"\n')
    with pytest.raises(BadInput, match="circle"):
        load_config(tmp_path / "a.toml")
