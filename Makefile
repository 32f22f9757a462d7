# make demo, make test, make lab: each does its own set-up, with only python3 and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test lab release docs bench soak mutation sandbox browser clean

demo: $(READY) sandbox
	rm -rf demo
	$(BIN)/autograder release --out demo
	$(BIN)/python -m tests.sample_class.build demo/hand_ins
	$(BIN)/autograder grade demo/hand_ins --out demo/course

test: $(READY) sandbox browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

lab: $(READY)
	$(BIN)/jupyter lab --allow-root --notebook-dir=notebooks

release: $(READY)
	$(BIN)/autograder release

docs: $(READY)
	$(BIN)/python -m sphinx -a -W --keep-going -q -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

bench: $(READY) sandbox
	$(BIN)/python -m tests.benchmarks.grading
	$(BIN)/python -m tests.benchmarks.growth
	$(BIN)/python -m tests.benchmarks.layers --write 1 2
	$(BIN)/python -m tests.benchmarks.checks --write

# Long runs, hours on a slow machine: the red team against kernels that start cold, killed 200 times,
# 500 mangled notebooks, a class of 300.
soak: $(READY) sandbox
	AUTOGRADER_COLD=1 $(BIN)/python -m pytest tests/test_red_team.py
	$(BIN)/python -m tests.soak.kills
	$(BIN)/python -m tests.soak.fuzz --count 500
	$(BIN)/python -m tests.soak.large_class

# The tests of the tests, some minutes: every mutant handed in; writes docs/mutation.md.
mutation: $(READY)
	$(BIN)/python -m tests.mutation.run

sandbox: $(READY)
	$(BIN)/autograder sandbox --install

browser:
	@command -v chromium chromium-browser >/dev/null || \
		(apt-get update -qq && apt-get install -y -qq chromium >/dev/null) || \
		echo "Chromium is missing: the tests in the browser are left out."

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[lab,grader,cluster,docs,dev]"
	touch $(READY)

clean:
	rm -rf .venv demo student_bundle.zip docs/_build docs/notebooks
