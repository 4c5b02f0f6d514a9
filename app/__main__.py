"""``python -m app VERB ...``: one verb, one file in ``app/cli/``."""

from app.cli.program.heard import main

if __name__ == "__main__":
    main()
