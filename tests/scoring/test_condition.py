"""From what was measured to what is said of it."""

from __future__ import annotations

import json

import pytest

from app.scoring.condition import Band, Condition, judge_condition

CALL = Condition(Band.TELEPHONE)
LOW_RATE = Condition(Band.NARROW)
LOUD = Condition(noisy=True)


@pytest.mark.parametrize(
    ("bandwidth_hz", "cut_off", "by_telephone", "before", "band"),
    [
        (8000, True, False, None, Band.WIDE),
        (3875, True, False, None, Band.TELEPHONE),  # a model that knows no telephones
        (3875, False, False, None, Band.WIDE),  # noise hides the rest
        (3875, False, True, None, Band.TELEPHONE),
        (5000, True, True, None, Band.TELEPHONE),
        (5000, True, False, None, Band.NARROW),
        (5750, True, False, None, Band.NARROW),
        (6125, True, False, None, Band.WIDE),
        (7000, True, True, None, Band.WIDE),  # the model is mistaken: the band is there
        (None, False, True, None, Band.TELEPHONE),
        (None, False, False, None, Band.WIDE),
        (6250, True, False, LOW_RATE, Band.NARROW),
        (5750, False, False, LOW_RATE, Band.NARROW),
        (5750, True, True, None, Band.NARROW),
        (5250, True, True, LOW_RATE, Band.TELEPHONE),
        (6000, False, False, CALL, Band.TELEPHONE),
        (6125, True, False, CALL, Band.NARROW),
        (6625, True, True, CALL, Band.WIDE),
        (None, False, False, CALL, Band.TELEPHONE),
    ],
)
def test_the_band(bandwidth_hz, cut_off, by_telephone, before, band):
    assert judge_condition(bandwidth_hz, cut_off, 40.0, by_telephone=by_telephone, before=before).band is band


@pytest.mark.parametrize(
    ("snr_db", "before", "noisy"),
    [
        (9.9, None, True),
        (10.0, None, False),
        (11.0, LOUD, True),
        (11.6, LOUD, False),
        (None, None, False),
        (None, LOUD, True),
    ],
)
def test_noise(snr_db, before, noisy):
    assert judge_condition(8000, True, snr_db, before=before).noisy is noisy


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        (Condition(), ""),
        (Condition(Band.WIDE, 7875.0, 31.0), ""),
        (CALL, "telephone quality: less sure"),
        (LOUD, "very noisy: less sure"),
        (LOW_RATE, "a narrow band: less sure"),
        (Condition(Band.TELEPHONE, noisy=True), "telephone quality, very noisy: less sure"),
    ],
)
def test_the_words(condition, hint):
    assert condition.hint == hint
    assert condition.as_json()["hint"] == hint


def test_as_json():
    said = judge_condition(3875.0, True, 21.26).as_json()
    assert json.loads(json.dumps(said)) == {
        "band": "telephone",
        "bandwidth_hz": 3875,
        "snr_db": 21.3,
        "noisy": False,
        "hint": "telephone quality: less sure",
    }
    assert Condition().as_json()["bandwidth_hz"] is None
