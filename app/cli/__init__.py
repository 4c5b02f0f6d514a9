"""``heard VERB``, in a clone ``python -m app VERB``: one verb, one file of this folder."""

VERBS = {
    "live": "app.cli.program.live",
    "record": "app.cli.program.record",
    "build": "app.cli.program.build",
    "benchmarks": "app.cli.benchmarks",
    "cut": "app.cli.recordings.cut",
    "devices": "app.cli.devices",
    "evaluate": "app.cli.evaluate",
    "export": "app.cli.export",
    "extract": "app.cli.extract",
    "gate": "app.cli.recordings.gate",
    "label": "app.cli.recordings.label",
    "plot": "app.cli.plot",
    "serve": "app.cli.serve",
    "train": "app.cli.train",
    "verify": "app.cli.verify",
    "voices": "app.cli.people",
    "where": "app.cli.program.where",
    "forget-everything": "app.cli.program.forget",
    "completion": "app.cli.program.completion",
}
"""Verb -> the module whose ``run(argv)`` obeys it; imported when the verb is asked for."""
