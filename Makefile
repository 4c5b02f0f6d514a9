# Sets itself up and runs. Options for the program go into ARGS: make run ARGS="--device USB"

PYTHON ?= python3
ARGS ?=
VENV_PYTHON := .venv/bin/python
SET_UP = @command -v $(PYTHON) >/dev/null || { echo "heard: $(PYTHON) was not found: install Python 3.11 or newer." >&2; exit 1; }; \
	$(PYTHON) tools/setup.py

# Tests share the cores; those with a sound card or a browser go by the clock and have the machine to themselves.
PARALLEL = -n auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder
# What failed while others shared the cores has one more try, alone, and is named; who fails again fails the run.
ALONE = echo "heard: what failed, once more, alone:" && $(VENV_PYTHON) -m pytest --last-failed --last-failed-no-failures none \
	-m "not (device or browser or cluster)"

.PHONY: run test torture benchmarks figures figures-large lint demo-audio package bundle uninstall clean distclean

run:  ## start the app
	$(SET_UP) run
	@$(VENV_PYTHON) test.py $(ARGS)

test:  ## run the tests
	$(SET_UP) test
ifdef ARGS
	@$(VENV_PYTHON) -m pytest $(ARGS)
else
	@$(VENV_PYTHON) -m pytest $(PARALLEL) -m "not (device or browser or cluster)" || { test $$? -eq 1 && $(ALONE); }
	@$(VENV_PYTHON) -m pytest -m "device or browser"
endif

torture:  ## hours: damaged inputs and the like, with counts; ARGS="--count 500 damaged_inputs" for less
	$(SET_UP) test
	@nice -n 15 $(VENV_PYTHON) -m tests.torture $(ARGS)

benchmarks:  ## measure speed, start-up and memory
	$(SET_UP) test
	@$(VENV_PYTHON) -m app benchmarks $(ARGS)

SPEECH = $${HEARD_SPEECH:-../shared/speech}/dev.csv
EVALUATE = @$(VENV_PYTHON) -m app evaluate --record

figures:  ## measure the shipped models again, into their cards (HEARD_SPEECH: the folder with dev.csv)
	$(SET_UP) test
	@$(VENV_PYTHON) -m pip install -q --group teacher
	$(EVALUATE) --pairs "$(SPEECH)" --crop-s 0 3 1.5 --noisy --beside resemblyzer
	$(EVALUATE) --open-set "$(SPEECH)" --beside resemblyzer
	$(EVALUATE) --mismatch "$(SPEECH:.csv=-sessions.csv)" --conditions sessions
	$(EVALUATE) --pairs "$(SPEECH)" --crop-s 0 3 1.5 --model embedded-int8 --beside embedded
	@$(VENV_PYTHON) -m app train app/training/recipes/embedded.toml --aside

figures-large:  ## measure the large model, into its card (downloads the public network, once)
	$(SET_UP) test
	$(EVALUATE) --pairs "$(SPEECH)" --crop-s 0 3 1.5 --noisy --model large
	$(EVALUATE) --open-set "$(SPEECH)" --model large
	$(EVALUATE) --mismatch "$(SPEECH:.csv=-sessions.csv)" --conditions sessions --model large

lint:  ## check style
	$(SET_UP) test
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .

demo-audio:  ## make data/demo again (needs flite)
	$(SET_UP) test
	@$(VENV_PYTHON) -m tools.make_demo $(ARGS)

package:  ## build the wheel and the source archive into dist/
	$(SET_UP) test
	@$(VENV_PYTHON) -m build --no-isolation $(ARGS)

bundle:  ## build the app for a double click into dist/Heard, and try it
	$(SET_UP) run
	@$(VENV_PYTHON) packaging/bundle.py
	@$(VENV_PYTHON) packaging/smoke_bundle.py

uninstall:  ## remove recordings, voiceprints, settings, downloaded models and .venv, after a question
	$(SET_UP) run
	@$(VENV_PYTHON) -m app forget-everything $(ARGS)
	rm -rf .venv

clean:  ## remove caches and what was built
	rm -rf .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean  ## remove .venv too; recordings, voiceprints and runs stay
	rm -rf .venv
