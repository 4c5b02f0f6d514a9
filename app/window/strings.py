"""Every text of the window, in one place, ready for translation. ``{}`` fields keep their names in any language."""

from __future__ import annotations

from app.time_left import clock as clock  # a text of the window, too
from app.time_left import rounded_s

APP = "Heard"
WINDOW_TITLE = "{now} \u2013 Heard"
ELLIPSIS = "\u2026"
NO_BREAK = "\u00a0"

# ---------------------------------------------------------------------------- controls

START, STOP = "Start", "Stop"
CANCEL_TIP = "Cancel the download (Space)"
START_TIP, STOP_TIP = "Start listening (Space)", "Stop listening (Space)"
DEVICE = "Input device"
DEVICE_TIP = "Which microphone to listen to, or what this computer plays, such as a call"
DEFAULT_DEVICE = "Default microphone"
COMPUTER_DEVICE = "What this computer plays"
BOTH_DEVICE = "Microphone and this computer"
DEVICE_GONE = "{device} (not connected)"
DEVICE_ABSENT = "{device} is not connected: listening to the default microphone."
DEVICE_NUMBER = "Input {number}"
MICROPHONE_CHANNEL_TIP = "Which channel of the microphone to hear: all of them together, or one"
ALL_CHANNELS, EACH_CHANNEL, CHANNEL_NUMBER = "All channels", "Each channel", "Channel {channel}"
ALL_TOGETHER, EACH_BY_ITSELF = "All together", "Each by itself"
CHANNEL_GONE = "{channel} (not there)"
CHANNEL_CHOICE = "Channels: {choice}"
CHANNELS_ALL_HEARD = "{error} All of its channels are heard."
AT_MOST = "{text} (at most {most})"
OPENS_MENU = "{text} \u25be"
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
SIDES = {"here": "here", "remote": "computer"}
"""Of a call: the microphone, and what this computer plays."""
CHANNEL = "channel {channel}"
PAUSED = "Playing"
PAUSED_HINT = "Nothing is recognised while a piece is played."
OVERLAP = "two people at once"
DETAILS_SEPARATOR = "  \u00b7  "

# ---------------------------------------------------------------------------- states that explain themselves

STOPPED = "Not listening"
STOPPED_HINT = "Press Start, or the space bar."
LOADING = f"Getting ready{ELLIPSIS}"
LOADING_HINT = "Loading the voice model. This takes a few seconds."
DOWNLOADING = f"Downloading the model{ELLIPSIS}"
DOWNLOADED = "{done:.0f} of {total:.0f}" + NO_BREAK + "MB, once. If you cancel it, it goes on from there the next time."
OPENING = f"Opening the microphone{ELLIPSIS}"
OPENING_HINT = "If the system asks, allow this program to use the microphone."
NO_MICROPHONE = "No microphone"
NO_MICROPHONE_HINT = "Listening starts by itself when there is one.\nTo see it work without: python test.py --demo"
NO_CHANNEL, NO_CHANNEL_HINT = "Channel not there", "Choose another one beside the microphone."
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
NOBODY_HINT = "Add a person: three sentences to read aloud, about half a minute. Or name an unknown voice below."
ADD = "+ Add"
STALE_PERSON, UNBUILT_PERSON = "other model", "not built yet"

# ---------------------------------------------------------------------------- level

CLIPPING = "Too loud: the sound is clipped"
TOO_QUIET = "Too quiet: come closer, or turn the input up"

# ---------------------------------------------------------------------------- status line

STATUS_STOPPED = "Not listening."
STATUS_LOADING = "Loading the model."
STATUS_DOWNLOADING = "Downloading the model: {percent}" + NO_BREAK + "%."
STATUS_OPENING = "Opening {device}."
STATUS_LISTENING = "Listening to {device}, {rate:g} kHz."
STATUS_PAUSED = "Listening goes on when the piece is over."
STATUS_LISTENING_FILE = "Playing: {device}"
STATUS_WAITING = "Looking for a microphone."
STATUS_WAITING_CHANNEL = "Listening starts by itself when the channel is there."
STATUS_LOST = "Listening goes on by itself when the microphone is back."
STATUS_MUTED = "Nothing but silence comes from {device}."
STATUS_RESUMED = "The microphone is back: listening to {device}."
STATUS_FAILED = "Press Start to try again."
STATUS_BEHIND = "This computer is too slow to hear everything: {seconds:.1f} s were skipped just now."
STATUS_NOBODY = "Nobody is enrolled yet, so every voice is unknown."
STATUS_STALE = (
    "{names}: voiceprints of another model, not compared with this one."
    " People > Make voiceprints for this model makes them again."
)
STATUS_UNBUILT = (
    "{names}: recorded, but without a voiceprint yet, so not known. \u201cMake voiceprints\u201d makes it of the"
    " recordings."
)
STATUS_SPEAKS = "{name}, {score}, speaking"
STATUS_SCORE = "{name}, {score}"
MODEL = "Model: {model}"
MICROPHONE = "the microphone"
SOMETHING_WRONG = "something went wrong in the program ({error}); crash.log in the data folder has the details."

# ---------------------------------------------------------------------------- timeline

TIMELINE = "Who spoke when"
TIMELINE_EMPTY = "Nobody has spoken yet"
TIMELINE_HINT = "Everybody gets a line here as soon as they speak."
TIMELINE_TIP = "Click a piece to hear it. Right-click it to say who it was. The wheel zooms, dragging moves."
SPECTROGRAM = "Spectrogram"
LANE_SIDE = "{name} \u00b7 {side}"
PAUSE = "Not listened to: a piece was being played"
LANE_NOTE = "{share} \u00b7 {time}"
LANE_SPOKEN = "{name} {share}"
OTHER_LANES = "{count} more"
TURN = "{name}, {start} to {end}"
TURN_GONE = "{name}, {start} to {end} (too long ago to be heard)"
PLAY, PLAY_STOP = "Play", "Stop"
PLAY_TIP = "Hear this piece (Enter)"
WHO_WAS_THAT = "That was \u25be"
WHO_WAS_THAT_TIP = "Say who it was: their voice is learned from it"
NEW_PERSON = f"New person{ELLIPSIS}"
ZOOM_IN, ZOOM_OUT, ZOOM_ALL = "Zoom in", "Zoom out", "Show all"
EXPORT = f"Export{ELLIPSIS}"
EXPORT_TIP = "Save who spoke when: subtitles, a table, JSON, RTTM, Audacity or Praat; or copy it as text"
TOO_OLD = "This piece is too long ago: only the last ten minutes are kept, in memory."
LATEST = "Newest"
LATEST_TIP = "Follow what is heard now"

# ---------------------------------------------------------------------------- people

THAT_WAS_NEW = "{name} is enrolled now, from {seconds:.0f} s of speech. More speech makes it surer."
THAT_WAS_EXTENDED = "{name} is known better now: {seconds:.0f} s of speech were added."
THAT_WAS_SHORT = "The timeline says {name} now; the piece is too short to learn the voice from."
DEMO_PEOPLE = "The people of the demo cannot be changed: listen to a microphone to enrol somebody."
RENAMED = "{old} is called {new} now."
DELETED = "{name} was deleted, with {recordings}."
DELETED_AT_ONCE = "{name} is deleted: the voiceprint and {recordings} are gone for good, since the disk is full."
UNDO = "Undo"
UNDO_TIP = "Undo (Ctrl+Z)"
UNDONE = "Undone. It was: {deed}"
UNDO_TOO_LATE = "it is too late to undo that."
UNDO_OVER = "Erase now"
UNDO_OVER_TIP = "Erase it now; it cannot be undone then"
DISMISS, DISMISS_TIP = "\u00d7", "Close this message"
COUNTDOWN_TIP = "It is erased then"
ERASING = f"Erasing what was deleted{ELLIPSIS}"
NOT_ERASED = "Not erased yet"
NOT_ERASED_DETAIL = (
    "{error}\n\nNobody sees it any more, and it is erased when any of Heard's programs starts the next time. Close"
    " anyway?"
)
CLOSE_ANYWAY = "Close anyway"
CORRECTED = "The label is {name} now."
CORRECTIONS_FORGOTTEN = "The corrections of {file} are forgotten."
LAST_SAMPLE = "{name} has no other recording that can be used: record another first, or delete the person."
SAMPLE_REMOVED = "A recording of {name} was removed."
REBUILT = "Voiceprints made for this model: {names}."
REBUILD_SKIPPED = "No usable recordings of {names}: record them again for this model."
NOTHING_RECORDED = "nothing was recorded."

ADD_PERSON = f"Add person{ELLIPSIS}"
ADD_PERSON_TIP = "Enrol somebody: about half a minute"
ADD_PERSON_TITLE = "Add a person"
NAME_LABEL = "Name"
NAME_PLACEHOLDER = "As it is to be shown"
NAME_KNOWN = "{name} is enrolled already: the new recordings are added."
ENROL_ABOUT = (
    "Three sentences to read aloud, about half a minute in all. The recordings stay on this computer; they are kept so"
    " that the voiceprint can be made again, until you delete them."
)
OK = "OK"
NEXT, CANCEL, CLOSE = "Next", "Cancel", "Close"
REDO, FINISH, BEGIN, TRY_AGAIN = "Once more", "That is enough", "Start reading", "Try again"
ENROL_PREPARING = f"Getting ready{ELLIPSIS}"
ENROL_FAILED = "This did not work"
ENROL_BUILDING = f"Making the voiceprint of {{name}}{ELLIPSIS}"
ENROL_DONE = "{name} is enrolled"
ENROL_KEPT = "{count}, {seconds:.0f} s of speech."
ENROL_GOOD = "The recordings agree with each other. From now on the name is shown."
ENROL_SAMPLE = "{name}: sample {number} of {samples}"
ENROL_READY = "Press Start reading, or the space bar, and read the sentence aloud."
ENROL_SPEAK = f"Speak now{ELLIPSIS}"
ENROL_GOOD_SO_FAR = "Good. Keep on reading until the ring is full."
ENROL_AGAIN = "Once more, please. {reason}"
RING = "Speech so far"
SECONDS = "{seconds:.1f}" + NO_BREAK + "s"
OF_SECONDS = "of {seconds:.0f}" + NO_BREAK + "s"
RECORDINGS = "Recordings"
RECORDINGS_SUMMARY = "{count}, {time} in all"
RENAME, REMOVE, RECORD_MORE = "Rename", "Remove", f"Record more{ELLIPSIS}"
DELETE, DELETE_YES = f"Delete person{ELLIPSIS}", "Delete"
DELETE_QUESTION = "Delete {name}?"
DELETE_DETAIL = (
    "The voiceprint and {count} are erased from this computer. For about ten seconds you can undo it; after that nobody"
    " can."
)
SAVE_NAME_QUESTION = "Save the new name?"
SAVE_NAME_DETAIL = "{old} would be called {new}. The new name was typed, but not saved."
SAVE, DISCARD, BACK = "Save", "Discard", "Go back"
DISCARD_QUESTION = "Discard the recordings of {name}?"
DISCARD_DETAIL = "{count} of this enrolment would be erased, and {name} would not be enrolled from them."
KEEP_GOING = "Keep going"
CLOSE_QUESTION = "Close Heard?"
CLOSE_FILE_BUSY = "{file} is still being analysed; what was found so far would be lost."
CLOSE_FILE_UNKEPT = "{count} of {file} could not be kept, and would be lost. Export saves them."
CLOSE_CORRECTED = "{count} of what was heard live are not saved; they would be lost. Export saves them."
CLOSE_WINDOW, STAY = "Close", "Stay"
OPEN_QUESTION, OPEN_ANYWAY = "Open {file}?", "Open"
REBUILD = "Make voiceprints for this model"
BUILD, BUILD_TIP = "Make voiceprints", "Of the recordings of {names}, for this model"
REBUILDING = "Making voiceprints: {person}, {done} of {of} recordings"

# ---------------------------------------------------------------------------- threshold

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

# ---------------------------------------------------------------------------- files

ANALYSING = "Analysing"
BACK_TO_LIVE = "Back to the microphone"
LABEL_AS, LABEL_AS_TIP = "Correct to \u25be", "Correct who this is: one piece, or all of a numbered unknown voice"
LEARN, NOT_NOW = "Learn the voice", "Not now"
LEARN_NEW = "Enrol {name} with this voice, from {seconds} of the file? They are kept on this computer."
LEARN_MORE = "Learn more of {name}\u2019s voice, from {seconds} of the file?"
LEARN_SHORT = "Not learned: there is less than a second of {name}\u2019s speech in it."
FILE_CHANNEL_TIP = "Which channels to hear: all of them together, one, or each by itself, as of a call"
AGAIN_QUESTION, ANALYSE_AGAIN = "Analyse {file} again?", "Analyse again"
TOO_MANY_TO_MIX = "{channels} channels are too many to be heard together (at most {most}): choose one of them."
FILE_WAITING = f"Getting ready{ELLIPSIS}"
FILE_ANALYSING = "Analysing: {done} of {total} ({percent}" + NO_BREAK + "%)"
FILE_LEFT = "{analysing} \u00b7 {left} left"
FILE_TITLE = "{file} \u00b7 {percent}" + NO_BREAK + "% \u2013 Heard"
FILE_TITLE_LEFT = "{file} \u00b7 {percent}" + NO_BREAK + "% \u00b7 {left} left \u2013 Heard"
FILE_ANALYSING_ON = "Analysing: {done}"
FILE_CORRECTED = "{count} kept."
FORGET_CORRECTIONS = "&Forget the corrections of this file"
REPLACE_QUESTION = "Replace {file}?"
REPLACE_DETAIL = "There is a file of this name already; what is in it would be lost."
REPLACE = "Replace"
FILE_DONE = "{total}, {speakers}. Click a piece to hear it, or anywhere to set the cursor."
FILE_STOPPED_AT = "Stopped at {done}, {speakers}."
FILE_STOPPED = "Stopped at {done} of {total}, {speakers}."
OPEN_TITLE = "Open an audio file"
OPEN_FILTER = "Audio ({patterns});;All files (*)"
EXPORT_TITLE = "Save who spoke when"
EXPORT_FILTERS = {
    "srt": "Subtitles, SubRip (*.srt)",
    "vtt": "Subtitles, WebVTT (*.vtt)",
    "csv": "Table (*.csv)",
    "json": "JSON (*.json)",
    "rttm": "RTTM (*.rttm)",
    "txt": "Audacity labels (*.txt)",
    "TextGrid": "Praat TextGrid (*.TextGrid)",
}
EXPORTED = "Saved: {file}"
COPIED = "Copied as text: {turns}."
EXPORT_FILE, EXPORT_RECORDING = "the chosen file", "the recording"
NAME_OF_SPEAKER = "Who is it?"

# ---------------------------------------------------------------------------- encrypted data

SEALING_ACTION = f"&Encrypt data{ELLIPSIS}"
SEALING_TITLE = "Encryption"
PLAIN_HEADING = "Encrypt recordings and voiceprints?"
SEALED_HEADING = "Recordings and voiceprints are encrypted"
KEY_IN_KEYRING = "Keep the key in this system's keyring"
NEW_PASSPHRASE, PASSPHRASE_AGAIN = "New passphrase", "The same again"
LOST_WITH_PASSPHRASE = (
    "A forgotten passphrase cannot be found out by anybody: recordings and voiceprints are lost with it."
)
LOST_WITH_KEYRING = (
    "This program opens them without asking. If the keyring is lost, so are recordings and voiceprints:"
    " a passphrase, which you can add afterwards, opens them, too."
)
PASSPHRASE_SHORT = "A passphrase needs at least {least} characters."
PASSPHRASE_DIFFERS = "The two are not the same."
SEAL, UNSEAL, CHANGE_PASSPHRASE = "Encrypt", "Stop encrypting", "Set passphrase"
UNSEAL_QUESTION = "Stop encrypting?"
UNSEAL_DETAIL = "Whoever can read your files can read recordings, voiceprints and names then."
SEALING_BUSY = f"One moment{ELLIPSIS}"
SEALED = "Recordings and voiceprints are encrypted now."
UNSEALED = "Recordings and voiceprints are plain files again."
PASSPHRASE_CHANGED = "The new passphrase opens them from now on."
NO_KEYRING = "the system's keyring kept nothing: choose a passphrase."
UNLOCK_TITLE, UNLOCK = "Heard is locked", "Open"
UNLOCK_LABEL = "Passphrase of {data}:"
WRONG_PASSPHRASE = "This is not the passphrase."
OFFER_SEALING = "Recordings can be encrypted on the disk: People, Encrypt data."


def capitalised(text: str) -> str:
    """With a capital first letter: messages of the program begin small."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """With a capital first letter and a full stop; nothing stays nothing."""
    text = capitalised(text.strip())
    return text if not text or text[-1] in ".!?:" else f"{text}."


def voices(count: int) -> str:
    """How many, in words."""
    return "1 voice" if count == 1 else f"{count} voices"


def rate(share: float, of: int) -> str:
    """0 to 1 as a percentage, of so many things that were counted: none of 50 is less than one in 50."""
    if share * of < 0.5:
        return f"<{NO_BREAK}{rate(1 / of, of)}"
    return f"{100 * share:.1f}{NO_BREAK}%" if 0 < share < 0.1 else f"{100 * share:.0f}{NO_BREAK}%"


# ---------------------------------------------------------------------------- menus

MENU_FILE, MENU_EDIT, MENU_LISTEN, MENU_PEOPLE = "&File", "&Edit", "&Listen", "&People"
MENU_VIEW, MENU_HELP = "&View", "&Help"
UNDO_ACTION = "&Undo"
OPEN = f"&Open audio file{ELLIPSIS}"
EXPORT_ACTION = f"&Export who spoke when{ELLIPSIS}"
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
SHOW_TIMELINE, SHOW_SPECTROGRAM, SHOW_GENDER = "&Timeline", "S&pectrogram", "&Gender estimate"
THEME_MENU = "&Appearance"
THEMES = {"system": "Like the &system", "light": "&Light", "dark": "&Dark"}
FULL_SCREEN = "&Full screen"
SHORTCUTS = "&Keyboard shortcuts"
SHORTCUTS_TITLE = "Keyboard shortcuts"
DATA_FOLDER = "Open the &data folder"
ABOUT = "&About Heard"
ABOUT_TEXT = (
    "Heard tells live who is speaking. Everything stays on this computer: recordings and voiceprints are in\n{data}"
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


def turns(count: int) -> str:
    """How many, in words."""
    return "1 turn" if count == 1 else f"{count} turns"


def recordings(count: int) -> str:
    """How many, in words."""
    return "1 recording" if count == 1 else f"{count} recordings"


def corrections(count: int) -> str:
    """How many, in words."""
    return "1 correction" if count == 1 else f"{count} corrections"


def seconds(count: float) -> str:
    return f"{count:.0f}{NO_BREAK}s" if count >= 1 else f"{count:.1f}{NO_BREAK}s"


def time_left(seconds: float) -> str:
    """A guess at how long something will still take: "7 s", "4 min", "70 min"."""
    whole = rounded_s(seconds)
    return f"{whole:.0f}{NO_BREAK}s" if whole < 100 else f"{whole / 60:.0f}{NO_BREAK}min"


def decibels(level_db: float) -> str:
    """A level for people, with a true minus sign."""
    return f"{level_db:.0f}{NO_BREAK}dB".replace("-", "\u2212")


def percent(share: float) -> str:
    """0 to 1 as a percentage for people. Never "0 %" or "100 %": nothing measured is that sure."""
    whole = round(100 * share)
    text = f"<{NO_BREAK}1" if whole < 1 else f">{NO_BREAK}99" if whole > 99 else f"{whole}"
    return f"{text}{NO_BREAK}%"
