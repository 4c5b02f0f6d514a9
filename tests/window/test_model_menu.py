"""Another model from the menu: what cannot be had is said, and the way back is open."""

from __future__ import annotations

from app.embedding.model_files import EMBEDDED, SPEECHBRAIN
from app.window.dialogs import questions
from app.window.engine.facts import Phase

LONG = 180_000


def test_a_file_that_is_no_model_and_back(qtbot, window, voice, tmp_path):
    shown = window(voice("Ana"))
    shown.start()
    qtbot.waitUntil(lambda: shown.engine.facts.identification is not None, timeout=LONG)
    shown.listening.use_model(str(tmp_path / "own.safetensors"))
    qtbot.waitUntil(lambda: shown.engine.facts.phase is Phase.FAILED, timeout=LONG)
    assert "own.safetensors" in shown.engine.facts.error
    shown.listening.use_model(EMBEDDED)
    shown.start()
    qtbot.waitUntil(lambda: shown.engine.facts.identification is not None, timeout=LONG)
    assert shown.engine.facts.model == EMBEDDED


def test_what_can_be_chosen():
    assert questions.models()[0] == EMBEDDED
    assert SPEECHBRAIN in questions.models()
    assert len(set(questions.models())) == len(questions.models())


def test_changing_while_stopped_starts_nothing(qtbot, window, voice):
    shown = window(voice("Ana"))
    shown.listening.use_model(SPEECHBRAIN)
    qtbot.waitUntil(lambda: shown.engine.options.model == SPEECHBRAIN, timeout=LONG)
    assert shown.engine.facts.phase is Phase.STOPPED
