"""Texts of the page of the microphone: controls, who is speaking, states, status line."""

from __future__ import annotations

from app.window.strings.common import ELLIPSIS, NO_BREAK

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
CERTAINTY = {"certain": "certain", "likely": "likely"}
SURE = "{percent} sure"
GENDER = {"female": "female voice", "male": "male voice"}
MATCH = "Match with {name}"
CLOSEST = "the closest is {name}"
TOO_CLOSE = "{name} or {other}: too close to call"
NEEDS = "needs {percent}"
NEEDED = "a name from here on"
WHO_IS_THIS, WHO_PLACEHOLDER, WHO_TAKE = "Who is this?", "Find a name, or type a new one", "That\u2019s it"
MATCH_NUMBERS = "{match}: {percent}; a name needs {needed}."
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
