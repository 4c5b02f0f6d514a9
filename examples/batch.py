"""Which of the enrolled people speaks in each file of a folder: python examples/batch.py recordings/ > who.csv"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from app import Heard
from utils import HeardError

heard = Heard()
table = csv.writer(sys.stdout)
table.writerow(["file", "speaker", "certainty", "confidence"])
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        said = heard.identify(path)
    except HeardError as error:  # no sound, or too little speech
        print(error, file=sys.stderr)
        continue
    table.writerow([path.name, said.speaker or "unknown", said.certainty, round(said.confidence, 3)])
