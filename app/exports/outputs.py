"""The exports that a command line asks for: ``--export OUT``, once for each, "-" for standard output."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from app.exports.document import Document
from app.exports.formats import format_named, write_export
from app.outputs import STANDARD, Named
from utils import BadInput


@dataclass(frozen=True)
class ExportOptions:
    """Where a run's turns go, and how."""

    paths: tuple[Path, ...] = ()
    format: str | None = None
    """Name of the format of all; None goes by each one's ending."""
    merge_gaps: bool | None = None
    """Whether a speaker's turns with less than a second between them are one; None goes by the format."""

    @property
    def named(self) -> list[Named]:
        """The paths as ``check_outputs`` takes them."""
        return [("--export", path) for path in self.paths]

    @property
    def to_stdout(self) -> bool:
        return any(str(path) == STANDARD for path in self.paths)

    def check(self, *, taken: bool = False) -> None:
        """Raise BadInput for a format that there is not, and for standard output asked for twice, or ``taken``."""
        if self.format is not None and not self.paths:
            raise BadInput(f"--export-format {self.format}: name the file with --export, or --export - to print it.")
        if [str(path) for path in self.paths].count(STANDARD) + taken > 1:
            raise BadInput("--export -: standard output can hold one export, and no --jsonl beside it.")
        for path in self.paths:
            if str(path) == STANDARD and self.format is None:
                raise BadInput("--export -: say in which format, such as --export-format srt.")
            try:
                format_named(self.format, path)
            except BadInput as error:
                raise BadInput(f"{'--export-format' if self.format else '--export'} {error}") from None

    def write(self, document: Document, *, last: bool = True) -> None:
        """Write all; to standard output only the ``last`` time. Raises OSError."""
        for path in self.paths:
            if str(path) != STANDARD:
                write_export(path, document, self.format, merge_gaps=self.merge_gaps)
            elif last:
                content = format_named(self.format).encode(document, merge_gaps=self.merge_gaps)
                sys.stdout.flush()
                sys.stdout.buffer.write(content)
                sys.stdout.flush()
