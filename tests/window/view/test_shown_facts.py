"""What is drawn again, and when a notice has stood long enough."""

from __future__ import annotations

from dataclasses import replace

from app.window.engine.facts import Facts, Notice
from app.window.view.shown_facts import NOTICE_S, ShownFacts


def test_what_is_on_the_screen_is_not_drawn_again():
    shown, facts = ShownFacts(), Facts(model="embedded")
    assert shown.changed(facts, 0.0) == facts
    assert shown.changed(facts, 0.03) is None
    assert shown.changed(replace(facts, clock_s=1.0), 0.06).clock_s == 1.0


def test_a_notice_passes_and_another_begins_anew():
    shown = ShownFacts()
    facts = Facts(notice=Notice("Saved."))
    assert shown.changed(facts, 100.0).notice == facts.notice
    assert shown.changed(facts, 100.0 + NOTICE_S) is None
    assert shown.changed(facts, 100.1 + NOTICE_S).notice is None
    assert shown.changed(facts, 200.0) is None
    again = replace(facts, notice=Notice("Saved."))
    assert shown.changed(again, 300.0).notice == again.notice


def test_other_looks_draw_the_same_facts_again():
    shown, facts = ShownFacts(), Facts()
    shown.changed(facts, 0.0)
    shown.forget()
    assert shown.changed(facts, 0.03) is not None
