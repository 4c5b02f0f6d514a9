"""Pictures of one recording: what the network hears of it, and which moments it goes by."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from app.evaluation.plots.style import COLOURS, HEAT, MARK, new_figure, save
from utils import SAMPLE_RATE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from model import SpeakerNetwork

COEFFICIENTS = 20
LONGEST_S = 60.0
"""More sound than this cannot be read in one picture."""
TICKS_HZ = (100, 300, 1000, 2000, 4000, 8000)


def log_mel(samples: np.ndarray, network: SpeakerNetwork) -> np.ndarray:
    """What the network is given of ``samples`` (n,): (mels, T) in dB around each band's mean, a column every 10 ms."""
    import torch

    with torch.inference_mode():
        return network.front(torch.from_numpy(samples)[None])[0].numpy()


def mfcc(features: np.ndarray, count: int = COEFFICIENTS) -> np.ndarray:
    """The first ``count`` cepstral coefficients (count, T) of log-mel ``features`` (mels, T): their orthonormal DCT-II.

    (Davis and Mermelstein 1980.) The features have no mean over time, and so neither have these.
    """
    from scipy.fft import dct

    return dct(features, type=2, norm="ortho", axis=0)[:count]


def attention(samples: np.ndarray, network: SpeakerNetwork) -> np.ndarray:
    """How much each moment of ``samples`` (n,) counts in the pooling, (channels, steps): 1 is as much as any other.

    A row is one channel's softmax over time, multiplied by the number of steps.
    """
    import torch

    with torch.inference_mode():
        frames = network.backbone.frames(network.front(torch.from_numpy(samples)[None]))
        return (network.backbone.asp.attention(frames)[0] * frames.shape[2]).numpy()


def draw_features(samples: np.ndarray, network: SpeakerNetwork, out: str | os.PathLike, title: str = "") -> None:
    """Draw ``samples`` (n,), the log-mel features that the network is given, and their MFCCs."""
    features = log_mel(samples, network)
    figure = new_figure(10, 7.5)
    top, middle, bottom = figure.subplots(3, sharex=True, height_ratios=[1, 2, 1.6])
    _waveform(top, samples)
    top.set_title(title)
    _heat(figure, middle, features, len(samples), "dB around the band's mean")
    mel_axis(middle, len(features))
    coefficients = mfcc(features)
    # Each by its own spread: the first would leave one colour for all others.
    spread = np.maximum(coefficients.std(axis=1, keepdims=True), 1e-6)
    _heat(figure, bottom, coefficients / spread, len(samples), "standard deviations")
    bottom.set(ylabel="MFCC", xlabel="time, s")
    bottom.set_yticks(np.arange(0, len(coefficients), 5) + 0.5, [str(i) for i in range(0, len(coefficients), 5)])
    save(figure, out)


def draw_attention(
    samples: np.ndarray, network: SpeakerNetwork, speech: np.ndarray, out: str | os.PathLike, title: str = ""
) -> None:
    """Draw the log-mel features of ``samples`` (n,) and, on the same time axis, how much each moment counts.

    ``speech``: (k, 2) seconds, beginnings and ends of speech, which are marked.
    """
    weights = attention(samples, network)
    figure = new_figure(10, 6)
    top, bottom = figure.subplots(2, sharex=True, height_ratios=[1.3, 1])
    features = log_mel(samples, network)
    _heat(figure, top, features, len(samples), "dB around the band's mean")
    mel_axis(top, len(features))
    top.set_title(title)
    seconds = len(samples) / SAMPLE_RATE
    time_s = (np.arange(weights.shape[1]) + 0.5) * seconds / weights.shape[1]
    for i, (start_s, end_s) in enumerate(speech):
        bottom.axvspan(start_s, end_s, ymax=0.035, color=COLOURS[2], label="speech, as detected" if i == 0 else None)
    low, high = np.quantile(weights, (0.1, 0.9), axis=0)
    bottom.fill_between(time_s, low, high, color=COLOURS[4], alpha=0.4, lw=0, label="10 to 90 % of the channels")
    bottom.plot(time_s, weights.mean(axis=0), color=COLOURS[0], lw=1.4, label="mean of the channels")
    bottom.axhline(1, color=MARK, lw=0.9, ls="--", label="all moments alike")
    bottom.set(xlim=(0, seconds), ylim=(0, None), xlabel="time, s", ylabel="attention, 1 = average")
    figure.legend(loc="outside lower left", ncols=4)
    save(figure, out)


def speech_parts(samples: np.ndarray) -> np.ndarray:
    """(k, 2) seconds, beginnings and ends of the speech in ``samples`` (n,)."""
    from app.audio.vad import CHUNK_S, SPEECH, SpeechDetector

    speech = np.concatenate([[False], SpeechDetector().process(samples) >= SPEECH, [False]])
    return np.flatnonzero(speech[1:] != speech[:-1]).reshape(-1, 2) * CHUNK_S


def _waveform(axes: Axes, samples: np.ndarray, points: int = 2000) -> None:
    """The lowest and the highest sample of each of ``points`` stretches: a peak is not lost between two pixels."""
    stretches = np.array_split(samples, min(points, len(samples)))
    low, high = np.array([(part.min(), part.max()) for part in stretches]).T
    time_s = (np.arange(len(stretches)) + 0.5) * len(samples) / SAMPLE_RATE / len(stretches)
    axes.fill_between(time_s, low, high, color=COLOURS[0], lw=0.4)
    peak = max(float(np.abs(samples).max()), 1e-3)
    axes.set(ylabel="amplitude", ylim=(-1.05 * peak, 1.05 * peak), xlim=(0, len(samples) / SAMPLE_RATE))


def _heat(figure: Figure, axes: Axes, values: np.ndarray, samples: int, label: str) -> None:
    """Rows from below to above over the time of so many ``samples``; extreme values, 1 %, share the last colours."""
    low, high = np.quantile(values, (0.005, 0.995))
    extent = (0, samples / SAMPLE_RATE, 0, len(values))
    image = axes.imshow(
        values, origin="lower", aspect="auto", extent=extent, cmap=HEAT, vmin=low, vmax=high, interpolation="nearest"
    )
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label=label, pad=0.01)


def mel_axis(axes: Axes, mels: int) -> None:
    """Mel bands named by their frequencies: the centres of the triangles of ``model.LogMel``."""
    mel_of = 2595 * np.log10(1 + np.array(TICKS_HZ) / 700)
    bands = mel_of / (2595 * np.log10(1 + SAMPLE_RATE / 2 / 700)) * (mels + 1) - 0.5
    axes.set_yticks(bands.clip(0, mels), [f"{hz / 1000:g}" for hz in TICKS_HZ])
    axes.set_ylabel(f"{mels} mel bands, kHz")
