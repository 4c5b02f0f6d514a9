"""The engine's answer as JSON."""

from __future__ import annotations

from app.scoring.identification import Identification


def test_the_channel_is_in_json_only_where_there_are_several():
    alone = Identification(1.0, "Ana", "Ana", 0.9).as_json()
    assert not {"channel", "side"} & set(alone)
    remote = Identification(1.0, "Ana", "Ana", 0.9, channel=2, side="remote").as_json()
    assert (remote["channel"], remote["side"]) == (2, "remote")
    assert set(remote) - set(alone) == {"channel", "side"}
