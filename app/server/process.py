"""One server process, from its command line to its end."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.outputs import check_outputs, model_inputs, same_file
from app.server.auth import TOKEN_FILE, load_token
from app.server.config import ServerConfig
from utils import BadInput, HeardError, data_dir

if TYPE_CHECKING:
    from types import FrameType

    from starlette.types import ASGIApp
    from uvicorn import Server

STOP_S = 5
"""Time that requests in work have to end when the server is stopped."""
OPEN_FILES = 4096
LAST_S = 8
"""Time after which the process ends whatever its threads do: less than the 10 s that containers are given."""


@dataclass(frozen=True)
class ServeOptions:
    """The command line of ``python -m app serve``."""

    host: str = "127.0.0.1"
    port: int = 8765
    """The port to listen on; 0 takes any free one."""
    certfile: Path | None = None
    keyfile: Path | None = None
    token_file: Path | None = None
    """Where the token is kept; None is ``server-token`` in the data folder."""
    model: str = "embedded"
    compute: str = "auto"
    threshold: float | None = None
    data: Path | None = None
    hosts: tuple[str, ...] = ()
    """Names besides localhost that lead to a server on this machine alone, through a proxy before it."""
    limits: ServerConfig = ServerConfig()

    def check(self) -> None:
        """Raise BadInput for what is wrong before anything slow is loaded."""
        if not 0 <= self.port <= 65535:
            raise BadInput(f"--port {self.port}: between 0 and 65535.")
        if self.threshold is not None and not -1 <= self.threshold <= 1:
            raise BadInput(f"--threshold {self.threshold}: a cosine lies between -1 and 1.")
        if (self.certfile is None) != (self.keyfile is None):
            raise BadInput("--certfile and --keyfile belong together.")
        own = data_dir(self.data) / TOKEN_FILE
        if self.token_file and not same_file(self.token_file, own):
            inputs = (("--certfile", self.certfile), ("--keyfile", self.keyfile), *model_inputs(self.model))
            check_outputs((("--token-file", self.token_file),), inputs, data=self.data)
        if self.certfile:
            try:
                _tls_context(self.certfile, self.keyfile)
            except FileNotFoundError:
                raise BadInput(f"{self.certfile} or {self.keyfile}: no such file.") from None
            except (ssl.SSLError, OSError) as error:
                raise BadInput(f"{self.certfile}, {self.keyfile}: not a certificate and its key ({error}).") from None


def serve(options: ServeOptions) -> int:
    """Serve until Ctrl-C or SIGTERM. Returns the exit code.

    Raises BadInput for options that cannot be, HeardError for a port that cannot be had or a model that cannot be
    loaded.
    """
    options.check()
    logging.basicConfig(format="heard: %(message)s", level=logging.WARNING)
    for noisy in ("uvicorn", "python_multipart"):  # they warn of every malformed request
        logging.getLogger(noisy).setLevel(logging.ERROR)
    _open_many_files()
    data = data_dir(options.data)
    token_file = options.token_file or data / TOKEN_FILE
    token = load_token(token_file)
    listener = _open_listener(options.host, options.port)
    with listener:
        host, port = listener.getsockname()[:2]
        scheme = "https" if options.certfile else "http"
        if not options.certfile and not _is_local(host):
            print_line(
                f"warning: others can reach {host}; without --certfile they can read the token and hear the voices."
            )

        from app.embedding.load import load_encoder

        encoder = load_encoder(options.model, compute=options.compute)

        from app.server.application import create_app
        from app.server.service import Service

        service = Service(encoder, data, options.limits, options.threshold)
        hosts = frozenset(name.lower() for name in options.hosts)
        app = create_app(service, token, hosts if hosts or _is_local(host) else None)
        server = make_server(app, options.limits, options.certfile, options.keyfile)
        address = f"{scheme}://{_in_url(host)}:{port}/"
        people = len(service.gallery().people)
        print_line(f"serving {address} (model {encoder.model_id}, {people} {'person' if people == 1 else 'people'}).")
        if sys.stdout.isatty():  # not into a log
            print_line(f"open {address}#token={token}")
        print_line(f"the token is in {token_file}; Ctrl-C stops.")
        _run_until_signalled(server, listener)
    print_line("stopped.")
    return 0


def make_server(
    app: ASGIApp, limits: ServerConfig, certfile: Path | None = None, keyfile: Path | None = None
) -> Server:
    """uvicorn around an application of ``create_app``, with the limits that only it can keep. It logs no requests."""
    import uvicorn

    from app.server.bounded_http import BoundedProtocol
    from app.server.lobby import Lobby, TlsDoor

    lobby = Lobby(limits.max_strangers, limits.max_connections)
    shared = {"header_s": limits.header_s, "limits": limits, "lobby": lobby, "token_check": app.state.token_check}
    http = type("Http", (BoundedProtocol,), shared)
    tls = _tls_context(certfile, keyfile) if certfile else None
    config = uvicorn.Config(
        app,
        http=(lambda **named: TlsDoor(http(**named), tls, lobby, limits.header_s)) if tls else http,
        loop="asyncio",
        ws="websockets-sansio",
        ws_max_size=limits.max_message_bytes,
        timeout_graceful_shutdown=STOP_S,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )

    class Server(uvicorn.Server):
        async def shutdown(self, *arguments: object, **named: object) -> None:
            app.state.hub.close()  # who listens to events would wait for ever
            await super().shutdown(*arguments, **named)

    return Server(config)


def _tls_context(certfile: Path, keyfile: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile, keyfile)
    return context


def print_line(line: str) -> None:
    print(line[:1].upper() + line[1:], flush=True)


def _run_until_signalled(server: Server, listener: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM. uvicorn raises the signal again once it has stopped: here it is no error.

    Ends the process if a thread has not come to its end within ``LAST_S`` after the signal. Files and database are
    written so that nothing is left half done by that.
    """
    last = threading.Timer(LAST_S, _end_process)
    last.daemon = True
    ask_to_stop = server.handle_exit

    def on_signal(number: int, frame: FrameType | None) -> None:
        if not last.is_alive():
            last.start()
        ask_to_stop(number, frame)

    server.handle_exit = on_signal
    signal.signal(signal.SIGTERM, lambda *_: None)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    for thread in threading.enumerate():  # which the interpreter would wait for
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    last.cancel()


def _end_process() -> None:
    print("heard: stopped; work that did not end was given up.", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(1)


def _open_many_files() -> None:
    """Ask the system for as many open files as connections may need: 1,024 is what many give unasked."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _open_listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=512)
    except socket.gaierror:
        raise BadInput(f"--host {host}: there is no such address.") from None
    except PermissionError:
        raise HeardError(f"port {port} needs more rights; choose one from 1024 on with --port.") from None
    except OSError as error:
        text = f"{host} port {port} cannot be had ({error.strerror or error}); choose another with --port."
        raise HeardError(text) from None


def _is_local(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
