from __future__ import annotations

import numpy as np

from app.audio.reading.mono import mono


def test_channels_become_one_by_their_mean():
    stereo = np.array([[0.5, -0.5], [1.0, 0.5]], np.float32)
    assert mono(stereo).tolist() == [0.0, 0.75]
    assert mono(stereo).dtype == np.float32
    single = stereo[:, :1]
    assert np.array_equal(mono(single), single[:, 0])
    assert np.shares_memory(mono(single), single)
