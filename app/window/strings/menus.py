"""Texts of the menu bar, and what it opens."""

from __future__ import annotations

from app.window.strings.common import ELLIPSIS

MENU_FILE, MENU_EDIT, MENU_LISTEN, MENU_PEOPLE = "&File", "&Edit", "&Listen", "&People"
MENU_VIEW, MENU_HELP = "&View", "&Help"
UNDO_ACTION = "&Undo"
OPEN = f"&Open audio file{ELLIPSIS}"
EXPORT_ACTION = f"&Export who spoke when{ELLIPSIS}"
TRANSCRIPT_ACTION = f"Put names into a &transcript{ELLIPSIS}"
COPY_ACTION = "&Copy as text"
MERGE_GAPS = "&Join pauses under 1 s in subtitles and text"
QUIT = "&Quit"
MODEL_MENU, MODEL_FILE = "&Model", f"From a file{ELLIPSIS}"
MODEL_GONE = "{model} is not there any more: the embedded model is used."
MODEL_NAMES = {
    "embedded": "Embedded (small, fast)",
    "embedded-int8": "Embedded, 8-bit (for weak computers)",
    "large": "Large, more accurate (83 MB to download)",
    "speechbrain/spkrec-ecapa-voxceleb": "SpeechBrain ECAPA-TDNN alone (83 MB to download)",
}
MODEL_OPEN, MODEL_FILTER = "Open a model", "Models (*.safetensors *.ckpt)"
START_STOP = "&Start or stop"
DENY, DENY_NOBODY = "That is &not {name}", "That is &not who it says"
DENIED = "From now on that voice is not {name}."
NOT_HEARD = "Nothing of what is heard now is {name}."
SHOW_TIMELINE, SHOW_SPECTROGRAM, SHOW_GENDER = "&Timeline", "S&pectrogram", "&Gender estimate"
THEME_MENU = "&Appearance"
THEMES = {"system": "Like the &system", "light": "&Light", "dark": "&Dark"}
FULL_SCREEN = "&Full screen"
SHORTCUTS = "&Keyboard shortcuts"
SHORTCUTS_TITLE = "Keyboard shortcuts"
DATA_FOLDER = "Open the &data folder"
ABOUT = "&About Heard"
ABOUT_TEXT = "Heard {version} tells live who is speaking. Everything stays on this computer."
ABOUT_DETAIL = (
    "Recordings and voiceprints are in\n{data}\n\n"
    "Free software under the licence {licence}; LICENSE and NOTICE come with it.\n\n"
    "The networks were trained on {credits}. The large model has SpeechBrain's ECAPA-TDNN (Apache-2.0) in it. Window:"
    " Qt. Speech is found by Silero VAD, networks run in ONNX Runtime, files are decoded by FFmpeg and libsndfile."
)
CRASHED = "Something went wrong inside the program. It may go on, but please save what you need."
CRASHED_WHERE = "What happened is written down in {path}"
CRASHED_BEFORE = "Heard ended unexpectedly the last time; what is known of it is in {path}"
TIMELINE_KEYS = (
    ("\u2190 \u2192", "the piece before, the next piece"),
    ("Enter", "hear the piece"),
    ("+ \u2212", "zoom"),
    ("End", "the newest moment"),
)
