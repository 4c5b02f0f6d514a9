"""What is remembered from one start to the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QSize

from app.embedding.model_files import EMBEDDED_INT8
from app.sealing import unlocking
from app.sealing.lock import Lock
from app.sealing.passphrase import Scrypt
from app.session import SessionOptions, make_source
from app.voiceprints.conversion import seal_data
from app.voiceprints.ledger import forget_sweeps
from app.voiceprints.store import VoiceprintStore
from app.window.launch import recalled
from app.window.main_window import MainWindow
from app.window.settings import Settings
from app.window.view.palette import DARK
from app.window.widgets.theme import Appearance


@pytest.fixture
def started(qtbot, theme, make_engine, tmp_path):
    """started(): the window as a new start of the program shows it."""

    def start(*, open_source=make_source, **options) -> MainWindow:
        engine = make_engine(SessionOptions(data=tmp_path, **options), open_source=open_source)
        window = MainWindow(
            engine,
            theme,
            find_microphones=lambda: {None: 2, "USB headset": 2, "Built-in": 1},
            settings=Settings(tmp_path),
        )
        qtbot.addWidget(window)
        window.show()
        qtbot.waitUntil(lambda: window.live.device_menu.findText("Built-in") > 0)
        return window

    return start


def choose(menu, name: str) -> None:
    menu.setCurrentIndex(menu.findText(name))
    menu.activated.emit(menu.currentIndex())


def test_size_looks_device_and_parts_come_back(started, qtbot, theme, tmp_path):
    first = started()
    first.resize(777, 555)
    first.looks.choose_appearance(Appearance.DARK)
    first.looks.show_part("gender", False)
    first.looks.show_part("spectrogram", False)
    choose(first.live.device_menu, "USB headset")
    first.close()
    assert (tmp_path / "window.ini").exists()
    theme.choose(Appearance.SYSTEM)

    second = started()
    assert second.size() == QSize(777, 555)
    assert theme.colours is DARK
    assert second.live.device_menu.device == "USB headset"
    assert not second.looks.gender_shown
    assert not second.live.history.timeline.spectrogram
    theme.choose(Appearance.SYSTEM)


def test_a_device_that_is_not_there_any_more_gives_way_to_the_default(started, qtbot, tmp_path):
    from tests.support.array_source import ArraySource
    from utils import BadInput

    Settings(tmp_path).device = "Old headset"

    def open_source(options):
        if options.device:
            raise BadInput('no microphone is called "Old headset".')
        return ArraySource(np.zeros(160_000, np.float32), realtime=True)

    window = started(open_source=open_source)
    window.start()
    qtbot.waitUntil(lambda: window.engine.facts.identification is not None, timeout=60_000)
    assert "Old headset is not connected" in window.status.text


def test_a_channel_comes_back_with_its_microphone_and_goes_with_it(started, tmp_path):
    first = started()
    choose(first.live.device_menu, "USB headset")
    first.live.channel_menu.menu_of_channels.actions()[2].trigger()
    assert first.listening.microphone == ("USB headset", 2)
    first.close()
    second = started()
    assert second.listening.microphone == ("USB headset", 2)
    assert second.live.channel_menu.text() == "Channel 2 \u25be"
    second.close()
    third = started(device="Built-in")  # what the command line says comes whole
    assert third.listening.microphone == ("Built-in", None)
    third.close()
    fourth = started(channel=3)
    assert fourth.listening.microphone == (None, 3)
    assert fourth.live.channel_menu.text() == "Channel 3 (not there) \u25be"
    fourth.close()
    fifth = started()
    choose(fifth.live.device_menu, "Built-in")
    assert fifth.listening.microphone == ("Built-in", None)
    assert not fifth.live.channel_menu.isVisible()  # it has one
    choose(fifth.live.device_menu, "USB headset")
    assert fifth.listening.microphone == ("USB headset", None)
    fifth.close()
    assert Settings(tmp_path).channel is None


@pytest.mark.parametrize("text", ["two", "-1", "0", "2.0", "", "9" * 30, "\u0662"])
def test_a_channel_that_is_none_is_all_of_them(text, tmp_path):
    (tmp_path / "window.ini").write_text(f"[General]\nchannel={text}\n")
    assert Settings(tmp_path).channel is None


def test_what_the_command_line_says_comes_first(started):
    first = started()
    choose(first.live.device_menu, "USB headset")
    first.close()
    assert started(device="Built-in").live.device_menu.device == "Built-in"


def test_model_and_threshold_come_back(started, qtbot, tmp_path):
    first = started()
    first.listening.use_model(EMBEDDED_INT8)
    qtbot.waitUntil(lambda: first.engine.options.model == EMBEDDED_INT8)
    first.listening.open_threshold()
    first.listening.threshold_dialog.slider.setValue(71)
    first.listening.threshold_dialog.accept()
    first.close()
    given, kept = SessionOptions(data=tmp_path), Settings(tmp_path)
    again, gone = recalled(given, kept, model=True)
    assert (again.model, again.threshold, gone) == (EMBEDDED_INT8, 0.71, "")
    # What the command line says comes first; another model has a threshold of its own.
    assert recalled(replace(given, threshold=0.5), kept, model=True)[0].threshold == 0.5
    assert recalled(given, kept, model=False) == (given, "")
    kept.keep_threshold(EMBEDDED_INT8, None)
    assert recalled(given, kept, model=True)[0].threshold is None


def test_a_model_that_is_not_there_any_more_gives_way_to_the_embedded_one(tmp_path):
    kept, own = Settings(tmp_path), tmp_path / "own.safetensors"
    kept.model = str(own)
    assert recalled(SessionOptions(), kept, model=True) == (SessionOptions(), str(own))
    own.touch()
    assert recalled(SessionOptions(), kept, model=True) == (SessionOptions(model=str(own)), "")


def test_a_damaged_file_is_as_good_as_none(started, tmp_path):
    (tmp_path / "window.ini").write_bytes(
        b"[General]\ngeometry=rubbish\nappearance=\xff\xfe\ndevice=@Variant(x\nthreshold=nan\nthreshold_of=embedded\n"
    )
    assert started().isVisible()
    given = SessionOptions(data=tmp_path)
    assert recalled(given, Settings(tmp_path), model=True) == (given, "")


@pytest.mark.parametrize("before", [None, 0o644])
def test_the_file_is_for_its_owner_alone(before, tmp_path):
    path = tmp_path / "window.ini"
    if before is not None:
        path.write_text("[General]\nappearance=dark\n")
        path.chmod(before)
    settings = Settings(tmp_path)
    assert settings.appearance is (Appearance.SYSTEM if before is None else Appearance.DARK)
    settings.device = "USB headset"
    settings._store.sync()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Settings(tmp_path).device == "USB headset"


NAMING = {
    "device": "Clementine's headset",
    "channel": 2,
    "folder": "/somewhere/Clementine",
    "model": "/somewhere/Clementine.onnx",
}


@pytest.fixture
def sealed(tmp_path):
    """A data folder that was sealed while its settings named somebody, and the window was not open."""
    settings = Settings(tmp_path)
    settings.geometry = QByteArray(b"size")
    settings.keep_threshold(NAMING["model"], 0.5)
    for key, value in NAMING.items():
        setattr(settings, key, value)
    settings._store.sync()
    assert b"Clementine" in (tmp_path / "window.ini").read_bytes()
    with VoiceprintStore(tmp_path) as store:
        store.create("Ana")
    lock, key = Lock.fresh()
    seal_data(tmp_path, lock.with_passphrase(key, "correct horse", Scrypt(bytes(16), log2_n=14)), key)
    yield tmp_path
    unlocking.forget_all()


def test_sealed_settings_name_nobody_and_are_remembered(sealed):
    assert b"Clementine" not in (sealed / "window.ini").read_bytes()
    settings = Settings(sealed)
    assert settings.geometry == QByteArray(b"size")
    for key, value in NAMING.items():
        setattr(settings, key, value)
    settings.keep_threshold(NAMING["model"], 0.5)
    settings._store.sync()
    files = [path for path in sealed.rglob("*") if path.is_file()]
    assert {path.name for path in files if b"Clementine" in path.read_bytes()} == set()
    again = Settings(sealed)
    assert {key: getattr(again, key) for key in NAMING} == NAMING
    assert again.threshold(NAMING["model"]) == 0.5


def test_a_window_that_is_open_while_its_folder_is_sealed_forgets_nothing(tmp_path):
    settings = Settings(tmp_path)
    settings.device = NAMING["device"]
    settings._store.sync()
    with VoiceprintStore(tmp_path) as store:
        store.create("Ana")
    lock, key = Lock.fresh()
    seal_data(tmp_path, lock.with_passphrase(key, "correct horse", Scrypt(bytes(16), log2_n=14)), key)
    assert settings.device == NAMING["device"]
    settings.show("gender", False)
    settings._store.sync()
    assert b"Clementine" not in (tmp_path / "window.ini").read_bytes()
    assert Settings(tmp_path).device == NAMING["device"]
    unlocking.forget_all()
    assert Settings(tmp_path).device is None  # nobody has opened the folder


def test_what_an_older_version_left_beside_a_sealed_folder_goes_at_the_next_start(sealed):
    (sealed / "window.ini").write_bytes(b"[General]\ngeometry=@ByteArray(size)\ndevice=Clementine\n")
    forget_sweeps()
    with VoiceprintStore(sealed) as store:
        assert store.people() == ["Ana"]
    assert (sealed / "window.ini").read_bytes() == b"[General]\ngeometry=@ByteArray(size)\n"


DAMAGED = (
    "appearance=a, b",
    "appearance=@Invalid()",
    "threshold=@Variant(\\0\\0\\x4\\0)\nthreshold_of=embedded",
    "threshold=1, 2\nthreshold_of=embedded",
    "threshold=nan\nthreshold_of=embedded",
    "model=a, b",
    "device=@ByteArray(x)",
    "folder=a, b",
    "geometry=@Rect(1 2 3 4)",
    "show_gender=1, 2",
    "[",
)


@pytest.mark.parametrize("line", DAMAGED)
def test_values_of_another_kind_are_as_good_as_none(line, tmp_path):
    (tmp_path / "window.ini").write_text(f"[General]\n{line}\n")
    settings = Settings(tmp_path)
    assert settings.geometry is None
    assert settings.device is None
    assert settings.model is None
    assert settings.threshold("embedded") is None
    assert settings.appearance is Appearance.SYSTEM
    assert settings.folder == ""
    assert recalled(SessionOptions(), settings, model=True) == (SessionOptions(), "")
