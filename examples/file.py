"""Who spoke when in a recording: python examples/file.py talk.wav talk.srt"""

from __future__ import annotations

import sys

from app import Heard

recording, subtitles = sys.argv[1:]
heard = Heard()
timeline = heard.timeline(recording)
for turn in timeline.turns:
    print(f"{turn.start_s:7.2f} to {turn.end_s:7.2f}  {turn.label}")
timeline.save(subtitles)
