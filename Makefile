# The front door. `make` alone prints this help. A target's help is the text after ##.
PYTHON ?= python3
OUTPUT ?= output
PORT ?= 8000
CACHE ?= on
PREFER ?=
CHANGES ?=
VENV := .venv
BIN := $(VENV)/bin
# Whoever is ended from above ends: no shell stands between make and the build (exec), which ends with make.
POSTS := exec $(BIN)/python -m executable_posts --with-parent $$PPID
BUILD := $(POSTS) publish --output $(OUTPUT) $(if $(CHANGES),--changes $(CHANGES))
WORKERS ?= auto
# Two phases: what several workers share, then what needs the machine for itself. Without -x both are seen.
PYTEST = CACHE=off $(BIN)/python -m pytest $(COSTS)
# The site of the browsers' tests is published by the first, and served again by the second.
PROVE = export PROVED_SITE=$$(mktemp -d); trap 'rm -rf "$$PROVED_SITE"' EXIT; \
  $(PYTEST) -n $(WORKERS) -m "not alone"; shared=$$?; \
  $(PYTEST) -m alone $$(grep -rlF mark.alone tests --include='test_*.py') && exit $$shared
export CACHE
# The environment a person happens to have must not leak into a build.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONSTARTUP
# Each of a thousand short programs would compile all that it imports, and pytest rewrite hypothesis at each of its starts.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help html publish regenerate serve devserver clean distclean notebooks post figures lab test quick engine coverage mutants api lint format check bench bench-peers lock setup

help:  ## show this help
	@echo "The executable pizzeria: a blog whose posts run"; echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo; echo "  CACHE=off runs every block anew; PORT=8080, OUTPUT=dir and SITEURL=https://... are understood too."
	@echo "  make html CHANGES=list.md (or .json) writes what readers will see otherwise to a file, too."

html: $(VENV)/.html  ## run the posts and publish the site into output/
	@$(BUILD)

publish: $(VENV)/.html  ## the same for the world: needs SITEURL=https://your.site, and runs every block anew
	@test -n "$(SITEURL)" || { echo "error: say where the site will live: make publish SITEURL=https://example.org" >&2; exit 1; }
	@export CACHE=off SITEURL=$(SITEURL); $(BUILD)

SOURCES := content code images pelican.conf.py pyproject.toml
regenerate: $(VENV)/.html  ## rebuild whenever a source changes
	@$(POSTS) serve --output $(OUTPUT) --port 0 --watch $(SOURCES)

serve: $(VENV)/.html  ## serve the built site on http://127.0.0.1:8000/
	@$(POSTS) serve --no-build --output $(OUTPUT) --port $(PORT)

devserver: $(VENV)/.html  ## serve, rebuild whenever a source changes, and refresh open pages in place
	@$(POSTS) serve --output $(OUTPUT) --port $(PORT) --watch $(SOURCES)

notebooks: $(VENV)/.html  ## bring posts and notebooks in step, either way (PREFER=post|notebook when both changed)
	@$(POSTS) sync $(if $(PREFER),--prefer $(PREFER))

post: $(VENV)/.html  ## start a post: make post NAME="The knee"
	@test -n "$(NAME)" || { echo 'error: give it a name: make post NAME="The knee"' >&2; exit 1; }
	@$(POSTS) new post "$(NAME)"

figures: $(VENV)/.html  ## draw images/ anew
	@$(BIN)/python -m pizzeria.figures

lab: $(VENV)/.lab  ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir . notebooks

test: $(VENV)/.test  ## prove the site: every block, every test
	@$(if $(ARGS),CACHE=off $(BIN)/python -m pytest $(ARGS),$(PROVE))

quick: $(VENV)/.test  ## style, types, units, architecture: for every save
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy & mypy=$$!; $(BIN)/python -m pytest -q -n $(WORKERS) tests/engine/unit tests/pizzeria/unit tests/site/unit; \
	  tests=$$?; wait $$mypy && exit $$tests

lint: $(VENV)/.test  ## check style and types: Python, posts, JavaScript, workflows
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/executable-posts check --lint
	@$(BIN)/zizmor --quiet --offline --no-progress --min-severity low . code/executable-posts/executable_posts/cli/templates/github/.github/workflows
	@PYTHONPATH=tests $(BIN)/python -m support.javascript_lint

engine: $(VENV)/.test  ## test the engine alone
	@CACHE=off $(BIN)/python -m pytest tests/engine $(ARGS)

coverage: $(VENV)/.test  ## how much of each room of the engine its tests go through; fails below 92 %
	@PYTHONPATH=tests $(BIN)/python -m support.coverage_rooms $(ARGS)

mutants: $(VENV)/.test  ## plant faults in modules that carry a promise; which of them does no test notice?
	@PYTHONPATH=tests $(BIN)/python -m support.mutants $(ARGS)

api: $(VENV)/.test  ## write the engine's reference, from its docstrings, into .cache/api
	@$(BIN)/pdoc --docformat markdown --no-show-source -o .cache/api executable_posts '!executable_posts.cli.templates'
	@echo ".cache/api/index.html"

format: $(VENV)/.test  ## put the code in the house style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

check: lint test  ## lint and test

bench: $(VENV)/.test  ## measure: ratios against bare nbclient and other tools, in one run
	@for b in tests/benchmarks/bench_*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

bench-peers: $(VENV)/.test  ## the same content with every tool of the field: times, previews, tests, faults, features (an hour or two)
	@PYTHONPATH=tests $(BIN)/python -m support.peers --out content/data/peers.json $(ARGS)

lock: $(VENV)/.test  ## write the locked requirements anew (hashes, no host names)
	@$(BIN)/python -m pip install -q uv==0.13.8
	@for f in requirements requirements-test requirements-lab requirements-compiler requirements-node; do \
	  $(BIN)/uv pip compile -q --no-config --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-header $$f.in -o $$f.txt || exit 1; done
	@for d in judges javascript; do cd $(CURDIR)/tests/support/$$d && PATH="$(CURDIR)/$(BIN):$$PATH" && npm install --package-lock-only \
	  && node -e 'const f = "package-lock.json", fs = require("fs"), bare = (k, v) => k == "funding" ? undefined : v; fs.writeFileSync(f, JSON.stringify(JSON.parse(fs.readFileSync(f), bare), null, 2) + "\n")' || exit 1; done

clean:  ## remove what builds wrote (not .venv, not recorded outputs)
	@test ! -e $(OUTPUT) || test -e $(OUTPUT)/.executable-posts || { echo "error: $(OUTPUT)/ was not published here; not removed" >&2; exit 1; }
	rm -rf $(OUTPUT) .pytest_cache .ruff_cache .mypy_cache .hypothesis

distclean: clean  ## remove everything that is not in git: .venv and recorded outputs too
	rm -rf $(VENV) .cache

setup: $(VENV)/.html

# Set-up is done once: a stamp a requirements file. --require-hashes refuses anything but what was locked.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
$(VENV)/.python: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Creating $(VENV) ..." >&2; $(PYTHON) -m venv $(VENV); }
	@touch $@

$(VENV)/.html: $(VENV)/.python requirements.txt pyproject.toml code/executable-posts/pyproject.toml
	@echo "Installing the locked dependencies (once; about a minute) ..." >&2
	@$(PIP) --require-hashes -r requirements.txt
	@command -v $${CXX:-g++} >/dev/null || command -v clang++ >/dev/null || command -v c++ >/dev/null \
	  || { echo "No C++ compiler found: installing one as a wheel ..." >&2; $(PIP) --require-hashes -r requirements-compiler.txt; }
	@command -v npm >/dev/null || { echo "No npm found: installing one as a wheel ..." >&2; $(PIP) --require-hashes -r requirements-node.txt; }
	@$(PIP) --no-deps --no-build-isolation -e code/executable-posts -e .
	@touch $@

$(VENV)/.test: $(VENV)/.html requirements-test.txt
	@echo "Installing what the tests need ..." >&2
	@$(PIP) --require-hashes -r requirements-test.txt
	@touch $@

$(VENV)/.lab: $(VENV)/.html requirements-lab.txt
	@$(PIP) --require-hashes -r requirements-lab.txt
	@touch $@
