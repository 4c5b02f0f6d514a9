"""``python -m app plot KIND``: pictures of embeddings, of a recording, and of scores."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.audio.reading.reader import audio_duration_s, read_audio
from app.cli.options import add_model_option, add_one_channel_option
from app.cli.program.examples import examples
from app.cli.progress import print_left_out, progress_bar
from app.evaluation.plots.style import FORMATS, require_plotting
from app.outputs import Named, check_outputs, model_inputs
from utils import BadInput


def run(argv: list[str]) -> int:
    """Draw one kind of picture into a file."""
    options = _parse(argv)
    check_outputs([("--out", out) for out in options.out], _inputs(options))
    for out in options.out:
        require_plotting(out, (*FORMATS, ".html") if options.kind == "tsne" else FORMATS)
    KINDS[options.kind](options)
    print(f"written: {', '.join(map(str, options.out))}", file=sys.stderr)
    return 0


def _inputs(options: argparse.Namespace) -> list[Named]:
    """Everything that is read, by what the command line calls it."""
    if options.kind == "tsne":
        source = Path(options.source)
        own = [
            ("DIR|CSV", source),
            *(("DIR,", source / name) for name in ("embeddings.npy", "labels.npy", "index.csv")),
        ]
    elif options.kind in ("attention", "features"):
        own = [("FILE", options.file)]
    else:
        scores = options.scores if isinstance(options.scores, list) else [options.scores]
        own = [("SCORES", path) for path in scores]
    return [*own, *model_inputs(getattr(options, "model", None))]


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app plot", description=__doc__, **examples("plot"))
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="{tsne,attention,features,det,scores}")

    def add(name: str, text: str, out: str = ".png, .svg or .pdf") -> argparse.ArgumentParser:
        kind = kinds.add_parser(name, help=text, description=text)
        many = {"nargs": "+"} if name == "tsne" else {}
        kind.add_argument("--out", metavar="OUT", required=True, help=f"the picture: {out}", **many)
        return kind

    tsne = add("tsne", "embeddings by speaker, in two dimensions", ".png, .svg, .pdf or .html, which can be explored")
    tsne.add_argument(
        "source", metavar="DIR|CSV", help="what extract wrote, a table of clips, or a folder with one a person"
    )
    tsne.add_argument("--audio-root", metavar="DIR", help="of a table: where the files are (default: beside it)")
    tsne.add_argument(
        "--most", type=int, default=5000, metavar="N", help="of more than N embeddings, draw N (default 5000)"
    )
    add_model_option(tsne)
    for name, text in (
        ("attention", "which moments of a recording the network goes by, under its log-mel features"),
        ("features", "waveform, log-mel features and MFCCs of a recording"),
    ):
        kind = add(name, text)
        kind.add_argument("file", metavar="FILE", help="an audio file")
        kind.add_argument("--start-s", type=float, default=0.0, metavar="S", help="begin there (default 0)")
        kind.add_argument("--end-s", type=float, metavar="S", help="end there (default: the end, at most 60 s)")
        add_one_channel_option(kind, "the file")
        add_model_option(kind)
    det = add("det", "detection error trade-off, a curve for each file of scores")
    det.add_argument("scores", nargs="+", metavar="SCORES", help="files that evaluate --scores wrote")
    det.add_argument("--threshold", type=float, metavar="T", help="mark this score on the curves")
    scores = add("scores", "histograms of the scores of same-speaker and different-speaker trials")
    scores.add_argument("scores", metavar="SCORES", help="a file that evaluate --scores wrote")
    scores.add_argument("--threshold", type=float, metavar="T", help="draw this one (default: the model's)")
    add_model_option(scores)
    options = parser.parse_args(argv)
    options.out = [Path(out) for out in (options.out if isinstance(options.out, list) else [options.out])]
    return options


def _tsne(options: argparse.Namespace) -> None:
    from app.evaluation.plots.embeddings import Embeddings, read_extracted
    from app.evaluation.plots.tsne import draw_tsne, project, write_page

    source = Path(options.source)
    if (source / "embeddings.npy").is_file():
        embeddings = read_extracted(source)
    else:
        from app.corpus.left_out import LeftOut
        from app.embedding.load import load_encoder
        from app.evaluation.pairs import embed_clips
        from app.evaluation.usable_clips import usable_clips

        left_out: list[LeftOut] = []
        clips = usable_clips(source, options.audio_root, left_out)
        print_left_out(left_out, "clips")
        vectors = embed_clips(clips, load_encoder(options.model).embed, progress=progress_bar("embedding"))
        embeddings = Embeddings(vectors, [clip.speaker for clip in clips], [Path(clip.path).name for clip in clips])
    shown = embeddings.sample(options.most)
    people = len(set(shown.speakers))
    drawn = f"{len(shown)}" if len(shown) == len(embeddings) else f"{len(shown)} of {len(embeddings)}"
    title = f"{drawn} embeddings of {people} speakers, t-SNE"
    points = project(shown.vectors)
    for out in options.out:
        if out.suffix.lower() == ".html":
            write_page(points, shown.speakers, shown.files, out, title)
        else:
            draw_tsne(points, shown.speakers, out, title)


def _sound(options: argparse.Namespace):
    """The samples asked for, the network, and a title."""
    from app.embedding.model_files import load_network
    from app.evaluation.plots.sound import LONGEST_S

    start, whole = options.start_s, audio_duration_s(options.file)
    end = whole if options.end_s is None else min(options.end_s, whole)
    if not 0 <= start < whole or end - start < 0.1:
        raise BadInput(f"{options.file}: {whole:.1f} s long; --start-s and --end-s leave less than 0.1 s of it.")
    if end - start > LONGEST_S:
        end = start + LONGEST_S
        print(f"only {start:g} to {end:g} s are drawn; --start-s and --end-s choose.", file=sys.stderr)
    part = "" if (start, end) == (0, whole) else f", {start:g} to {end:.4g} s"
    network, _ = load_network(options.model)
    return (
        read_audio(options.file, start_s=start, end_s=end, channel=options.channel),
        network,
        f"{Path(options.file).name}{part}",
    )


def _attention(options: argparse.Namespace) -> None:
    from app.evaluation.plots.sound import draw_attention, speech_parts

    samples, network, title = _sound(options)
    draw_attention(samples, network, speech_parts(samples), options.out[0], title)


def _features(options: argparse.Namespace) -> None:
    from app.evaluation.plots.sound import draw_features

    samples, network, title = _sound(options)
    draw_features(samples, network, options.out[0], title)


def _det(options: argparse.Namespace) -> None:
    from app.evaluation.plots.det import draw_det
    from app.evaluation.trial_scores import read_scores

    names = [Path(path).stem for path in options.scores]
    if len(set(names)) < len(names):  # the same name in several folders
        names = options.scores
    draw_det(
        {name: read_scores(path) for name, path in zip(names, options.scores, strict=True)},
        options.out[0],
        options.threshold,
    )


def _scores(options: argparse.Namespace) -> None:
    from app.embedding.load import load_encoder
    from app.evaluation.plots.scores import draw_scores
    from app.evaluation.trial_scores import read_scores

    targets, nontargets = read_scores(options.scores)
    threshold = options.threshold if options.threshold is not None else load_encoder(options.model).rule().threshold
    draw_scores(targets, nontargets, options.out[0], threshold)


KINDS = {"tsne": _tsne, "attention": _attention, "features": _features, "det": _det, "scores": _scores}
