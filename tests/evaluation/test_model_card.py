"""MODEL_CARD.md says what the JSON card says."""

from __future__ import annotations

from app.evaluation.model_card import render, write_model_card
from model import Architecture, SpeakerNetwork, read_card, save_checkpoint
from utils import BUNDLED

WEIGHTS = BUNDLED / "models" / "embedded.safetensors"


def test_the_shipped_one_is_up_to_date():
    text = (BUNDLED / "models" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert text == render(read_card(WEIGHTS)), "run `python -m app evaluate --pairs ... --record`"


def test_it_states_figures_data_and_hash():
    card = read_card(WEIGHTS)
    text = render(card)
    assert card["sha256"] in text
    for entry in card["data"]:
        assert entry["credit"] in text
        assert entry["licence"] in text
    for row in card["figures"]["rows"]:
        assert f"{row['eer']:.1%}".replace("%", " %") in text


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
