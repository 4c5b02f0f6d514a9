"""What every part of Heard shares: errors, paths and files, WAV out, resampling, the mel scale.

This file imports nothing of ``app/`` and nothing heavy: soundfile and soxr are loaded when they are used.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import functools
import hashlib
import io
import json
import os
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

SAMPLE_RATE = 16_000
"""The rate of all sound inside the program, in Hz."""

ROOT = Path(__file__).resolve().parent
BUNDLED = ROOT / "data"
"""What ships with the program: ``models/`` and ``demo/``. Never written to at run time."""

_SOUND = (
    ".wav .wave .bwf .rf64 .w64 .flac .aif .aiff .aifc .au .snd .caf .sph .nist .voc .mp3 .mp2 .mpga .ogg .oga .ogx"
    " .opus .spx .m4a .m4b .aac .ac3 .wma .amr .awb .ape .tta .wv .mka .weba"
)
_VIDEO = ".mp4 .m4v .mov .3gp .3g2 .mkv .webm .avi .wmv .asf .flv .ogv .mpg .mpeg .mts .m2ts"
AUDIO_SUFFIXES = frozenset(f"{_SOUND} {_VIDEO}".split())
"""Files with these endings are looked for in folders: sound, and videos with sound."""
UNREADABLE_SUFFIXES = frozenset({".raw", ".pcm", ".ra", ".rm", ".rmvb", ".dss", ".ds2", ".mid", ".midi", ".vox"})
"""Files with these look like sound, but are not read: raw samples without a rate, and what nobody decodes."""


class HeardError(Exception):
    """Something could not be done. The message is one line for the user and says what to do."""

    exit_code = 1


class BadInput(HeardError):
    """The user gave something unusable (a file, a name, an option)."""

    exit_code = 2


EXTRA_OF = {
    "torch": "torch",
    "msgspec": "train",
    "matplotlib": "plot",
    "sklearn": "plot",
    "ray": "ray",
    "fastapi": "server",
    "uvicorn": "server",
    "websockets": "server",
    "paho": "mqtt",
    "wyoming": "wyoming",
    "cryptography": "sealed",
    "keyring": "sealed",
    "sqlcipher3": "sealed",
    "psutil": "benchmarks",
    "speechbrain": "benchmarks",
    "faiss": "benchmarks",
}
"""A module that may be missing -> the extra of pyproject.toml that brings it, should nobody have asked before."""


def missing_extra(what: str, packages: str, extra: str | None) -> HeardError:
    """The error of something that needs packages which are not installed: ``what`` needs ``packages``, and the command
    that brings them is that of the extra of pyproject.toml."""
    return HeardError(f"{what} needs {packages}: {install_command(extra)}")


def is_clone() -> bool:
    """Whether the program runs from a clone of its repository, and not as an installed package."""
    return (ROOT / "pyproject.toml").is_file()


def is_bundle() -> bool:
    """Whether the program is the bundled app, to which nothing can be added and which has no laboratory."""
    return bool(getattr(sys, "frozen", False))


def install_command(extra: str | None) -> str:
    """The command that installs an extra where this program runs: in a clone, a package, pipx's, or nowhere.

    None: the package itself, which has more than the bundled app.
    """
    if is_bundle():
        return f'the bundled app comes without; in a clone: pipx install ".{f"[{extra}]" if extra else ""}"'
    if (Path(sys.prefix) / "pipx_metadata.json").is_file():
        return f'pipx runpip heard install "heard[{extra}]"'
    pip = "pip"
    if sys.prefix != (os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")):  # "pip" may be another's
        python = Path(sys.executable)
        with contextlib.suppress(ValueError):
            python = python.relative_to(Path.cwd())
        pip = f"{python} -m pip" if " " not in str(python) else f'"{python}" -m pip'
    if not is_clone():
        return f'{pip} install "heard[{extra}]"'
    here = Path.cwd() == ROOT  # pip looks for the groups in the folder where it is started
    return f"{pip} install --group {extra}" if here else f'{pip} install --group "{ROOT / "pyproject.toml"}:{extra}"'


# ---------------------------------------------------------------------------- command lines


def run_cli(main: Callable[[], int | None]) -> None:
    """Run ``main`` and leave the process: a user's mistake ends in one line on stderr, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):  # a terminal in another encoding must not stop us at a name it cannot show
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")
    try:
        code = main() or 0
    except HeardError as error:
        print(f"heard: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        print(file=sys.stderr)
        code = 130
    except BrokenPipeError:  # "... | head": the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except ModuleNotFoundError as error:
        extra = EXTRA_OF.get(str(error.name).partition(".")[0])
        if extra is None and not is_bundle():
            raise
        print(f"heard: {missing_extra('this', str(error.name), extra)}", file=sys.stderr)
        code = 1
    except OSError as error:
        print(f"heard: {explain_os_error(error)}", file=sys.stderr)
        code = 1
    _leave(code)


_stuck: list[Callable[[], bool]] = []


def leave_at_once_if(stuck: Callable[[], bool]) -> Callable[[], bool]:
    """Have ``run_cli`` end the process without taking Python down if ``stuck()``: a daemon thread is inside a call of
    the system that may never return. Everything is saved by then, and what was registered with atexit is called."""
    _stuck.append(stuck)
    return stuck


def _leave(code: int) -> None:
    if any(stuck() for stuck in _stuck):
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError, OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def explain_os_error(error: OSError) -> str:
    """One line for a file system error, with what to do about the common ones."""
    where = f" ({error.filename})" if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"the disk is full{where}: free some space and try again; what was saved before is intact."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"no permission to write or read{where}: choose another folder with --data DIR."
        case _:
            return f"{error.strerror or error}{where}."


def percent(share: float | None, digits: int = 1, *, space: str = "", least: float = 0.0) -> str:
    """A share, 0 to 1, in percent for people: "3.2%"; "-" where there is no figure.

    ``space`` stands before the sign. A share below ``least`` is shown as less than that: "< 1%".
    """
    if share is None:
        return "-"
    text = f"{max(share, least):.{digits}%}".replace("%", f"{space}%")
    return f"< {text}" if share < least else text


def first_line(error: Exception) -> str:
    """The first line of an error's message, at most 200 characters; its type if it has no message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


# ---------------------------------------------------------------------------- paths and files


def data_dir(override: str | os.PathLike | None = None) -> Path:
    """The user's data folder: ``override`` (``--data``), else ``$HEARD_DATA``, else ``data/`` of the clone, or for an
    installed program the folder where the platform keeps such data (``~/.local/share/heard`` on Linux)."""
    return Path(override or os.environ.get("HEARD_DATA") or _own_data_dir()).expanduser().resolve()


@functools.cache
def _own_data_dir() -> Path:
    if is_clone():
        return BUNDLED
    from platformdirs import user_data_path

    return user_data_path("heard", appauthor=False)


def slug(name: str) -> str:
    """A folder name for a person's name: safe on every file system, never a path, distinct for distinct names."""
    name = stored_name(name)
    kept = "".join(c if c.isalnum() and c.isascii() else "-" for c in unicodedata.normalize("NFKD", name).lower())
    kept = "-".join(part for part in kept.split("-") if part)[:40]
    return f"{kept or 'person'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def stored_name(name: str) -> str:
    """The name as somebody who is there already has it: clean or, of an old or damaged database, as it is."""
    try:
        return clean_name(name)
    except BadInput:
        return name


def clean_name(name: str) -> str:
    """The name as it is stored: NFC, outer and repeated white space removed.

    Raises BadInput if nothing is left, or if it is longer than 120 characters or holds control characters.
    """
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in name):
        raise BadInput("a name cannot hold line breaks or control characters.")
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name:
        raise BadInput("a name cannot be empty.")
    if len(name) > 120:
        raise BadInput(f"a name can have 120 characters; this one has {len(name)}.")
    return name


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike, *, public: bool = False) -> Iterator[BinaryIO]:
    """A binary file to write that appears at ``path`` whole or not at all, whatever happens in between.

    Readable by its owner alone (mode 0600): most of what is written here tells of people. ``public``: with the usual
    permissions of a new file, for models and what ships with the program.
    """
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():  # /dev/stdout, a pipe: never replaced by a file
        with open(path, "wb") as file:
            yield file
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if public and os.name == "posix":
            os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def make_private_dir(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone; one that is there becomes so.

    The folder of another user is left as it is. Raises OSError if it cannot be made.
    """
    if not path.is_dir():
        for missing in [*reversed([folder for folder in path.parents if not folder.exists()]), path]:
            missing.mkdir(mode=0o700, exist_ok=True)
    elif os.name == "posix" and path.stat().st_mode & 0o077:
        with contextlib.suppress(OSError):
            path.chmod(0o700)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def file_sha256(path: str | os.PathLike) -> str:
    """The SHA-256 of a file's bytes, in lower-case hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_card(path: str | os.PathLike) -> dict:
    """The JSON card of the model file at ``path`` (same stem). Raises BadInput without one, HeardError if damaged."""
    card = Path(path).with_suffix(".json")
    try:
        found = read_json(card)
    except FileNotFoundError:
        raise BadInput(f"{card}: the model's card is missing; it belongs beside the weights.") from None
    except ValueError:
        raise HeardError(f"{card}: not a readable model card.") from None
    if not isinstance(found, dict):
        raise HeardError(f"{card}: not a readable model card.")
    return found


def read_json(path: str | os.PathLike, most_bytes: int = 16 << 20) -> object:
    """What a JSON file in UTF-8 holds. Raises ValueError for one that is damaged, too long or nested too deep, OSError
    for one that cannot be read."""
    with open(path, "rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError("too long")
    return parse_json(data)


def parse_json(data: bytes) -> object:
    """What JSON in UTF-8, with a mark (BOM) or not, says. Raises ValueError for what is damaged or nested too deep."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("nested too deep") from None


def write_card(path: str | os.PathLike, card: dict) -> None:
    """Write the JSON card of the model file at ``path`` (same stem), atomically."""
    with atomic_write(Path(path).with_suffix(".json"), public=True) as file:
        file.write((json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode())


# ---------------------------------------------------------------------------- audio files


def write_wav(path: str | os.PathLike, samples: np.ndarray, rate: int = SAMPLE_RATE) -> None:
    """Write mono float samples (n,) as 16-bit PCM WAV, atomically, for its owner alone."""
    # Encoded in memory: an error of the disk inside libsndfile's callbacks would be printed, not raised.
    with atomic_write(path) as file:
        file.write(wav_bytes(samples, rate))


def wav_bytes(samples: np.ndarray, rate: int = SAMPLE_RATE) -> bytes:
    """Mono float samples (n,) as a 16-bit PCM WAV file's bytes: softer, not clipped, if they exceed full scale."""
    import soundfile

    wav = io.BytesIO()
    peak = float(np.abs(samples).max(initial=1.0))
    soundfile.write(wav, samples / np.float32(peak) if peak > 1 else samples, rate, format="WAV", subtype="PCM_16")
    return wav.getvalue()


def resample(samples: np.ndarray, from_rate: int, to_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Resample a whole signal (n,) with a linear-phase band-limited filter (libsoxr, high quality)."""
    if from_rate == to_rate:
        return samples
    import soxr

    return soxr.resample(samples, from_rate, to_rate).astype(np.float32, copy=False)


class StreamResampler:
    """Resamples a stream of blocks (n,) as ``resample`` does a whole signal: no clicks at their borders.

    The filter looks ahead, so a few milliseconds come out with the next block; ``last=True`` flushes them.
    """

    def __init__(self, from_rate: int, to_rate: int = SAMPLE_RATE):
        self.from_rate, self.to_rate = from_rate, to_rate
        self._stream = None
        if from_rate != to_rate:
            import soxr

            self._stream = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality="HQ")

    def __call__(self, samples: np.ndarray, *, last: bool = False) -> np.ndarray:
        if self._stream is None:
            return samples
        return self._stream.resample_chunk(np.ascontiguousarray(samples, dtype=np.float32), last=last)


# ---------------------------------------------------------------------------- the mel scale


def mel_edges_hz(bands: int, lowest_hz: float = 0.0, highest_hz: float = SAMPLE_RATE / 2) -> np.ndarray:
    """(bands + 2,) frequencies, equally far apart on the mel scale of HTK, 2595 log10(1 + f / 700).

    Band k is centred at number k + 1 and reaches to its neighbours.
    """
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (lowest_hz, highest_hz))
    return 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)


def mel_filters(bands: int, n_fft: int) -> np.ndarray:
    """(bands, n_fft // 2 + 1) weights of a power spectrum's bins at 16 kHz: triangles of unit height over 0-8000 Hz.

    They are symmetric in Hz, as wide on the right as on the left: what the public checkpoint was trained on.
    """
    edges = mel_edges_hz(bands)
    centre, width = edges[1:-1, None], (edges[1:-1] - edges[:-2])[:, None]
    bins = np.linspace(0, SAMPLE_RATE // 2, n_fft // 2 + 1)
    return np.maximum(1 - np.abs(bins - centre) / width, 0)
