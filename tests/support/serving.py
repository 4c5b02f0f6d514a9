"""A server in a thread of the tests, with real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from app.server.config import DEFAULTS, ServerConfig

TOKEN = "token-of-the-tests-0123456789"


@contextlib.contextmanager
def running(encoder, data: Path, config: ServerConfig = DEFAULTS) -> Iterator[str]:
    """A server in a thread of this process; gives its address."""
    from app.server.application import create_app
    from app.server.process import make_server
    from app.server.service import Service

    listener = socket.create_server(("127.0.0.1", 0))
    server = make_server(create_app(Service(encoder, data, config), TOKEN), config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"
