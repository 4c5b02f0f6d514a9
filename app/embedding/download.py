"""Files of public repositories on the Hugging Face Hub, fetched once and kept on this disk.

A file is known by its revision and SHA-256 before it is asked for, a broken download is continued where it stopped, and
once the file is here nothing is sent or asked over a network.

The cache is ``$HEARD_CACHE``, else the user's cache folder: ``~/.cache/heard`` (``$XDG_CACHE_HOME`` is respected),
``~/Library/Caches/heard`` on macOS, ``%LOCALAPPDATA%\\heard`` on Windows. It holds plain files, no links. platformdirs
names other folders (it follows ``$XDG_CACHE_HOME`` on macOS): models in today's caches would be downloaded again.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from utils import HeardError, explain_os_error, file_sha256, first_line

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all) while a model is downloaded. An exception it raises ends the download and
reaches the caller; what has arrived is kept for the next time."""


@dataclass(frozen=True)
class HubFile:
    """One file of a public repository on the Hugging Face Hub, as it was at one revision."""

    repo: str
    revision: str
    name: str
    size_bytes: int
    sha256: str


def cache_dir() -> Path:
    """Where downloaded models are kept; see the top of this file."""
    if chosen := os.environ.get("HEARD_CACHE"):
        return Path(chosen).expanduser().resolve()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "heard"


def cached_path(file: HubFile) -> Path:
    """Where a file is kept, whether it is there or not."""
    return cache_dir() / file.repo.replace("/", "--") / file.revision[:12] / file.name


def fetch(file: HubFile, progress: Progress | None = None) -> Path:
    """The file in the cache, downloaded if it is not there or no longer what it was. Raises HeardError."""
    path = cached_path(file)
    part = path.with_name(f"{file.name}.part")
    try:
        if _is_intact(path, file):
            return path
        from huggingface_hub.utils import WeakFileLock

        path.parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(path.with_name(f"{file.name}.lock")):  # a second process waits, and then finds the file
            if not _is_intact(path, file):
                _download(file, part, progress)
                if not _is_intact(part, file):
                    part.unlink()
                    raise HeardError(
                        f"{file.repo}: what came is not the known {file.name} (its SHA-256 differs) and was removed; "
                        "check the network for something that alters downloads, or use --model embedded."
                    )
                os.replace(part, path)
    except OSError as error:
        raise explained(error) from None
    return path


def explained(error: OSError) -> HeardError:
    """What to do about a cache that cannot be written."""
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return HeardError(f"{cache_dir()}: no permission to write here; set HEARD_CACHE to a folder.")
    return HeardError(explain_os_error(error))


def _is_intact(path: Path, file: HubFile) -> bool:
    return path.is_file() and path.stat().st_size == file.size_bytes and file_sha256(path) == file.sha256


# ---------------------------------------------------------------------------- the download

# Not hf_hub_download: in huggingface_hub 2.4 it throws away what had arrived when a download breaks, asks for a second
# address, and sends a description of the machine and any stored token along. All about the file is known beforehand, so
# one GET is enough, sent by huggingface_hub's own client: its endpoint, proxy and offline settings apply.


def _download(file: HubFile, part: Path, progress: Progress | None) -> None:
    """Append to ``part`` what it lacks of the file. A connection that breaks is taken up again while data comes."""
    from httpx2 import HTTPError
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    url = hf_hub_url(file.repo, file.name, revision=file.revision)
    advice = "connect to the internet once, or use --model embedded."
    with open(part, "ab") as out:
        while out.tell() < file.size_bytes:
            before = out.tell()
            try:
                _receive(url, out, file.size_bytes, progress)
                return
            except OfflineModeIsEnabled:
                raise HeardError(f"{file.repo} is not on this computer and HF_HUB_OFFLINE is set; {advice}") from None
            except HfHubHTTPError as error:
                status = error.response.status_code
                if status == 416:  # the hub's file ends before ours: the hash will say that it is another
                    return
                raise HeardError(f"{file.repo}: {url} answered {status}; try later, or use --model embedded.") from None
            except HTTPError as error:
                if out.tell() > before:
                    continue
                if before:
                    megabytes = f"{before / 1e6:.0f} of {file.size_bytes / 1e6:.0f} MB"
                    raise HeardError(
                        f"{file.repo}: the connection broke after {megabytes}; the next try continues there."
                    ) from None
                raise HeardError(f"{file.repo} is not on this computer ({first_line(error)}); {advice}") from None


def _receive(url: str, out: BinaryIO, size_bytes: int, progress: Progress | None) -> None:
    """One request for the file from where ``out`` ends, written as it comes."""
    from huggingface_hub import constants, get_session, hf_raise_for_status

    start = out.tell()
    headers = {"User-Agent": "heard", "Accept-Encoding": "identity"}  # compressed bytes cannot be continued
    if start:
        headers["Range"] = f"bytes={start}-"
    timeout_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=timeout_s) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:  # the whole file, asked for or not
            out.seek(0)
            out.truncate()
        for chunk in _chunks(response, size_bytes - out.tell()):
            out.write(chunk)
            if progress:
                progress(out.tell(), size_bytes)


def _chunks(response, wanted_bytes: int) -> Iterator[bytes]:
    """The body in chunks, ended by the one that goes beyond what is wanted: a wrong server cannot fill the disk."""
    for chunk in response.iter_bytes():
        yield chunk
        wanted_bytes -= len(chunk)
        if wanted_bytes < 0:
            return
