"""A data folder with the demo's people, enrolled as ``build_voiceprint.py --from`` does it."""

from __future__ import annotations

from pathlib import Path

from app.enrolment.build import build_person
from app.enrolment.import_folder import files_by_person, import_person
from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import samples_of
from app.voiceprints.store import VoiceprintStore


def enrol_demo(data: Path, encoder, demo_dir: Path) -> Path:
    """Enrol the demo's three people in ``data``, which is given back."""
    with VoiceprintStore(data) as store:
        for name, files in files_by_person(demo_dir / "enrolment").items():
            with PendingSamples(data, name) as pending:
                import_person(pending, files)
                pending.commit(store)
            assert build_person(store, encoder, name, samples_of(data, name), print)
    return data
