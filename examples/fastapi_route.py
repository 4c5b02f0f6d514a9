"""A route of a web service that says who speaks in an upload:

uvicorn --app-dir examples fastapi_route:app
curl -F file=@who.wav http://127.0.0.1:8000/who
"""

from __future__ import annotations

import tempfile
import threading

from fastapi import FastAPI, HTTPException, UploadFile

from app import Heard
from utils import HeardError

app = FastAPI()
heard = Heard()
one_at_a_time = threading.Lock()


@app.post("/who")
def who(file: UploadFile) -> dict[str, str | float]:
    """Called in a thread, because it is not ``async``: the loop goes on."""
    with tempfile.NamedTemporaryFile() as kept:
        kept.write(file.file.read(50_000_000))
        kept.flush()
        try:
            with one_at_a_time:
                said = heard.identify(kept.name)
        except HeardError as error:
            raise HTTPException(422, str(error).replace(kept.name, "the upload")) from None
    return {"speaker": said.speaker or "unknown", "certainty": str(said.certainty), "confidence": said.confidence}
