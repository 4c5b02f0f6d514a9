"""Texts about people: naming, enrolling, recordings, what is undone, what would be lost."""

from __future__ import annotations

from app.window.strings.common import ELLIPSIS, NO_BREAK

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
    "Three sentences to read aloud, about half a minute in all. Ask people before you enrol them: a voice is biometric"
    " data. The recordings stay on this computer; they are kept so that the voiceprint can be made again, until you"
    " delete them."
)
OK = "OK"
NEXT, CANCEL, CLOSE = "Next", "Cancel", "Close"
REDO, FINISH, BEGIN, TRY_AGAIN = "Once more", "That is enough", "Start", "Try again"
BEGIN_NOW = "Read now"
POSITIONS = {
    "near": "Near, as you usually sit",
    "back": "One step back",
    "soft": "Near again, and softly",
}
POSITION_HOW = {
    "near": "Speak as you usually do.",
    "back": "About a metre further away; speak as before.",
    "soft": "As if somebody were asleep next door. Do not whisper.",
}
PICTURES = {
    "near": "A person near the microphone",
    "back": "A person a step away from the microphone",
    "soft": "A person who speaks softly near the microphone",
}
DOTS = "{kept} of {of} recorded"
LANGUAGE, LANGUAGE_TIP = "Language", "In which language to read; anything that is spoken will do"
JUST_TALK, JUST_TALK_TIP = "Just talk", "Questions to talk about, in place of a sentence to read"
READ_ALOUD = "Read aloud:"
TALK_ABOUT = "Talk about one of these:"
ENROL_TWICE = "This is already {name}"
ENROL_TWICE_DETAIL = "Shall the recordings be {other}\u2019s? As {name}, too, the voice would have two names."
ADD_TO, ENROL_ANYWAY = "Add to {name}", "Enrol all the same"
ENROL_KEPT_ONE = "Good"
ENROL_SHORT = "{name}, {count} of {of}"
ENROL_FEW = "It works with {count} of {of} recordings, but is less sure from afar and when speaking softly."
ONE_MORE = "Record the rest"
ENROL_SAY_SOMETHING = "Say something"
ENROL_HEARD = "That is you"
ENROL_PREPARING = f"Getting ready{ELLIPSIS}"
ENROL_FAILED = "This did not work"
ENROL_BUILDING = f"Making the voiceprint of {{name}}{ELLIPSIS}"
ENROL_DONE = "{name} is enrolled"
ENROL_KEPT = "{count}, {seconds:.0f} s of speech."
ENROL_GOOD = "The recordings agree with each other."
ENROL_READY = "Press Start, or the space bar. After 3, 2, 1 there is a sentence to read aloud."
ENROL_SPEAK = f"Speak now{ELLIPSIS}"
ENROL_GOOD_SO_FAR = "Good. Read on."
ENROL_ENOUGH = "Enough. Finish the sentence."
ENROL_UNHEARD = "I can\u2019t hear you. Is it the right microphone, and is it on?"
ENROL_GO_ON = "I can\u2019t hear you any more. Read on, or say anything else."
ENROL_NOBODY = "I could not hear anything. Look at the microphone above, then press Start."
ENROL_CHECKING = f"One moment{ELLIPSIS}"
ENROL_AGAIN = "Once more, please. {reason}"
RING = "Speech so far"
SECONDS = "{seconds:.1f}" + NO_BREAK + "s"
OF_SECONDS = "of {seconds:.0f}" + NO_BREAK + "s"
RECORDINGS = "Recordings"
RECORDINGS_SUMMARY = "{count}, {time} in all"
SEARCH_PEOPLE = "Find a person"
NOBODY_FOUND = "Nobody is called that."
SORT_TIP = "How the list is sorted"
SORTS = {"name": "By name", "heard": "Last heard first", "talk": "Most talk first"}
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

KNOWN_ON = "Known on {devices}"
KNOWN_DAYS = "{device} ({count} days)"
VOICE_LINE = "Beside the name"
VOICE_LINE_TIP = "What is shown of this voice beside the name, while the gender estimate is on"
VOICE_LINES = {None: "As it sounds, if sure", "female": "Female voice", "male": "Male voice", "hidden": "Nothing"}
VOICE_LINE_CHANGED = "Beside {name}: {said}."
KNOWN_DAYS_TIP = "{device}: {days}"
CONSENT_QUESTION = (
    "May Heard keep speech that is surely {name}\u2019s, to know this voice on other days and microphones?"
)
CONSENT_DETAIL = (
    "Little of it, on this computer, for thirty days. It is offered here; nothing is added by itself. It can be"
    " withdrawn, which erases what is kept."
)
CONSENT_GIVEN = "Since {day} Heard may keep speech that is surely {name}\u2019s, to offer it here."
CONSENT_REFUSED = "Heard keeps no speech of {name} (answered {day})."
CONSENT_ALLOW, CONSENT_REFUSE, CONSENT_WITHDRAW = "Allow", "Do not allow", "Withdraw"
CONSENT_WITHDRAW_TIP = "Erases what is offered, for good; what was added stays"
CONSENT_NOTED = "Speech that is surely {name}\u2019s may be kept, to be offered."
CONSENT_ERASED = "No speech of {name} is kept; what was offered is erased."
OFFER_TITLE = "Add this to {name}?"
OFFER_ADD, OFFER_DISMISS = "Add", "Dismiss"
OFFER_DISMISS_TIP = "Erase it, and do not offer speech of this day and microphone again"
OFFER_DISMISSED = "A recording that was offered to {name} was dismissed."
