"""Orders of a data folder that came from somebody else, or was damaged: they reach nothing outside people's folders."""

from __future__ import annotations

import json

import pytest

from app.voiceprints.ledger import forget_sweeps
from app.voiceprints.offers import dismiss_offer, offers_of
from app.voiceprints.people import rename_person
from app.voiceprints.store import VoiceprintStore
from utils import HeardError

ASIDE = "speakers/.deleted-0123"
WELL = {"paths": ["speakers/ana-01234567"], "aside": ASIDE, "lease": None, "hidden": False}


def move(*places: str) -> tuple[str, dict]:
    return "move", {"moves": [list(places)], "name": None}


@pytest.fixture
def data(tmp_path):
    """Ana's data folder, and beside it what is nobody's business."""
    folder = tmp_path / "data"
    with VoiceprintStore(folder) as store:
        store.create("Ana")
    (folder / "speakers").mkdir(mode=0o700, exist_ok=True)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "last.txt").write_text("years of work")
    yield folder
    assert (tmp_path / "thesis" / "last.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "thesis"]


def write(data, statement: str, *values: object) -> None:
    with VoiceprintStore(data) as store, store._database.write() as db:
        db.execute(statement, values)
    forget_sweeps()


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("remove", {**WELL, "paths": ["../thesis"]}),
        ("remove", {**WELL, "paths": ["speakers/../../thesis"]}),
        ("remove", {**WELL, "paths": ["{outside}"]}),
        ("remove", {**WELL, "paths": ["speakers/..\\..\\thesis"]}),
        ("remove", {**WELL, "paths": ["voiceprints.db"]}),
        ("remove", {**WELL, "paths": ["speakers"]}),
        ("remove", {**WELL, "paths": [], "aside": "../thesis", "hidden": True}),
        ("remove", {**WELL, "paths": [], "aside": "speakers/.deleted-/../../../thesis", "hidden": True}),
        ("remove", {**WELL, "lease": "../../../thesis/last"}),
        ("remove", {**WELL, "hidden": None}),
        ("remove", {"paths": ["speakers/ana-01234567"]}),
        move("../thesis", "speakers/ana-01234567"),
        move("speakers/ana-01234567", "../elsewhere"),
        ("move", {"moves": [["speakers/ana-01234567"]], "name": None}),
        ("move", {"moves": "speakers", "name": None}),
        ("move", WELL),
        ("burn", WELL),
        ("remove", "{"),
        ("remove", "[" * 100_000),
        ("remove", "null"),
    ],
)
def test_an_order_that_is_none_of_ours_is_not_carried_out(data, kind, what):
    text = what if isinstance(what, str) else json.dumps(what).replace("{outside}", str(data.parent / "thesis"))
    write(data, "INSERT INTO orders (kind, what) VALUES (?, ?)", kind, text)
    with VoiceprintStore(data) as store:
        assert store.people() == ["Ana"]  # it can be read
        with pytest.raises(HeardError, match=r"voiceprints.db is damaged \(an order .*\)"):
            rename_person(store, "Ana", "Zoe")
        assert store.people() == ["Ana"]


@pytest.mark.parametrize("recording", ["../../../thesis/last.txt", "offer-1.wav", "001.wav", "{outside}"])
def test_an_offer_whose_recording_lies_elsewhere_is_none(data, recording):
    recording = recording.replace("{outside}", str(data.parent / "thesis" / "last.txt"))
    with VoiceprintStore(data) as store:
        number = store.find("Ana").id
    columns = "(person_id, recording, device, day, speech_s, kept_on)"
    write(data, f"INSERT INTO offers {columns} VALUES (?, ?, '', '2020-01-01', 5.0, '2099-01-01')", number, recording)
    with VoiceprintStore(data) as store:
        assert offers_of(store) == []
        with pytest.raises(HeardError):
            dismiss_offer(store, 1)
