"""Texts about files: the page of an opened file, and exports."""

from __future__ import annotations

from app.window.strings.common import ELLIPSIS, NO_BREAK

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
TRANSCRIPT = "the transcript"
TRANSCRIPT_OPEN, TRANSCRIPT_SAVE = "Open a transcript of this file", "Save the transcript with names"
TRANSCRIPT_FILTER = "Transcripts ({patterns});;All files (*)"
TRANSCRIPT_WAIT = "Names can be put into a transcript when the file is analysed."
NAME_OF_SPEAKER = "Who is it?"
