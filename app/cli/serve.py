"""``python -m app serve``: REST, a live WebSocket and a web page for programs and browsers."""

from __future__ import annotations

import argparse
import importlib.util
import math
from dataclasses import replace
from pathlib import Path

from app.cli.options import add_compute_option, add_model_option
from app.cli.program.examples import examples
from app.sealing.passphrase import read_passphrase
from app.sealing.unlocking import home_of, is_sealed, unlock
from utils import BadInput, data_dir, missing_extra

PACKAGES = ("fastapi", "uvicorn", "httptools", "websockets", "python_multipart")
WYOMING_PACKAGES = ("wyoming",)


def run(argv: list[str]) -> int:
    """Serve until Ctrl-C."""
    options = _parser().parse_args(argv)
    if options.wyoming is not None:
        return _serve_wyoming(options)
    if options.wyoming_asr is not None or options.wyoming_pass != "any":
        raise BadInput("--wyoming-asr and --wyoming-pass: those are for --wyoming.")
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise missing_extra("serving", ", ".join(missing), "server")

    from app.server.config import MIB
    from app.server.process import ServeOptions, serve

    _unlock(options)
    limits = ServeOptions.limits
    wanted = {
        "max_body_bytes": options.max_body_mb * MIB,
        "max_audio_s": options.max_audio_s,
        "max_streams": options.max_streams,
        "rate_per_s": options.rate,
    }
    for name, value in wanted.items():
        if not math.isfinite(value) or value < 0 or (value == 0 and name != "rate_per_s"):
            raise BadInput(f"{name} must be a number of more than zero.")
    return serve(
        ServeOptions(
            host=options.host,
            port=options.port,
            certfile=options.certfile,
            keyfile=options.keyfile,
            token_file=options.token_file,
            model=options.model,
            compute=options.compute,
            threshold=options.threshold,
            data=options.data,
            hosts=tuple(options.allow_host),
            limits=replace(limits, **wanted),
        )
    )


def _unlock(options: argparse.Namespace) -> None:
    if options.passphrase_file and is_sealed(home := home_of(data_dir(options.data))):
        unlock(home, read_passphrase(options.passphrase_file))


def _serve_wyoming(options: argparse.Namespace) -> int:
    if missing := [name for name in WYOMING_PACKAGES if importlib.util.find_spec(name) is None]:
        raise missing_extra("--wyoming", ", ".join(missing), "wyoming")
    from app.wyoming.handler import WyomingOptions
    from app.wyoming.naming import Namer
    from app.wyoming.process import check_uri, serve

    check_uri("--wyoming", options.wyoming)
    if options.wyoming_asr is not None:
        check_uri("--wyoming-asr", options.wyoming_asr)
    if options.threshold is not None and not -1 <= options.threshold <= 1:
        raise BadInput(f"--threshold {options.threshold}: a cosine lies between -1 and 1.")
    _unlock(options)
    from app.embedding.load import load_encoder

    namer = Namer(load_encoder(options.model, compute=options.compute), data_dir(options.data), options.threshold)
    how = WyomingOptions(options.wyoming_asr, options.wyoming_pass)
    return serve(options.wyoming, namer, how, lambda line: print(line[:1].upper() + line[1:], flush=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app serve", description=__doc__, **examples("serve"))
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8765, metavar="P", help="0 takes any free one (default 8765)")
    parser.add_argument("--certfile", type=Path, metavar="PEM", help="certificate: serve https")
    parser.add_argument("--keyfile", type=Path, metavar="PEM", help="its private key")
    parser.add_argument("--token-file", type=Path, metavar="F", help="default: server-token in the data folder")
    hosts = {"action": "append", "default": [], "metavar": "NAME"}
    parser.add_argument("--allow-host", **hosts, help="a name that leads here through a proxy; may be repeated")
    parser.add_argument("--passphrase-file", type=Path, metavar="F", help="opens a sealed data folder: its first line")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where people are kept (default: data/)")
    add_model_option(parser)
    add_compute_option(parser)
    parser.add_argument("--threshold", type=float, metavar="T", help="cosine in place of the model's own threshold")
    wyoming = parser.add_argument_group("Wyoming", "Home Assistant's voice protocol, in place of HTTP.")
    wyoming.add_argument("--wyoming", metavar="URI", help="listen there, such as tcp://127.0.0.1:10400")
    wyoming.add_argument("--wyoming-asr", metavar="URI", help="a speech-to-text server: its transcripts get a speaker")
    wyoming.add_argument(
        "--wyoming-pass",
        choices=["any", "likely", "certain"],
        default="any",
        help="whose words go on to it: anybody's (default), or those of enrolled people, named at least so surely",
    )
    limits = parser.add_argument_group("limits")
    limits.add_argument("--max-body-mb", type=int, default=64, metavar="N", help="of a request, in MiB (default 64)")
    limits.add_argument("--max-audio-s", type=float, default=1800, metavar="S", help="of an upload (default 1800)")
    limits.add_argument("--max-streams", type=int, default=16, metavar="N", help="live at once (default 16)")
    limits.add_argument("--rate", type=float, default=50, metavar="N", help="requests/s; 0: any")
    return parser
