"""The public network alone, in ONNX Runtime: SpeechBrain's file as it is, without PyTorch."""

from __future__ import annotations

from functools import partial

from app.embedding.ecapa_onnx import build_onnx
from app.embedding.large import PUBLIC_CARD, public_card, public_cohort
from app.embedding.model_files import ModelFile, speechbrain_card
from app.embedding.onnx_encoder import OnnxEncoder
from app.embedding.overlap_head import load_head
from app.embedding.speechbrain_file import ARCHITECTURE, read_speechbrain
from app.scoring.channel_file import load_channel
from utils import file_sha256


def public_encoder(file: ModelFile) -> OnnxEncoder:
    """The encoder of a SpeechBrain checkpoint, with what was measured of it if it is the public one.

    Raises HeardError for a file that is damaged, or is something else.
    """
    tensors, sha256 = read_speechbrain(file.path), file_sha256(file.path)
    card, heads = speechbrain_card(file.model_id, dict(ARCHITECTURE), sha256), {}
    if (measured := public_card(sha256)) is not None:
        card, heads = card | measured, {"cohort": public_cohort()}
    graph = partial(build_onnx, tensors, ARCHITECTURE)
    return OnnxEncoder(
        graph(),
        card,
        heads,
        batches=partial(graph, batches=True),
        mels=ARCHITECTURE["mels"],
        channel=load_channel(PUBLIC_CARD, sha256),
        overlap=load_head(file.path, sha256),
        where=str(file.path),
    )
