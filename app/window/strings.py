"""Every text of the window, in one place, ready for translation. ``{}`` fields keep their names in any language."""

from __future__ import annotations

from app.recognition.identification import UNKNOWN

APP = "Heard"
ELLIPSIS = "\u2026"
NO_BREAK = "\u00a0"

# ---------------------------------------------------------------------------- controls

START, STOP = "Start", "Stop"
START_TIP, STOP_TIP = "Start listening (Space)", "Stop listening (Space)"
DEVICE = "Input device"
DEVICE_TIP = "Which microphone to listen to"
DEFAULT_DEVICE = "Default microphone"
DEVICE_GONE = "{device} (not connected)"
DEVICE_NUMBER = "Input {number}"
DEMO_INPUT = "Demo conversation"
DEMO_STANDS_IN = "the demo conversation, because no microphone was found"
FILE_INPUT = "File: {file}"
PEOPLE = "People"
PEOPLE_COUNT = "People ({count})"
LEVEL = "Input level"
CONFIDENCE = "Match"
NOW = "Who is speaking"
STATUS = "Status"

# ---------------------------------------------------------------------------- who is speaking

UNKNOWN_VOICE = "Unknown voice"
SILENCE = "Nobody is speaking"
A_VOICE = f"Recognising{ELLIPSIS}"
LISTENING = f"Listening{ELLIPSIS}"
LAST_HEARD = "Last heard: {name}"
SURE = "{percent} sure"
GENDER = {"female": "female voice {percent}", "male": "male voice {percent}"}
MATCH = "Match with {name}"
CLOSEST = "Unknown: the closest is {name}"
TOO_CLOSE = "Unknown: {name} {percent} or {other} {other_percent}, too close to call"
NEEDS = "needs {percent}"
COSINE = "Cosine {score:.2f}; a name needs {threshold:.2f}."
DETAILS_SEPARATOR = "  \u00b7  "

# ---------------------------------------------------------------------------- states that explain themselves

STOPPED = "Not listening"
STOPPED_HINT = "Press Start, or the space bar."
LOADING = f"Getting ready{ELLIPSIS}"
LOADING_HINT = "Loading the voice model. This takes a few seconds."
DOWNLOADING = "Downloading the voice model: {done:.0f} of {total:.0f} MB."
OPENING = f"Opening the microphone{ELLIPSIS}"
OPENING_HINT = "If the system asks, allow this program to use the microphone."
NO_MICROPHONE = "No microphone"
NO_MICROPHONE_HINT = "Listening starts by itself when there is one.\nTo see it work without: python test.py --demo"
LOST = "Microphone lost"
MUTED = "No sound arrives"
MUTED_HINT = (
    "The microphone gives nothing but zeros: it is muted, or the system does not let this program listen. Look in the"
    " system's privacy settings."
)
FAILED = "Cannot listen"
ENDED = "The recording is over"
ENDED_HINT = "Press Start to hear it again."

NOBODY = "Nobody is enrolled yet"
NOBODY_HINT = "Record a few sentences of a person, then make their voiceprint:"
NOBODY_COMMANDS = "python record_samples.py NAME\npython build_voiceprint.py"
STALE_PERSON = "other model"

# ---------------------------------------------------------------------------- level

CLIPPING = "Too loud: the sound is clipped"
TOO_QUIET = "Too quiet: come closer, or turn the input up"

# ---------------------------------------------------------------------------- status line

STATUS_STOPPED = "Stopped."
STATUS_LOADING = "Loading the model."
STATUS_OPENING = "Opening {device}."
STATUS_LISTENING = "Listening to {device}, {rate:g} kHz."
STATUS_LISTENING_FILE = "Playing: {device}"
STATUS_WAITING = "Looking for a microphone."
STATUS_LOST = "Listening goes on by itself when the microphone is back."
STATUS_MUTED = "Nothing but silence comes from {device}."
STATUS_RESUMED = "The microphone is back: listening to {device}."
STATUS_FAILED = "Press Start to try again."
STATUS_BEHIND = "This computer is too slow to hear everything: {seconds:.1f} s were skipped just now."
STATUS_NOBODY = "Nobody is enrolled yet, so every voice is unknown."
STATUS_STALE = (
    "{names}: voiceprints of another model, not compared with this one."
    " Run python build_voiceprint.py to make them again."
)
STATUS_SPEAKS = "{name}, {score}, speaking"
STATUS_SCORE = "{name}, {score}"
MODEL = "Model: {model}"
MICROPHONE = "the microphone"
SOMETHING_WRONG = "something went wrong in the program ({error}); the terminal has the details."

# ---------------------------------------------------------------------------- timeline

ENGINE_UNKNOWN = UNKNOWN
TIMELINE = "Who spoke when"
TIMELINE_EMPTY = "Nobody has spoken yet"
TIMELINE_HINT = "Everybody gets a line here as soon as they speak."
TIMELINE_TIP = "Click a piece to hear it. Right-click it to say who it was. The wheel zooms, dragging moves."
SPECTROGRAM = "Spectrogram"
LANE_NOTE = "{share} \u00b7 {time}"
LANE_SPOKEN = "{name} {share}"
OTHER_LANES = "{count} more"
TURN = "{name}, {start} to {end}"
TURN_GONE = "{name}, {start} to {end} (too long ago to be heard)"
PLAY, PLAY_STOP = "Play", "Stop"
PLAY_TIP = "Hear this piece (Enter)"
WHO_WAS_THAT = "That was"
WHO_WAS_THAT_TIP = "Say who it was: their voice is learned from it"
NEW_PERSON = f"New person{ELLIPSIS}"
ZOOM_IN, ZOOM_OUT, ZOOM_ALL = "Zoom in", "Zoom out", "Show all"
EXPORT = f"Export{ELLIPSIS}"
EXPORT_TIP = "Save who spoke when: RTTM, CSV, SRT or JSON"
LATEST = "Newest"
LATEST_TIP = "Follow what is heard now"

# ---------------------------------------------------------------------------- people

THAT_WAS_NEW = "{name} is enrolled now, from {seconds:.0f} s of speech. More speech makes it surer."
THAT_WAS_EXTENDED = "{name} is known better now: {seconds:.0f} s of speech were added."
THAT_WAS_SHORT = "The timeline says {name} now; the piece is too short to learn the voice from."
THIS_PIECE = "this piece"
DEMO_PEOPLE = "The people of the demo cannot be changed: listen to a microphone to enrol somebody."
RENAMED = "{old} is called {new} now."
DELETED = "{name} is deleted: the voiceprint and {recordings} are gone for good."
LAST_SAMPLE = "{name} has no other recording that can be used: record another first, or delete the person."
SAMPLE_REMOVED = "The recording is gone, and {name}'s voiceprint was made again without it."
REBUILT = "Voiceprints made for this model: {names}."
REBUILD_SKIPPED = "No usable recordings of {names}: record them again for this model."
NOTHING_RECORDED = "nothing was recorded."


def recordings(count: int) -> str:
    """How many, in words."""
    return "1 recording" if count == 1 else f"{count} recordings"


def decibels(level_db: float) -> str:
    """A level for people, with a true minus sign."""
    return f"{level_db:.0f}{NO_BREAK}dB".replace("-", "\u2212")


def percent(share: float) -> str:
    """0 to 1 as a percentage for people. Never "0 %" or "100 %": nothing measured is that sure."""
    whole = round(100 * share)
    text = f"<{NO_BREAK}1" if whole < 1 else f">{NO_BREAK}99" if whole > 99 else f"{whole}"
    return f"{text}{NO_BREAK}%"


def clock(seconds: float) -> str:
    """A moment, or a length of time: "0:05", "12:34" or "1:02:03"."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
