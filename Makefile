# One command per job. Needs python3, pip, make and git, and nothing else.
#   make serve | test | test-real | check | fix | generated | catalogue | bench | bench-start | advice
# PYTHON chooses the interpreter, PORT the port: make test PYTHON=python3.13, make serve PORT=8080.

PYTHON ?= python3
PORT ?= 8000
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
DEV := .venv/dev-$(VERSION)
RUNTIME := .venv/runtime-$(VERSION)
REAL := .venv/real-$(VERSION)
PY := $(DEV)/bin/python
CODE := service tests tools benchmarks
URL := http://127.0.0.1:$(PORT)
INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: serve test test-real check fix generated catalogue bench bench-start advice

serve: $(RUNTIME)/.ready
	@echo 'Try it from another terminal, or read $(URL)/docs:'
	@echo "  curl -s $(URL)/recommend -H 'content-type: application/json' -d @openapi/examples/recommend-minimal.json"
	@echo "  curl -s '$(URL)/matrix?task=image-classification'"
	@$(RUNTIME)/bin/python -m service.knowledge.build
	@TRANSFER_ADVISOR_PORT=$(PORT) exec $(RUNTIME)/bin/python -m service

test: $(DEV)/.ready
	$(PY) -m service.knowledge.build
	$(PY) -m pytest

# The exports, run by the trainers that they are for. REAL_FAST=1 compares fewer configurations.
test-real: $(REAL)/.ready
	REAL=1 $(REAL)/bin/python -m pytest tests/real

check: $(DEV)/.ready
	$(PY) -m ruff check $(wildcard $(CODE))
	$(PY) -m ruff format --check $(wildcard $(CODE))
	$(PY) -m pyright --pythonpath $(PY)

fix: $(DEV)/.ready
	$(PY) -m ruff check --fix $(wildcard $(CODE))
	$(PY) -m ruff format $(wildcard $(CODE))

# All that is made from code and tables: openapi/openapi.json and .yaml, docs/rules.md, seed-coverage.md, advice-quality.md.
generated: $(DEV)/.ready
	$(PY) -m tools.generated

# Every pretrained tag of timm and every entry of torchvision's weights, with blocks of the real models.
catalogue: $(REAL)/.ready
	HF_HUB_OFFLINE=1 $(REAL)/bin/python -m tools.catalogue

bench: $(DEV)/.ready
	$(PY) -m benchmarks

# Cold start and memory at rest, against a bare app on the same server.
bench-start: $(RUNTIME)/.ready
	$(RUNTIME)/bin/python -m service.knowledge.build
	$(RUNTIME)/bin/python -m benchmarks.start

# Judges the advice by published outcomes, writes docs/advice-quality.md, and fails where a must is missed.
advice: $(DEV)/.ready
	$(PY) -m benchmarks.advice

# An environment is built anew when its lock changes.
$(RUNTIME)/.ready: requirements/runtime.txt
	rm -rf $(RUNTIME)
	$(PYTHON) -m venv $(RUNTIME)
	$(RUNTIME)/bin/python $(INSTALL) -r requirements/runtime.txt
	touch $@

$(DEV)/.ready: requirements/dev.txt
	rm -rf $(DEV)
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(INSTALL) -r requirements/dev.txt
	touch $@

# PyTorch comes first and by its exact version: what is installed after it finds it there and brings no other build.
$(REAL)/.ready: requirements/torch.txt requirements/real.txt
	rm -rf $(REAL)
	$(PYTHON) -m venv $(REAL)
	$(REAL)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
	$(REAL)/bin/python $(INSTALL) --no-deps -r requirements/real.txt
	touch $@
