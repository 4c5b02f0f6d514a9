"""A file in the window: opened or dropped, analysed, heard, corrected, saved."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.audio.reading.reader import audio_duration_s, read_audio
from app.demo import DEMO, agreement
from app.diarisation.rttm import read_rttm
from app.diarisation.timeline import Turn
from app.scoring.identification import is_numbered
from app.voiceprints.people import delete_person
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.edits import people as people_jobs
from app.window.engine.edits import turns as jobs
from app.window.engine.facts import Phase
from app.window.engine.file_analysis import FileAnalysis, FileFacts, Stage
from app.window.engine.name_book import NameBook
from app.window.file_page import describe
from tests.support.call import demo_call
from tests.window.conftest import enrol
from utils import file_sha256, write_wav

LONG = 180_000
NOISE = np.random.default_rng(0).normal(0, 0.01, 160_000).astype(np.float32)


def drop(window, path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none, button = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, data, button, none))


@pytest.fixture
def analysed(window):
    """The demo's conversation as if its analysis were over: the turns are those of the reference."""
    path = DEMO / "conversation.flac"
    shown, analysis = window(NOISE), FileAnalysis(path)
    shown.pages.setCurrentWidget(shown.file)
    shown.file.open(analysis)
    length_s = audio_duration_s(path)
    turns = tuple(read_rttm(DEMO / "conversation.rttm"))
    people = ("Ana", "Ben", "Colin")
    analysis.show(turns, NameBook(), stage=Stage.DONE, said_s=length_s, done_s=length_s, people=people)
    shown.file.draw_frame()
    return shown


def test_a_dropped_file_is_analysed_and_the_whole_of_it_is_on_the_timeline(qtbot, window):
    shown = window(NOISE, demo=True)
    drop(shown, DEMO / "conversation.flac")
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    shown.file.draw_frame()
    facts = shown.file.analysis.facts
    assert facts.stage is Stage.DONE
    assert agreement(read_rttm(DEMO / "conversation.rttm"), facts.turns, unknown={"Stranger"})["right"] > 0.9
    timeline = shown.file.panel.timeline
    assert timeline.viewport.span_s == pytest.approx(facts.duration_s)
    assert {lane.label for lane in timeline.scene.lanes} >= {"Ana", "Ben", "Colin"}
    assert timeline.mel.picture(0, facts.duration_s, 100).max() > 100
    assert not shown.file.progress.isVisible()
    assert shown.pages.currentWidget() is shown.file


def test_another_file_is_not_opened_in_the_middle_of_one_without_a_word(qtbot, window, tmp_path):
    for name in ("long", "other"):
        write_wav(tmp_path / f"{name}.wav", np.tile(NOISE, 60 if name == "long" else 1))
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "long.wav")
    first = shown.file.analysis
    drop(shown, tmp_path / "other.wav")
    box = shown.file_controller.question
    assert box.text() == "Open other.wav?"
    assert "long.wav is still being analysed" in box.informativeText()
    assert box.defaultButton().text() == strings.STAY
    drop(shown, tmp_path / "other.wav")
    assert shown.file_controller.question is box
    box.defaultButton().click()
    assert shown.file.analysis is first
    qtbot.waitUntil(lambda: first.facts.done_s > 5, timeout=LONG)

    drop(shown, tmp_path / "other.wav")
    next(b for b in shown.file_controller.question.buttons() if b.text() == strings.OPEN_ANYWAY).click()
    qtbot.waitUntil(lambda: shown.file.analysis.facts.path.name == "other.wav", timeout=LONG)
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    assert shown.file_controller.question is None
    shown.file_controller.open(tmp_path / "long.wav")  # nothing is lost now
    assert shown.file.analysis.facts.path.name == "long.wav"


def test_each_channel_of_a_call_has_lanes_of_its_own(qtbot, window, tmp_path, demo_dir):
    call = demo_call(demo_dir, 13.3)
    soundfile.write(tmp_path / "call.wav", np.stack([call.here, call.remote], axis=1), 16_000)
    shown = window(NOISE, demo=True)
    drop(shown, tmp_path / "call.wav")
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    shown.file.draw_frame()
    lanes = [lane.title for lane in shown.file.panel.timeline.scene.lanes]
    assert sorted(lanes) == ["Ana", "Ben", "Colin"]
    assert shown.file.channels_button.isVisibleTo(shown)
    assert not shown.file.channels_button.isChecked()
    shown.file.channels_button.click()
    qtbot.waitUntil(lambda: shown.file.analysis.over and shown.file.analysis.facts.each, timeout=LONG)
    shown.file.draw_frame()
    assert shown.file.channels_button.isChecked()
    lanes = [lane.title for lane in shown.file.panel.timeline.scene.lanes]
    assert lanes == ["Ana \u00b7 channel 1", "Ben \u00b7 channel 2", "Colin \u00b7 channel 2"]
    turn = next(turn for turn in shown.file.analysis.facts.turns if turn.label == "Ben")
    own, first = shown.file.analysis.voice(turn, 2.0), round(turn.start_s * 16_000)
    assert np.abs(own - call.remote[first : first + len(own)]).max() < 1e-4  # and nothing of the other side


def test_of_one_channel_there_is_nothing_to_choose(analysed):
    assert not analysed.file.channels_button.isVisibleTo(analysed)


def test_a_recording_that_was_never_closed_is_heard_to_its_end(qtbot, window, tmp_path):
    write_wav(tmp_path / "crash.wav", NOISE)
    data = bytearray((tmp_path / "crash.wav").read_bytes())
    data[4:8] = data[40:44] = bytes(4)
    (tmp_path / "crash.wav").write_bytes(data)
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "crash.wav")
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    facts = shown.file.analysis.facts
    assert (facts.stage, facts.said_s) == (Stage.DONE, None)
    assert facts.duration_s == pytest.approx(len(NOISE) / 16_000, abs=0.05)
    assert facts.notices == ()


def test_a_recording_that_breaks_off_says_so(qtbot, window, tmp_path):
    write_wav(tmp_path / "cut.wav", np.tile(NOISE, 2))
    data = (tmp_path / "cut.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(data[: len(data) // 2])
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "cut.wav")
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    shown.file.draw_frame()
    seconds = len(NOISE) / 16_000
    said = f"Damaged audio (the header says {2 * seconds:.1f} s, {seconds:.1f} s were heard)."
    assert shown.file.note.text().startswith(said)
    assert shown.file.analysis.facts.duration_s == pytest.approx(seconds, abs=0.05)


def test_of_an_unknown_length_nothing_is_claimed():
    path = Path("talk.wav")
    assert describe(FileFacts(path, Stage.ANALYSING, None, 4.0)) == "Analysing: 0:04"
    assert "of 1:07" in describe(FileFacts(path, Stage.ANALYSING, 67.0, 4.0))
    wrong = FileFacts(path, Stage.ANALYSING, 67.0, 80.0)  # more came than the header said
    assert (describe(wrong), wrong.share) == ("Analysing: 1:20", None)
    assert wrong.duration_s >= 80.0
    assert describe(FileFacts(path, Stage.STOPPED, None, 4.0)).startswith("Stopped at 0:04,")


def test_progress_is_shown_and_it_can_be_stopped(qtbot, window, tmp_path):
    write_wav(tmp_path / "long.wav", np.tile(NOISE, 60))
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "long.wav")
    assert shown.file.progress.isVisible()
    qtbot.waitUntil(lambda: 0 < shown.file.progress.value() < 1000, timeout=LONG)
    assert "Analysing: 0:" in shown.file.note.text()
    qtbot.mouseClick(shown.file.stop_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Stopped at" in shown.file.note.text(), timeout=LONG)
    assert shown.file.analysis.facts.done_s < 590


@pytest.mark.parametrize("name", ["notes.txt", "nothing-here.wav", "a folder"])
def test_what_is_no_audio_is_said(name, qtbot, window, tmp_path):
    (tmp_path / "notes.txt").write_text("not audio")
    (tmp_path / "a folder").mkdir()
    shown = window(NOISE)
    drop(shown, tmp_path / name)
    qtbot.waitUntil(lambda: shown.file.analysis.facts.stage is Stage.FAILED, timeout=LONG)
    shown.file.draw_frame()
    assert name in shown.file.note.text()
    assert not shown.file.play_button.isEnabled()


def test_a_piece_is_heard_and_the_cursor_moves(analysed, player):
    page, (_, turn) = analysed.file, analysed.file.panel.timeline.scene.turns[1]
    page.panel.timeline.played.emit(turn)
    assert len(player.pieces[-1]) == pytest.approx(16_000 * (turn.duration_s + 0.3), abs=100)
    player.position_s = 1.0
    page.draw_frame()
    assert page.panel.timeline.cursor_s == pytest.approx(turn.start_s - 0.15 + 1.0)
    analysed.toggle()  # the space bar
    assert not player.playing
    page.draw_frame()
    analysed.toggle()
    assert len(player.pieces[-1]) == pytest.approx(
        16_000 * (page.analysis.facts.duration_s - turn.start_s - 0.85), abs=100
    )


def test_a_click_where_nobody_speaks_sets_the_cursor(analysed, player):
    page = analysed.file
    page.panel.timeline.sought.emit(12.5)
    page.draw_frame()
    assert page.panel.timeline.cursor_s == 12.5
    analysed.toggle()
    page.draw_frame()
    assert page.panel.timeline.cursor_s == pytest.approx(12.5)


def export(shown, path, qtbot) -> str:
    """Save the turns; the line that the user is told."""
    before = shown.engine.facts.notice
    shown.engine.submit(jobs.export(path, shown.file.analysis.facts.shown, "talk"))
    qtbot.waitUntil(lambda: shown.engine.facts.notice is not before, timeout=LONG)
    return shown.engine.facts.notice.text


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


@pytest.fixture
def talk(qtbot, tmp_path):
    """talk(window): open a short file in a window, analysed; returns its page. It has pieces of three people."""
    file = tmp_path / "talk.wav"
    write_wav(file, read_audio(DEMO / "conversation.flac", end_s=14.0))

    def open_in(shown):
        shown.file_controller.open(file)
        qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
        shown.file.draw_frame()
        return shown.file

    return open_in


def labels(page) -> list[str]:
    page.draw_frame()
    return [turn.label for _, turn in page.panel.timeline.scene.turns]


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


@pytest.mark.parametrize(
    "there", ["recording.srt", "link.srt", "speakers/001.csv", "corrections/ab.json", "voiceprints.csv"]
)
def test_the_recording_and_what_the_program_keeps_are_never_replaced(there, qtbot, window, tmp_path):
    """A recording may have any ending; here it has one of an export."""
    recording = tmp_path / "recording.srt"
    write_wav(tmp_path / "sound.wav", NOISE)
    (tmp_path / "sound.wav").rename(recording)
    (tmp_path / "link.srt").symlink_to(recording)
    before = recording.read_bytes()
    shown = window(NOISE)
    shown.engine.submit(jobs.export(tmp_path / there, [Turn(0, 1, "Ana")], "talk", recording))
    qtbot.waitUntil(lambda: shown.engine.facts.notice is not None, timeout=LONG)
    assert not shown.engine.facts.notice.good
    assert there in shown.engine.facts.notice.text
    assert recording.read_bytes() == before
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"Ana" in path.read_bytes()]


@pytest.mark.parametrize("said", [strings.REPLACE, strings.CANCEL])
def test_a_name_that_gets_an_ending_replaces_no_file_unasked(said, analysed, qtbot, monkeypatch, tmp_path):
    there = tmp_path / "talk.v2.srt"
    there.write_text("mine")
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(tmp_path / "talk.v2")))
    analysed.exports.export()
    box = next(box for box in analysed.findChildren(QMessageBox) if box.isVisible())
    assert "talk.v2.srt" in box.text()
    assert box.defaultButton().text() == strings.CANCEL
    next(button for button in box.buttons() if button.text() == said).click()
    if said == strings.REPLACE:
        qtbot.waitUntil(lambda: there.read_text() != "mine", timeout=LONG)
    else:
        qtbot.wait(100)
        assert there.read_text() == "mine"


def test_a_name_without_an_ending_gets_one_and_trouble_is_one_line(analysed, tmp_path, qtbot):
    assert "talk.srt" in export(analysed, tmp_path / "talk", qtbot)
    assert (tmp_path / "talk.srt").exists()
    (tmp_path / "file").write_text("")
    line = export(analysed, tmp_path / "file" / "talk.csv", qtbot)
    assert "Saved" not in line
    assert "\n" not in line


def test_the_session_is_saved_like_a_file(qtbot, window, voice, monkeypatch, tmp_path):
    shown = window(voice("Ana"))
    shown.start()
    qtbot.waitUntil(lambda: bool(shown.engine.facts.turns), timeout=LONG)
    shown.toggle()
    shown.draw_frame()
    assert shown.menus.export.isEnabled()
    chosen = tmp_path / "session.csv"
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(chosen)))
    shown.menus.export.trigger()
    qtbot.waitUntil(lambda: "session.csv" in shown.status.text, timeout=LONG)
    assert "microphone" in chosen.read_text()


def test_back_to_the_microphone_listening_goes_on(qtbot, window, voice, demo_dir):
    shown = window(voice("Ana"))
    shown.start()
    qtbot.waitUntil(lambda: shown.engine.facts.identification is not None, timeout=LONG)
    shown.file_controller.open(demo_dir / "conversation.flac")
    assert not shown.engine.facts.running
    qtbot.waitUntil(lambda: shown.file.analysis.facts.done_s > 1, timeout=LONG)
    qtbot.mouseClick(shown.file.close_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.engine.facts.phase is Phase.LISTENING, timeout=LONG)
    assert shown.pages.currentWidget() is shown.live
