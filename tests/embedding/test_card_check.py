"""A card is a file that anybody may have written: nothing is computed or allocated from it before it is looked at."""

from __future__ import annotations

import json
import shutil

import pytest

from app.embedding.card_check import check_card
from app.embedding.load import load_encoder
from app.embedding.model_files import load_network
from utils import BUNDLED, HeardError, read_card

EMBEDDED = BUNDLED / "models" / "embedded.safetensors"


@pytest.mark.parametrize("name", ["embedded.safetensors", "embedded-int8.onnx"])
def test_the_cards_that_ship_are_good(name):
    check_card(read_card(BUNDLED / "models" / name))


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        (None, "name", 3),
        (None, "sha256", ["a"]),
        (None, "threshold", float("nan")),
        (None, "threshold", True),
        (None, "margin", "0.1"),
        (None, "thresholds", {"speech_s": 1}),
        ("thresholds", "scale", 0),
        ("thresholds", "speech_s", -1.0),
        ("calibration", "scale", float("inf")),
        ("calibration", "offset", None),
        (None, "calibration", [1]),
        ("cohort", "top", 0),
        ("cohort", "top", 2.5),
        ("cohort", "bottom", 1),
        ("gender", "abstain", "x"),
        (None, "architecture", []),
        ("architecture", "channels", 10**9),
        ("architecture", "mels", -1),
        ("architecture", "scale", 1.5),
        ("architecture", "stride", 10**6),
    ],
)
def test_a_field_that_cannot_be_is_named(tmp_path, part, key, value):
    card = read_card(EMBEDDED)
    place = card if part is None else card[part][0] if part == "thresholds" else card[part]
    place[key] = value
    with pytest.raises(ValueError, match=part if key == "bottom" else key):
        check_card(card)
    shutil.copy(EMBEDDED, tmp_path / "own.safetensors")
    (tmp_path / "own.json").write_text(json.dumps(card))
    for load in (load_encoder, load_network):
        with pytest.raises(HeardError, match=r"own\.json"):
            load(str(tmp_path / "own.safetensors"))


def test_a_card_that_claims_a_larger_network_is_refused_before_room_is_made_for_it(tmp_path):
    resource = pytest.importorskip("resource")
    shutil.copy(EMBEDDED, tmp_path / "own.safetensors")
    card = read_card(EMBEDDED)
    card["architecture"] = {**card["architecture"], "channels": 8192, "mfa_channels": 16384, "attention_channels": 8192}
    (tmp_path / "own.json").write_text(json.dumps(card))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(HeardError, match="not a model of this program"):
        load_network(str(tmp_path / "own.safetensors"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes; it would be 6 GB
