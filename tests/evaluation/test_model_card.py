"""MODEL_CARD.md says what the JSON card says."""

from __future__ import annotations

import json

from app.evaluation.model_card import read_int8_card, read_large_card, render, write_model_card
from model import Architecture, SpeakerNetwork, read_card, save_checkpoint
from utils import BUNDLED, percent

WEIGHTS = BUNDLED / "models" / "embedded.safetensors"


def test_the_shipped_one_is_up_to_date():
    text = (BUNDLED / "models" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert text == render(read_card(WEIGHTS), read_int8_card(WEIGHTS), read_large_card(WEIGHTS)), (
        "run `python -m app evaluate --pairs ... --record`"
    )


def test_it_states_figures_data_and_hash():
    card = read_card(WEIGHTS)
    text = render(card)
    assert card["sha256"] in text
    for entry in card["data"]:
        assert entry["credit"] in text
        assert entry["licence"] in text
    for row in card["figures"]["rows"]:
        assert percent(row["eer"], space=" ") in text


def test_noise_other_models_and_strangers_have_their_rows():
    card = read_card(WEIGHTS)
    row = {"crop_s": 3.0, "eer": 0.1234, "eer_interval": [0.1, 0.2], "speakers": 5, "trials": 99, "corpus": "x"}
    card["figures"] = {"command": "one", "rows": [{**row, "model": "other", "noisy": True}]}
    named = {"right": 0.91, "right_interval": [0.8, 0.95], "misnamed": 0.02, "closed_set": 0.99, "speakers": 12}
    card["open_set"] = {"command": "two", "rows": [{"corpus": "y", "model": "other", **named}]}
    text = render(card)
    assert "| x | 3 s, noisy | other | 12.3 % | 10.0 % to 20.0 % | 5 | 99 |" in text
    assert "| y | other | 91.0 % | 80.0 % to 95.0 % | 2.0 % | 99.0 % | 12 |" in text
    assert "`two`" in text
    assert "## How sure it is" not in text
    grown = {"eer": 0.0567, "eer_interval": [0.05, 0.06], "speakers": 3, "trials": 44}
    told = {"gender": {"clips": 40, "answered": 0.9, "right": 0.5}}
    card["figures"]["rows"][0] |= {"noisy": False, **told, "adults": {**grown, **told}, "children": {**grown, **told}}
    said = {"said": 0.951, "same": 0.9, "trials": 77}
    card["open_set"]["rows"][0] |= {"cllr": 0.1234, "min_cllr": 0.1, "reliability": [said]}
    text = render(card)
    assert "| x, adults | 3 s | other | 5.7 % | 5.0 % to 6.0 % | 3 | 44 |" in text
    assert "| x, children | 3 s | 90.0 % | 50.0 % | 45.0 % | 40 |" in text
    assert "| y | 0.123 | 0.100 |" in text
    assert "| y | 95.1 % | 90.0 % | 77 |" in text
    del card["open_set"]
    assert "strangers among them" not in render(card)


def test_the_int8_form_has_its_rows_while_it_is_of_these_weights(tmp_path):
    card, int8 = read_card(WEIGHTS), {**read_card(WEIGHTS.with_name("embedded-int8.onnx"))}
    row = {"crop_s": 3.0, "eer": 0.1234, "eer_interval": [0.1, 0.2], "speakers": 5, "trials": 99, "corpus": "x"}
    int8["figures"] = {"command": "three", "rows": [{**row, "model": "embedded-int8"}]}
    text = render(card, int8)
    assert "| x | 3 s | embedded-int8 | 12.3 % | 10.0 % to 20.0 % | 5 | 99 |" in text
    assert int8["sha256"] in text
    (tmp_path / "embedded.json").write_text(json.dumps(card))
    assert read_int8_card(tmp_path / "embedded.safetensors") is None
    for made_from, expected in ((card["sha256"], int8["name"]), ("0" * 64, None)):
        (tmp_path / "embedded-int8.json").write_text(json.dumps({**int8, "made_from": {"sha256": made_from}}))
        found = read_int8_card(tmp_path / "embedded.safetensors")
        assert (found and found["name"]) == expected


def test_the_large_model_has_its_part_while_these_weights_are_in_it(tmp_path):
    card, large = read_card(WEIGHTS), read_card(WEIGHTS.with_name("large.json"))
    row = {"crop_s": 3.0, "eer": 0.0123, "eer_interval": [0.01, 0.02], "speakers": 5, "trials": 99, "corpus": "x"}
    named = {"right": 0.99, "right_interval": [0.98, 1.0], "misnamed": 0.0, "closed_set": 1.0, "speakers": 12}
    large["figures"] = {"command": "four", "rows": [row]}
    large["open_set"] = {"command": "five", "rows": [{"corpus": "y", "model": "large", **named}]}
    text = render(card, None, large)
    assert "| x | 3 s | large | 1.2 % | 1.0 % to 2.0 % | 5 | 99 |" in text
    assert "| y | large | 99.0 % | 98.0 % to 100.0 % | 0.0 % | 100.0 % | 12 |" in text
    assert large["made_from"][1]["sha256"] in text
    assert text.count("## Naming") == 1
    (tmp_path / "large.json").write_text(json.dumps(large))
    for sha256, expected in ((card["sha256"], large), ("0" * 64, None)):
        (tmp_path / "embedded.json").write_text(json.dumps({**card, "sha256": sha256}))
        assert read_large_card(tmp_path / "embedded.safetensors") == expected


def test_a_model_without_figures_or_gender(tmp_path):
    card = {**read_card(WEIGHTS), "gender": None}
    del card["figures"]
    network = SpeakerNetwork(Architecture(channels=16, mfa_channels=32, se_channels=8, attention_channels=8))
    save_checkpoint(tmp_path / "small.safetensors", network, card)
    text = write_model_card(tmp_path / "small.safetensors").read_text(encoding="utf-8")
    assert "16 channels" in text
    assert "## Gender" not in text
    assert "## Accuracy" not in text
    assert "## Limits" in text
