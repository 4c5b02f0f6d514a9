"""A channel of a microphone, chosen in the window: on a real sound server, with two people on two channels."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.audio.devices import BOTH
from app.audio.mixing import NoSuchChannel
from app.session import SessionOptions
from app.window import strings
from app.window.engine.facts import Phase
from app.window.settings import Settings
from app.window.widgets.inputs.channel_menu import ChannelMenu
from tests.support.listening_program import Program
from tests.support.virtual_sound import VirtualSound, missing
from tests.support.window_engine import Seen
from tests.window.conftest import endless, enrol
from utils import SAMPLE_RATE

PROBE = "tests/support/window_probe.py"
LONG_NAME = "Focusrite-Scarlett-18i20-USB-3rd-Generation-Analogue-Surround-7.1-Input"
on_a_sound_card = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a virtual sound card")


@pytest.fixture
def sound() -> Iterator[VirtualSound]:
    with VirtualSound() as sound:
        yield sound


@pytest.fixture
def two(voice, encoder, tmp_path) -> np.ndarray:
    """Ana on channel 1, Ben on channel 2, (n, 2); both are enrolled from something else that they said."""
    ana, ben = voice("Ana"), voice("Ben")
    for name, sound in (("Ana", ana), ("Ben", ben)):
        enrol(tmp_path, encoder, name, [sound[: 10 * SAMPLE_RATE]])
    heard = [sound[10 * SAMPLE_RATE :] for sound in (ana, ben)]
    length = min(map(len, heard))
    return np.stack([part[:length] for part in heard], axis=1)


def titles(program: Program) -> set[str]:
    return {json.loads(line)["title"] for line in [*program.lines, *program.unread()] if line.startswith("{")}


@on_a_sound_card
@pytest.mark.parametrize(("channel", "name", "other"), [("1", "Ana", "Ben"), ("2", "Ben", "Ana")])
def test_one_channel_gives_one_person_and_nobody_else(sound, two, tmp_path, channel, name, other):
    sound.plug(LONG_NAME, rate=48_000, channels=2)
    window = Program(sound, PROBE, tmp_path, f"Monitor of {LONG_NAME}", channel)
    window.says("Nobody is speaking")
    sound.play(two, into=LONG_NAME)
    window.says(f'"{name}"')
    window.ends(signal.SIGTERM)
    assert other not in titles(window)
    assert window.process.returncode == 0
    assert "Traceback" not in "\n".join(window.rest())


@on_a_sound_card
def test_a_remembered_channel_that_is_not_there_gives_way_to_all_of_them(sound, two, tmp_path):
    settings = Settings(tmp_path)
    settings.device, settings.channel = "Monitor of usb", 2
    settings._store.sync()
    sound.plug("usb", rate=48_000, channels=1)  # it was another one
    window = Program(sound, PROBE, tmp_path)
    told = 'Microphone \\"Monitor of usb\\" has 1 channel: there is no channel 2. All of its channels are heard.'
    window.says(told)
    sound.play(two[:, 0], into="usb")
    window.says('"Ana"')
    window.ends(signal.SIGTERM)
    assert window.process.returncode == 0


@on_a_sound_card
def test_a_channel_that_was_asked_for_is_waited_for(sound, two, tmp_path):
    sound.plug("usb", rate=48_000, channels=1)
    window = Program(sound, PROBE, tmp_path, "Monitor of usb", "2")
    told = json.loads(window.says(strings.NO_CHANNEL))
    assert told["detail"].startswith('Microphone "Monitor of usb" has 1 channel: there is no channel 2. ')
    assert "\n" not in told["detail"]
    sound.unplug("usb")
    sound.plug("usb", rate=48_000, channels=2)
    window.says("Nobody is speaking")
    sound.play(two, into="usb")
    window.says('"Ben"')
    window.ends(signal.SIGTERM)
    assert "Ana" not in titles(window)


@on_a_sound_card
def test_how_many_channels_there_are_is_known_of_each_microphone(sound, tmp_path):
    sound.plug("usb", rate=48_000, channels=2)
    sound.plug("four", rate=48_000, channels=4)
    ask = (
        "from app.window.widgets.inputs.device_search import microphone_inputs as ask; import json;"
        "print(json.dumps(sorted((str(k), v) for k, v in ask().items())))"
    )
    found = dict(json.loads(Program(sound, "-c", ask).says("[[")))
    assert found["None"] == 2  # what a plug-in is opened with, though it claims 32
    assert found["usb_headset"] == 2
    assert found["Monitor of four"] == 0  # what is played: nothing is offered


def test_without_sound_there_is_no_input(monkeypatch):
    from app.audio import input_stream
    from app.window.widgets.inputs.device_search import microphone_inputs
    from utils import HeardError

    def none() -> list:
        raise HeardError("there is no PortAudio")

    monkeypatch.setattr(input_stream, "list_devices", none)
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    assert None not in microphone_inputs()


@pytest.fixture
def shown(window):
    """A window with inputs of one, two and very many letters."""
    return window(np.zeros(SAMPLE_RATE, np.float32), find=lambda: {None: 2, "Built-in": 1, LONG_NAME: 8})


def choose(shown, device: str | None, qtbot) -> None:
    menu = shown.live.device_menu
    qtbot.waitUntil(lambda: not menu.searching)
    menu.setCurrentIndex(menu.findData(device))
    menu.activated.emit(menu.currentIndex())


def test_channels_are_offered_where_there_are_several(shown, qtbot):
    menu: ChannelMenu = shown.live.channel_menu
    choose(shown, None, qtbot)
    assert menu.isVisible()
    choose(shown, LONG_NAME, qtbot)
    assert len(menu.menu_of_channels.actions()) == 1 + 8
    assert not [action for action in menu.menu_of_channels.actions() if "Each" in action.text()]
    menu.menu_of_channels.actions()[8].trigger()
    assert shown.listening.microphone == (LONG_NAME, 8)
    for device in ("Built-in", BOTH):
        choose(shown, device, qtbot)
        assert not menu.isVisible(), device
        assert shown.listening.microphone == (None if device == BOTH else device, None)


@pytest.mark.parametrize("width", [720, 1080])
def test_a_long_name_leaves_room_for_the_channel(width, shown, qtbot):
    shown.resize(width, 480)
    choose(shown, LONG_NAME, qtbot)
    shown.live.channel_menu.menu_of_channels.actions()[2].trigger()
    page, menu = shown.live, shown.live.channel_menu
    assert menu.width() >= menu.fontMetrics().horizontalAdvance(menu.text())
    assert page.device_menu.geometry().right() < menu.geometry().left()
    assert menu.geometry().right() < page.meter.geometry().left()
    assert page.meter.width() > 100
    assert shown.width() == width


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_the_menu_opens_by_key_and_starts_nothing(key, shown, qtbot):
    choose(shown, None, qtbot)
    menu = shown.live.channel_menu
    menu.setFocus()
    opened = []
    menu.menu_of_channels.aboutToShow.connect(lambda: opened.append(True))
    menu.menu_of_channels.aboutToShow.connect(menu.menu_of_channels.close, Qt.ConnectionType.QueuedConnection)
    qtbot.keyClick(menu, key)
    assert opened
    assert not shown.engine.facts.running


def test_an_enrolment_hears_the_chosen_channel(qtbot, window, voice):
    asked: list[SessionOptions] = []

    def open_source(options):
        asked.append(options)
        return endless(voice("Ana"), realtime=True)

    shown = window(np.zeros(0, np.float32), open_source=open_source, find=lambda: {None: 2})
    choose(shown, None, qtbot)
    shown.live.channel_menu.menu_of_channels.actions()[2].trigger()
    shown.people_controller.add("Ana")
    dialog = shown.people_controller.dialog
    qtbot.mouseClick(dialog.names.next_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(asked), timeout=60_000)
    assert asked[-1].channel == 2
    dialog.reject()


def test_a_channel_is_no_missing_microphone(make_engine, tmp_path):
    """The notice names what is missing, and the microphone that was remembered stays."""

    def open_source(options):
        if options.channel is not None:
            raise NoSuchChannel('microphone "Headset" has 1 channel: there is no channel 2.')
        assert options.device == "Headset"
        return endless(np.zeros(SAMPLE_RATE, np.float32), realtime=True)

    engine = make_engine(SessionOptions(data=tmp_path), open_source=open_source)
    engine.start("Headset", 2, or_default=True)
    facts = Seen(engine).until(lambda facts: facts.phase is Phase.LISTENING and facts.identification is not None)
    assert facts.notice.text.endswith("there is no channel 2. All of its channels are heard.")
    engine.start("Headset", 2)
    facts = Seen(engine).until(lambda facts: facts.phase is Phase.NO_INPUT)
    assert facts.lacks_channel
