"""Texts of the timeline."""

from __future__ import annotations

from app.window.strings.common import ELLIPSIS

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
NEW_PERSON, SOMEBODY_ELSE = f"New person{ELLIPSIS}", f"Somebody else{ELLIPSIS}"
ZOOM_IN, ZOOM_OUT, ZOOM_ALL = "Zoom in", "Zoom out", "Show all"
EXPORT = f"Export{ELLIPSIS}"
EXPORT_TIP = "Save who spoke when: subtitles, a table, JSON, RTTM, Audacity or Praat; or copy it as text"
TOO_OLD = "This piece is too long ago: only the last ten minutes are kept, in memory."
LATEST = "Newest"
LATEST_TIP = "Follow what is heard now"
