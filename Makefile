# `make help` lists the targets. Everything is installed into .venv and .tools of this folder.
PYTHON ?= python3
TOOLS := kubeconform kustomize kubeseal istioctl argocheck externalsecrets kubectl helm
SAMPLES := minimal gke-aks three-clouds multi-primary one-network two-networks
BIN := .venv/bin
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## /\1\t/' | expand -t 14

.venv/ready: pyproject.toml requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

.PHONY: setup
setup: .venv/ready ## install mcgen and what its tests need into .venv

.PHONY: demo
demo: setup ## build the sample mesh and say where to look
	$(BIN)/mcgen build blueprints/gke-aks.yaml
	@echo "the tree:   output/gke-aks/README.md"
	@echo "the order:  output/gke-aks/clusters/aks/argocd (waits at its gate), output/gke-aks-sealed/clusters/aks/argocd (open)"
	@echo "the source: blueprints/gke-aks.yaml"

.PHONY: test
test: setup ## run every test that needs Python alone
	$(BIN)/pytest -n auto

.PHONY: check
check: setup ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: fmt
fmt: setup ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: tools
tools: ## build the pinned kustomize, istioctl, kubeconform, kubeseal, kubectl, helm and programs of our own into .tools
	tools/build.sh $(TOOLS)

.PHONY: e2e
e2e: setup tools ## run the tests that need the real programs
	tools/packages.sh zsh fish man-db
	PATH="$(CURDIR)/.tools:$$PATH" $(BIN)/pytest -m "e2e and not lab and not upgrade and not long" -n auto

.PHONY: e2e-upgrade
e2e-upgrade: setup tools ## render each step of an upgrade with the istioctl of both minors
	tools/build.sh istioctl-1.30
	PATH="$(CURDIR)/.tools:$$PATH" $(BIN)/pytest -m upgrade tests/e2e_upgrade

.PHONY: e2e-versions
e2e-versions: setup tools ## try an older kubeconform, kustomize and kubeseal each, and both minors of istioctl
	tools/build.sh istioctl-1.30 kubeconform-0.6.7 kustomize-5.7.1 kubeseal-0.27.1
	PATH="$(CURDIR)/.tools:$$PATH" $(BIN)/pytest -m upgrade tests/e2e_upgrade
	PATH="$(CURDIR)/.tools:$$PATH" $(BIN)/pytest -m "e2e and long" tests/e2e_versions

.PHONY: tools-browser
tools-browser: setup ## install Chromium and what drives it
	tools/browser-packages.sh
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-browser.txt

.PHONY: e2e-browser
e2e-browser: tools-browser ## run the HTML pages in a real Chromium: clicks, keys, accessibility
	$(BIN)/pytest -m browser tests/browser

.PHONY: screenshots
screenshots: tools-browser ## make the pictures of docs/mesh-page.md again
	$(BIN)/python -m tests.browser.screens

.PHONY: bench-page
bench-page: tools-browser ## measure the page of the mesh: its size, and how soon it answers
	$(BIN)/python -m tests.browser.bench

.PHONY: golden
golden: setup ## rewrite the sample trees, the published schemas and the expected reports
	for name in $(SAMPLES); do $(BIN)/mcgen build blueprints/$$name.yaml --force --validator embedded || exit 1; done
	$(BIN)/mcgen build blueprints/gke-aks.yaml --inputs blueprints/gke-aks.inputs -o output/gke-aks-sealed --force --validator embedded
	for name in minimal-manifests minimal-helm; do PATH="$(CURDIR)/.tools:$$PATH" $(BIN)/mcgen build blueprints/delivery/$$name.yaml --force --validator embedded || exit 1; done
	$(BIN)/mcgen build blueprints/multi-primary.yaml --inputs blueprints/multi-primary.inputs -o output/multi-primary-sealed --force --validator embedded
	$(BIN)/mcgen build blueprints/external-secrets.yaml --inputs blueprints/external-secrets.inputs --force --validator embedded
	$(BIN)/mcgen schema > schemas/blueprint.json
	$(BIN)/mcgen schema --facts > schemas/facts.json
	MCGEN_UPDATE=1 $(BIN)/pytest -n auto

.venv/docs: .venv/ready requirements-docs.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.txt
	touch $@

.PHONY: docs
docs: .venv/docs ## build the site of docs/ into build/site; every warning fails, also a link that leads nowhere
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky -d build/doctrees docs build/site
	@echo "the site: build/site/index.html"

.PHONY: schemas
schemas: setup ## make the schemas of the output again, from their pinned sources
	$(BIN)/python tools/schemas.py

.PHONY: packaged
packaged: setup ## copy what mcgen brings of others' work (a CRD) again, from its pinned source
	$(BIN)/python tools/packaged.py

.venv/bench: .venv/ready requirements-bench.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	touch $@

.PHONY: bench
bench: setup tools .venv/bench ## measure speed and memory against other generators, and write docs/benchmarks.md
	tests/bench/peers/install.sh
	$(BIN)/python -m tests.bench.bench
	$(BIN)/python -m tests.bench.peers --clusters 10,100,1000
	$(BIN)/python -m tests.bench.page --write

.PHONY: bench-smoke
bench-smoke: setup ## fail when a build of 100 clusters does more, or takes longer, than it did
	$(BIN)/pytest tests/bench/test_counts.py
	$(BIN)/python -m tests.bench.smoke

.PHONY: profile
profile: setup ## say where the CPU time of a build of 1000 clusters goes
	$(BIN)/python -m tests.bench.profiling

.PHONY: clean
clean: ## remove what the other targets installed
	rm -rf build .venv .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

LAB := kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy coredns helloworld \
  pilot-discovery pilot-agent sealed-secrets-controller argocd metrics-server

.PHONY: tools-lab
tools-lab: setup tools ## install and build what the lab of real clusters runs, and say how long it took
	@start=$$(date +%s); tools/lab-packages.sh && \
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-lab.txt && \
	tools/build.sh $(LAB) && echo "what the lab needs is there after $$(($$(date +%s) - start)) s"

.PHONY: lab
lab: tools-lab ## bring up the real clusters gke and aks (as root) and say how to use them
	$(BIN)/python -m tests.lab up

.PHONY: e2e-bootstrap
e2e-bootstrap: tools-lab ## run mcgen bootstrap against real clusters, by hand and as the generated job (as root)
	$(BIN)/pytest -m lab tests/e2e_bootstrap
	$(BIN)/pytest -m lab tests/e2e_job

.PHONY: e2e-lab
e2e-lab: tools-lab ## run the lab itself, stages of the tree and mcgen doctor on real clusters (as root)
	$(BIN)/pytest -m lab tests/e2e_lab

.PHONY: e2e-verify
e2e-verify: tools-lab ## run mcgen verify against a mesh of real pods, and against its defects (as root)
	$(BIN)/pytest -m "lab and not long" tests/e2e_verify

.PHONY: e2e-verify-long
e2e-verify-long: tools-lab ## the same with every defect, twenty minutes long (as root)
	$(BIN)/pytest -m lab tests/e2e_verify

.PHONY: e2e-order
e2e-order: tools-lab ## let a real Argo CD install meshes on real clusters, with faults, and watch the order (as root)
	$(BIN)/pytest -m "lab and not long" tests/e2e_order

.PHONY: e2e-trials
e2e-trials: tools-lab ## run five trials of the order, twenty minutes long (as root)
	$(BIN)/pytest -m "lab and long" tests/e2e_order/test_trials.py

.PHONY: e2e-mesh
e2e-mesh: tools-lab ## make the sample mesh by the whole road, and try its traffic, encryption and policies (as root)
	$(BIN)/pytest -m lab tests/e2e_mesh

.PHONY: e2e-peers
e2e-peers: tools-lab ## make a mesh of two primaries with a CA each, and try certificates, order and calls (as root)
	$(BIN)/pytest -m "lab and long" tests/e2e_peers

.PHONY: e2e-mesh-20
e2e-mesh-20: tools-lab ## the same twenty times, with a line per run in docs/mesh-runs.md (as root)
	$(BIN)/python -m tests.e2e_mesh.runs 20

.PHONY: tools-older
tools-older: ## build the Istio that an upgrade begins with
	tools/build.sh istioctl-1.30 pilot-discovery-1.30 pilot-agent-1.30

.PHONY: e2e-long
SEEDS ?= 1-50
e2e-long: tools-lab tools-older ## run fifty trials of the order, hours long, and add their lines to docs/trials.md (as root)
	$(BIN)/python -m tests.e2e_order.trials $(SEEDS) --write docs/trials.md

.PHONY: scale
scale: tools-lab ## measure what a mesh costs a real Argo CD, and write docs/scale.md (as root)
	$(BIN)/python -m tests.e2e_order.scale --write

.PHONY: scale-bootstrap
scale-bootstrap: tools-lab ## measure a bootstrap of 200 remotes beside its programs alone (as root)
	$(BIN)/python -m tests.e2e_bootstrap.scale --write

.PHONY: faults
faults: setup ## let every disk call of a build fail, and kill it there (needs strace; half an hour)
	nice -n 19 $(BIN)/python -m tests.faults builds --write
	nice -n 19 $(BIN)/python -m tests.faults files --write

RELEASE := .tools/release
$(RELEASE)/ready: requirements-release.txt
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-release.txt
	touch $@

.PHONY: release
release: setup $(RELEASE)/ready ## build wheel, sdist, SBOM and checksums of the commit into dist/, twice, and compare
	tools/release.sh

.PHONY: licences
licences: setup ## write docs/licences.md from what the installed packages say
	$(BIN)/python tools/licences.py

.PHONY: audit
audit: setup tools $(RELEASE)/ready ## look for known weaknesses of everything that is pinned; says SKIPPED where nobody knows
	tools/build.sh govulncheck
	$(BIN)/python tools/audit.py

.tools/scan/ready: requirements-scan.txt
	$(PYTHON) -m venv .tools/scan
	.tools/scan/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-scan.txt
	touch $@

.PHONY: scan
scan: setup tools .tools/scan/ready ## let checkov and kube-score look at every sample tree; counts go into docs/security.md
	tools/build.sh kube-score
	$(BIN)/python -m tests.policy.scan --write

.tools/fuzz/ready: .venv/ready requirements-fuzz.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target .tools/fuzz -r requirements-fuzz.txt
	touch $@

.PHONY: fuzz-reader
fuzz-reader: .tools/fuzz/ready ## let atheris look for bytes that make the reader fail, 500,000 runs (an hour)
	PYTHONPATH=.tools/fuzz nice -n 19 $(BIN)/python -m tests.fuzz.reader --write

.PHONY: fuzz
fuzz: setup ## try 100,000 blueprints that nobody wrote (hours)
	nice -n 19 $(BIN)/python -m tests.fuzz --write

.tools/mutants/ready: .venv/ready requirements-mutants.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target .tools/mutants -r requirements-mutants.txt
	touch $@

.PHONY: mutants
mutants: .tools/mutants/ready ## change the code in 400 places, one at a time, and see a test fail for each (hours)
	PYTHONPATH=.tools/mutants nice -n 19 $(BIN)/python -m tests.mutants --write

.PHONY: coverage
coverage: setup ## measure the branch coverage of generator/ by the tests that need Python alone
	rm -rf .cache/coverage && mkdir -p .cache/coverage
	$(BIN)/coverage run -m pytest -n auto
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

COMPILE := $(RELEASE)/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes
.PHONY: pins
pins: $(RELEASE)/ready ## pin the development requirements again, with hashes; UPGRADE=--upgrade for newer ones
	$(COMPILE) $(UPGRADE) --extra dev pyproject.toml -o requirements-dev.txt
	for name in lab docs browser bench fuzz release; do $(COMPILE) $(UPGRADE) requirements-$$name.in -c requirements-dev.txt -o requirements-$$name.txt || exit 1; done
	$(COMPILE) $(UPGRADE) requirements-scan.in -o requirements-scan.txt
	$(COMPILE) $(UPGRADE) --no-deps requirements-mutants.in -c requirements-dev.txt -o requirements-mutants.txt
	for name in kapitan cdk8s_python; do $(COMPILE) $(UPGRADE) tests/bench/peers/$$name/requirements.in -o tests/bench/peers/$$name/requirements.txt || exit 1; done

.PHONY: test-pythons
test-pythons: $(RELEASE)/ready ## run the tests with each Python from 3.11 to 3.14 that is installed
	PATH="$(CURDIR)/$(RELEASE)/bin:$$PATH" $(RELEASE)/bin/nox -f tests/noxfile.py

# Of what users install, the oldest and the newest that pyproject.toml allows.
.PHONY: test-lowest test-newest
test-lowest: $(RELEASE)/ready ## run the tests with the oldest dependencies that are allowed
	tests/ends.sh lowest-direct
test-newest: $(RELEASE)/ready ## run the tests with the newest dependencies there are
	tests/ends.sh highest
