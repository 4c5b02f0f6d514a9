"""The comparison of speeds runs and says what it measured; how fast is not tested."""

from __future__ import annotations

import torch

from app.benchmarks.networks import compare_networks


def test_compares_the_networks_in_one_run():
    threads = torch.get_num_threads()
    rows = {row.name: row for row in compare_networks(window_s=0.5, repeats=3)}
    assert torch.get_num_threads() == threads
    assert [name for name in rows if name != "SpeechBrain"] == [
        *("full size, as trained", "full size, in torch", "embedded, as trained", "embedded, in torch"),
        *("embedded", "embedded-int8", "large"),
    ]
    assert all(row.median_ms > 0 for row in rows.values())
    assert rows["full size, in torch"].parameters == 20_767_552 > rows["embedded"].parameters
    if "SpeechBrain" in rows:
        assert rows["SpeechBrain"].times_speechbrain == 1
        assert all("x SpeechBrain" in str(row) for row in rows.values())
    else:
        assert all(row.times_speechbrain is None for row in rows.values())
