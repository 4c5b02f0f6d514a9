"""Programs for those who work on Heard: the set-up behind the Makefile, and what makes the bundled demo."""
