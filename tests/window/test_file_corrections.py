"""Labels of a file are corrected, kept, undone, and learned from."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from app.diarisation.rttm import read_rttm
from app.scoring.identification import is_numbered
from app.voiceprints.people import delete_person
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.edits import people as people_jobs
from app.window.engine.file_analysis import Stage
from app.window.engine.name_book import NameBook
from tests.support.file_pages import LONG, NOISE, export, labels
from tests.window.conftest import enrol
from utils import file_sha256


def test_labels_are_corrected_and_saved(analysed, tmp_path, qtbot):
    page = analysed.file
    turns = [turn for _, turn in page.panel.timeline.scene.turns]
    page.panel.named.emit(turns[0], "Ben")
    page.relabel(turns[2], "Zoë")
    page.draw_frame()
    assert [turn.label for turn in page.analysis.facts.turns[:3]] == ["Ben", turns[1].label, "Zoë"]
    assert "Zoë" in {lane.label for lane in page.panel.timeline.scene.lanes}
    for ending in strings.EXPORT_FILTERS:
        assert "Saved" in export(analysed, tmp_path / f"talk.{ending}", qtbot)
    assert read_rttm(tmp_path / "talk.rttm")[2].label == "Zoë"
    rows = list(csv.DictReader((tmp_path / "talk.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["speaker"], row["corrected"]) for row in rows[:2]] == [("Ben", "yes"), (turns[1].label, "no")]
    saved = json.loads((tmp_path / "talk.json").read_text())["turns"]
    assert (saved[2]["label"], saved[2]["corrected"], saved[2]["confidence"]) == ("Zoë", True, None)
    assert not saved[1]["corrected"]
    assert (tmp_path / "talk.srt").read_text().splitlines()[2] == "Ben"


def test_a_correction_offers_to_learn_the_voice(analysed, qtbot, tmp_path):
    """ "That was Dora": she is enrolled from the piece; a second one extends her voiceprint."""
    page, engine = analysed.file, analysed.engine
    dora = [turn for _, turn in page.panel.timeline.scene.turns if turn.label == "Stranger" and turn.duration_s > 2]
    assert len(dora) > 1
    steps = (("Enrol Dora", "is enrolled now"), ("Learn more of Dora", "is known better now"))
    for turn, (offered, told) in zip(dora, steps, strict=False):
        page.relabel(turn, "Dora")
        page.draw_frame()
        assert offered in page.learn_bar.text.text()
        qtbot.mouseClick(page.learn_bar.learn_button, Qt.MouseButton.LeftButton)
        assert not page.learn_bar.isVisible()
        qtbot.waitUntil(lambda told=told: bool(engine.facts.deed) and told in engine.facts.deed.text, timeout=LONG)
    with VoiceprintStore(tmp_path) as store:
        samples = store.samples("Dora", engine.context.encoder().sha256)
    assert len(samples) == 2
    assert sum(sample.speech_s for sample in samples) == pytest.approx(sum(t.duration_s for t in dora[:2]), abs=1.5)
    assert "Dora" in page.analysis.facts.people
    assert page.panel.name_menu.actions()[0].text() == "Ana"


def test_nothing_is_learned_from_too_little_speech_nor_by_saying_not_now(analysed, qtbot, tmp_path):
    page, engine = analysed.file, analysed.engine
    turn = page.panel.timeline.scene.turns[0][1]
    page.relabel(turn, "Zoe")
    qtbot.mouseClick(page.learn_bar.not_now_button, Qt.MouseButton.LeftButton)
    assert not page.learn_bar.isVisible()
    page.learn_bar.accepted.emit((replace(turn, end_s=turn.start_s + 0.5),), "Zoe")
    qtbot.waitUntil(lambda: bool(engine.facts.notice) and "Not learned" in engine.facts.notice.text, timeout=LONG)
    with VoiceprintStore(tmp_path) as store:
        assert not store.people()


def test_a_numbered_unknown_voice_is_corrected_everywhere(analysed):
    analysis = analysed.file.analysis
    numbered = [
        replace(turn, label="Unknown 1") if i in (1, 4) else turn for i, turn in enumerate(analysis.facts.turns)
    ]
    analysis.show(numbered, NameBook())
    analysis.relabel(numbered[4], "Zoe")
    assert [turn.label for turn in analysis.facts.turns].count("Zoe") == 2


def correct(page, label: str, name: str) -> list[str]:
    """Correct the first piece with this label, all of them if it is numbered; returns the labels as they are to be."""
    heard = labels(page)
    first = heard.index(label)
    page.relabel(page.panel.timeline.scene.turns[first][1], name)
    return [name if n == first or (is_numbered(label) and old == label) else old for n, old in enumerate(heard)]


def test_corrections_are_found_again_when_the_file_is_opened_again(qtbot, window, talk, tmp_path):
    shown = window(NOISE)
    page = talk(shown)
    heard = labels(page)
    once = correct(page, heard[0], "Zoë")
    corrected = correct(page, next(label for label in heard if label != heard[0]), "Dora")
    assert corrected != once != heard
    qtbot.waitUntil(lambda: shown.engine.facts.deed is not None and shown.engine.facts.deed.number == 2, timeout=LONG)
    assert labels(page) == corrected
    (kept,) = (tmp_path / "corrections").iterdir()
    assert kept.name == f"{file_sha256(page.analysis.facts.path)}.json"
    shown.file_controller.close()
    page = talk(shown)
    assert labels(page) == corrected
    assert "corrections kept" in page.note.text()
    shown.close()
    other = window(NOISE)
    page = talk(other)
    assert labels(page) == corrected
    assert '"speaker": "Zoë"' in exported(other, tmp_path / "talk.json", qtbot)
    other.menus.forget_corrections.trigger()
    qtbot.waitUntil(lambda: not kept.exists(), timeout=LONG)
    assert labels(page) == heard
    qtbot.waitUntil(other.menus.undo.isEnabled, timeout=LONG)
    other.menus.undo.trigger()
    qtbot.waitUntil(kept.exists, timeout=LONG)
    assert labels(page) == corrected


def exported(shown, path, qtbot) -> str:
    export(shown, path, qtbot)
    return path.read_text(encoding="utf-8")


def test_a_correction_is_undone_while_the_file_is_open_and_after(qtbot, window, talk, tmp_path):
    shown = window(NOISE)
    page = talk(shown)
    heard = labels(page)
    once = correct(page, heard[0], "Zoe")
    correct(page, next(label for label in heard if label != heard[0]), "Dora")
    qtbot.waitUntil(lambda: shown.engine.facts.deed is not None and shown.engine.facts.deed.number == 2, timeout=LONG)
    qtbot.waitUntil(lambda: shown.undo.toast.text.text() == "The label is Dora now.", timeout=LONG)
    shown.menus.undo.trigger()
    qtbot.waitUntil(lambda: labels(page) == once, timeout=LONG)
    shown.file_controller.close()
    shown.menus.undo.trigger()
    qtbot.waitUntil(lambda: not list((tmp_path / "corrections").iterdir()), timeout=LONG)
    assert labels(talk(shown)) == heard


def test_corrections_follow_people_and_forget_whoever_is_deleted(qtbot, window, talk, encoder, voice, tmp_path):
    enrol(tmp_path, encoder, "Ana", [voice("Ana")[:160_000]])
    shown = window(NOISE)
    page = talk(shown)
    assert "Ana" in labels(page)
    other = next(n for n, label in enumerate(labels(page)) if label != "Ana")
    page.relabel(page.panel.timeline.scene.turns[other][1], "Ana")
    qtbot.waitUntil(lambda: shown.engine.facts.deed is not None, timeout=LONG)
    shown.engine.ask(people_jobs.rename("Ana", "Anna"))
    qtbot.waitUntil(lambda: "Anna" in labels(page), timeout=LONG)
    assert labels(page)[other] == "Anna"
    assert "Ana" not in labels(page)
    assert '"speaker": "Anna"' in exported(shown, tmp_path / "talk.json", qtbot)
    (kept,) = (tmp_path / "corrections").iterdir()
    assert "Ana" not in kept.read_text()
    with VoiceprintStore(tmp_path) as store:
        delete_person(store, "Anna")  # by another program
    qtbot.waitUntil(lambda: not {"Ana", "Anna"} & set(labels(page)), timeout=LONG)
    assert "Anna" not in exported(shown, tmp_path / "talk.json", qtbot)
    shown.file_controller.close()
    assert labels(talk(shown))[other] == "unknown"


def test_damaged_corrections_are_told_and_the_file_is_analysed(qtbot, window, talk, tmp_path):
    shown = window(NOISE)
    page = talk(shown)
    kept = tmp_path / "corrections" / f"{file_sha256(page.analysis.facts.path)}.json"
    kept.parent.mkdir()
    kept.write_text("{")
    page = talk(shown)
    assert kept.name in shown.engine.facts.notice.text
    assert page.analysis.facts.stage is Stage.DONE
    page.relabel(page.panel.timeline.scene.turns[0][1], "Zoe")
    qtbot.waitUntil(lambda: "Zoe" in kept.read_text(), timeout=LONG)


def test_a_correction_that_cannot_be_kept_is_told_and_holds(qtbot, window, talk, tmp_path):
    shown = window(NOISE)
    page = talk(shown)
    (tmp_path / "corrections").write_text("in the way")
    page.relabel(page.panel.timeline.scene.turns[0][1], "Zoe")
    qtbot.waitUntil(lambda: shown.engine.facts.notice is not None and not shown.engine.facts.notice.good, timeout=LONG)
    assert labels(page)[0] == "Zoe"
