"""The kinds of input that are damaged, and how large a part of the tries each gets."""

from __future__ import annotations

from tests.torture.inputs import containers, database, journals, lists, models, requests, settings, sound

SUBJECTS = {
    **dict.fromkeys(sound.SUBJECTS, 40),
    **dict.fromkeys(containers.SUBJECTS, 40),
    **dict.fromkeys(models.SUBJECTS, 10),
    **dict.fromkeys(lists.SUBJECTS, 8),
    **dict.fromkeys(journals.SUBJECTS, 8),
    **dict.fromkeys(database.SUBJECTS, 15),
    **dict.fromkeys(settings.SUBJECTS, 6),
    **dict.fromkeys(requests.SUBJECTS, 15),
}
"""Subject -> its part."""


def warm_up() -> None:
    """Load what is slow, or large, once for a process."""
    models.small_model()
    models.encoder()
