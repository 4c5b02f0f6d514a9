"""Texts of the dialog about the threshold."""

from __future__ import annotations

from app.window.strings.common import ELLIPSIS

THRESHOLD = f"Threshold{ELLIPSIS}"
THRESHOLD_TITLE = "Threshold"
THRESHOLD_ABOUT = (
    "How alike a voice must be before a name is shown. Lower: names come sooner, and strangers get one more often."
    " Higher: fewer mistakes, and more often unknown."
)
THRESHOLD_VALUE = "A name needs {threshold:.2f}"
THRESHOLD_OWN = "The model's own"
MORE_NAMES, MORE_UNKNOWN = "more names", "more often unknown"
FALSE_ACCEPTS = "of a stranger's speech would get a name"
FALSE_REJECTS = "of a known voice's speech would be unknown"
NOT_KNOWN = "not known"
MEASURING = f"Comparing the recordings of the people enrolled{ELLIPSIS}"
THRESHOLD_EXPECTED = (
    "Expected for three seconds of speech: what this model does with people in general, and how alike your own"
    " {recordings} are to each other. The curves count the pieces of your recordings."
)
THRESHOLD_COUNTED = (
    "Expected for three seconds of speech, from your own recordings: {same} pieces of people against their other"
    " recordings, {different} against everybody else's."
)
THRESHOLD_TOO_FEW = "What it costs is known once somebody is enrolled."
SCORES, OTHERS, SAME_PERSON = "Scores", "other people", "the same person"
