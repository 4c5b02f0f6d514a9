"""What is said of a person's voice: by all of their speech, and nothing where there is a doubt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.enrolment.build import gallery_from_folder
from app.enrolment.pooled_gender import sure_genders
from app.scoring.gallery import Gallery


class Said:
    """An encoder that says what the first number of an embedding is."""

    @staticmethod
    def gender(embedding: np.ndarray) -> tuple[str | None, float]:
        female = float(embedding[0])
        sure = max(female, 1 - female)
        return (None if sure < 0.8 else "female" if female > 0.5 else "male"), sure


@pytest.mark.parametrize(
    ("female", "said"),
    [(0.999, "female"), (0.99, "female"), (0.989, None), (0.6, None), (0.011, None), (0.01, "male"), (0.0, "male")],
)
def test_only_what_is_all_but_sure_is_said(female, said):
    gallery = Gallery(("Ana",), np.array([[female, np.sqrt(1 - female**2)]], np.float64))
    assert sure_genders(Said, gallery).get("Ana") == said


def test_of_the_demos_people_nothing_is_said_but_what_is_sure(encoder, demo_dir: Path):
    gallery = gallery_from_folder(demo_dir / "enrolment", encoder)
    found = sure_genders(encoder, gallery)
    for name, vector in zip(gallery.names, gallery.vectors, strict=True):
        gender, probability = encoder.gender(vector)
        assert found.get(name) == (gender if probability >= 0.99 else None)
