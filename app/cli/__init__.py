"""``python -m app VERB``: one verb, one file of this folder."""

VERBS = {
    "benchmarks": "app.cli.benchmarks",
    "devices": "app.cli.devices",
    "evaluate": "app.cli.evaluate",
    "export": "app.cli.export",
    "extract": "app.cli.extract",
    "plot": "app.cli.plot",
    "serve": "app.cli.serve",
    "train": "app.cli.train",
    "verify": "app.cli.verify",
    "voices": "app.cli.people",
}
"""Verb -> the module whose ``run(argv)`` obeys it; imported when the verb is asked for."""
