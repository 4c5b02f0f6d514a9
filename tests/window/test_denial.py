"""The user says that it is not who the window says."""

from __future__ import annotations

from app.voiceprints.store import VoiceprintStore
from app.window import strings
from tests.window.conftest import enrol

LONG = 180_000


def test_who_is_denied_is_an_unknown_voice_from_then_on(qtbot, window, voice, encoder, tmp_path):
    """Ana's voice under the name of "Zoe & Co", as of a stranger who sounds like her."""
    sound = voice("Ana")
    enrol(tmp_path, encoder, "Zoe & Co", [sound[:160_000]])
    shown = window(sound)
    shown.start()
    action = shown.menus.deny
    assert not action.isEnabled()
    qtbot.waitUntil(action.isEnabled, timeout=LONG)
    assert action.text() == strings.DENY.format(name="Zoe && Co")
    action.trigger()
    denied = strings.DENIED.format(name="Zoe & Co")
    qtbot.waitUntil(lambda: getattr(shown.engine.facts.notice, "text", "") == denied, timeout=LONG)
    qtbot.waitUntil(lambda: any(turn.label == "Unknown 1" for turn in shown.engine.facts.turns), timeout=LONG)
    assert "Zoe & Co" not in {turn.label for turn in shown.engine.facts.turns}
    with VoiceprintStore(tmp_path) as store:
        assert store.people() == ["Zoe & Co"]  # nothing of hers has changed
