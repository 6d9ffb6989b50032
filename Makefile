# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Everything here works on a machine with Python 3, make and git; packages come from PyPI.

PYTHON ?= python3
VENV ?= .venv
CLIENTS ?= .venv-clients
AWX ?= .venv-awx
IMPORTER ?= .venv-importer
DOCS ?= .venv-docs
KERBEROS ?= .venv-kerberos
CORE ?= ansible-core
# Relative, since make takes a name with spaces for several.
$(foreach name,VENV CLIENTS AWX IMPORTER DOCS KERBEROS,$(if $(word 2,$($(name))),\
	$(error $(name) may hold no space: make takes a name with one for several.)))
BIN := $(VENV)/bin
DEV := .cache/dev/ansible_collections/sfb/hybrid_auth
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
# Where a command changes its folder, or calls other programs of the environment.
IN_PATH = PATH="$$(cd $(BIN) && pwd):$$PATH"
ENGINE_NOTE := command -v pwsh >/dev/null || echo "note: no pwsh on PATH, so no PowerShell text was run in a real engine"
KERBEROS_NOTE := echo "note: no key distribution center, so Kerberos was not tried (as root: tests/kerberos/install.sh)"
BROWSER_NOTE := echo "note: no Chromium with its driver, so the report was not looked at (as root: tests/browser/install.sh)"

# Where they are given, CORE and PYTHON hold for an environment that is there, too.
OWN_CORE := $(if $(filter command environment,$(origin CORE)),$(CORE))
OWN_PYTHON := $(if $(filter command environment,$(origin PYTHON)),$(PYTHON))
VERSION_OF_PYTHON = "$$('$(PYTHON)' -c 'import platform; print(platform.python_version())' 2>&1)"
ifneq ($(OWN_CORE)$(OWN_PYTHON),)
ifneq ($(wildcard $(BIN)/python),)
LACKS := $(shell $(BIN)/python -m tests.support.environment lacks '$(OWN_CORE)' \
	$(if $(OWN_PYTHON),$(VERSION_OF_PYTHON),''))
endif
endif

# FORCE where the Python that was named is not the one of the environment in a folder.
other = $(if $(OWN_PYTHON),$(shell test ! -x $(1)/bin/python || test $(VERSION_OF_PYTHON) = \
	"$$($(1)/bin/python -c 'import platform; print(platform.python_version())' 2>&1)" || echo FORCE))
define environment
@tests/python.sh '$(PYTHON)'
@$(if $(call other,$(1)),rm -rf $(1))
@test -x $(1)/bin/python || '$(PYTHON)' -m venv $(1)
endef

export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo unit check test browser test-cores clients awx kerberos lint lint-text lint-types lint-collection importer docs sanity bench soak sweep years lab clean

help:
	@echo "make demo        watch the whole procedure happen in a simulated hybrid (CORE=2.21 PYTHON=python3.13 for others than those here)"
	@echo "make unit        the unit tests, after every edit"
	@echo "make check       lint, the unit tests and a play of each entry point, before every commit"
	@echo "make test        everything: unit tests with their coverage, PowerShell, playbook tests, the report in a browser"
	@echo "make browser     the report in a real browser (needs Chromium: tests/browser/install.sh)"
	@echo "make test-cores  the playbook tests on every ansible-core there is from the oldest supported one on"
	@echo "make clients     Azure CLI, msgraph-sdk and azure-identity against the lab (installs them into $(CLIENTS))"
	@echo "make awx         docs/awx with awx.awx, ansible-builder, ansible-rulebook and callbacks (installs them into $(AWX))"
	@echo "make kerberos    the documented inventories with Kerberos, where a KDC is installed (tests/kerberos/install.sh)"
	@echo "make lint        static checks (lint-text, lint-types, lint-collection)"
	@echo "make importer    what Ansible Galaxy runs on an upload, on the built collection"
	@echo "make docs        the site of the documentation, into .cache/docs/site/build/html; fails on a warning"
	@echo "make sanity      ansible-test sanity"
	@echo "make bench       what runs cost beside what they may cost (10 min; QUICK=1 leaves out the large ones)"
	@echo "make soak        runs at once on one tenant, and 200 cycles of configure and audit (40 min; CYCLES=20 for fewer)"
	@echo "make sweep       let runs go wrong at each of their points, and see that nothing is lost (30 min; EVERY=10 takes each tenth)"
	@echo "make years       two years of daily runs for each scenario on a simulated clock (15 min; SCENARIO=... for one)"
	@echo "make lab         the simulated hybrid in the foreground (STATE=file.json INFO=info.json)"
	@echo "make clean       remove what the other targets made"

FORCE:

$(VENV)/.runtime: requirements.txt tests/lab/requirements.txt tests/requirements-build.txt $(if $(LACKS),FORCE)
	@tests/python.sh '$(PYTHON)'
	@$(if $(filter python,$(LACKS)),$(BIN)/python -m tests.support.environment install '$(CORE)' $(VERSION_OF_PYTHON) >/dev/null && \
		rm -rf $(VENV),test ! -x $(BIN)/python || tests/python.sh $(BIN)/python)
	@new=; test -x $(BIN)/python || { new=$(VENV); '$(PYTHON)' -m venv $(VENV); } || exit; \
		core=$$($(BIN)/python -m tests.support.environment install '$(CORE)') || { test -z "$$new" || rm -rf "$$new"; exit 1; }; \
		echo "setting up $(VENV): $$core and the collection's requirements, on $$($(BIN)/python --version)"; \
		$(BIN)/python -m pip install -q "$$core" -r requirements.txt -r tests/lab/requirements.txt -r tests/requirements-build.txt || \
		{ echo "not installed. Where this Python is too old for $$core, name another one, such as PYTHON=python3.13." >&2; exit 1; }
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime tests/requirements.txt tests/requirements-run.txt requirements-psrp.txt
	@echo "setting up $(VENV): test and check tools"
	@core=$$($(BIN)/python -m tests.support.environment install '$(CORE)') && \
		$(BIN)/python -m pip install -q "$$core" -r requirements.txt -r tests/requirements.txt
	@touch $@

# The place in which Python and Ansible find the working tree as a collection.
$(DEV):
	@mkdir -p $(dir $(DEV))
	@ln -sfn ../../../.. $(DEV)

demo: $(VENV)/.runtime
	@echo "installing the collection into $(VENV)"
	@rm -rf .cache/build && mkdir -p .cache/build
	@$(BIN)/ansible-galaxy collection build --output-path .cache/build >/dev/null
	@ANSIBLE_COLLECTIONS_PATH="$$(cd $(VENV) && pwd)/collections" \
		$(BIN)/ansible-galaxy collection install --offline --force --no-deps -p $(VENV)/collections .cache/build/*.tar.gz >/dev/null
	@$(BIN)/python -m tests.demo

lab: $(VENV)/.runtime
	@$(BIN)/python -m tests.lab $(if $(STATE),--state '$(STATE)') $(if $(INFO),--info '$(INFO)') $(if $(ENGINE),--engine '$(ENGINE)')

unit: $(VENV)/.dev $(DEV)
	$(PYTEST) tests/unit --hypothesis-profile=quick

check: lint unit
	$(PYTEST) tests/integration -m entry_point

test: $(VENV)/.dev $(DEV)
	$(PYTEST) tests/unit --cov
	$(PYTEST) tests/powershell tests/integration
	@if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then $(BIN)/python -m pytest tests/browser; else $(BROWSER_NOTE); fi
	@$(ENGINE_NOTE)

browser: $(VENV)/.dev $(DEV)
	$(BIN)/python -m pytest tests/browser

test-cores:
	@tests/python.sh '$(PYTHON)'
	@PYTHON='$(PYTHON)' tests/cores.sh

# Azure CLI alone is some hundred packages and 600 MB, so they are no part of make test.
$(CLIENTS)/.installed: tests/clients/requirements.txt $(call other,$(CLIENTS))
	$(call environment,$(CLIENTS))
	@echo "setting up $(CLIENTS): Azure CLI, msgraph-sdk, azure-identity (600 MB)"
	@$(CLIENTS)/bin/python -m pip install -q -r $< || \
		{ echo "not installed: what $< names; it comes from PyPI, so check the network or pip's own settings" >&2; exit 1; }
	@touch $@

clients: $(VENV)/.dev $(DEV) $(CLIENTS)/.installed
	@$(CLIENTS)/bin/python -m pip freeze | grep -E '^(azure-cli|azure-identity|msgraph-sdk)=='
	CLIENTS_VENV=$(CLIENTS) $(PYTEST) tests/clients

# The package ansible is a hundred collections, and these programs ask for versions of their own.
$(AWX)/.installed: tests/awx/requirements.txt requirements.txt $(call other,$(AWX))
	$(call environment,$(AWX))
	@echo "setting up $(AWX): ansible, ansible-builder, ansible-lint, ansible-navigator, ansible-rulebook, ara, molecule (450 MB)"
	@$(AWX)/bin/python -m pip install -q -r requirements.txt -r $<
	@touch $@

awx: $(VENV)/.dev $(DEV) $(AWX)/.installed
	AWX_VENV=$(AWX) $(BIN)/python -m pytest tests/awx

# What Kerberos needs is built where it is installed, and would change how the other tests sign in.
$(KERBEROS)/.installed: requirements.txt requirements-psrp.txt requirements-kerberos.txt tests/requirements-run.txt tests/lab/requirements.txt $(call other,$(KERBEROS))
	$(call environment,$(KERBEROS))
	@echo "setting up $(KERBEROS): requirements-kerberos.txt and the tests' requirements"
	@core=$$($(BIN)/python -m tests.support.environment install '$(CORE)') && \
		$(KERBEROS)/bin/python -m pip install -q "$$core" -r requirements.txt -r requirements-kerberos.txt -r tests/requirements-run.txt
	@touch $@

kerberos: $(VENV)/.runtime $(DEV)
	@if PATH=$$PATH:/usr/sbin command -v krb5kdc >/dev/null && command -v krb5-config >/dev/null; then \
		$(MAKE) -s $(KERBEROS)/.installed && $(KERBEROS)/bin/python -m pytest tests/kerberos; else $(KERBEROS_NOTE); fi

bench: $(VENV)/.dev $(DEV)
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick)

soak: $(VENV)/.dev $(DEV)
	@$(BIN)/python -m tests.soak $(if $(CYCLES),--cycles '$(CYCLES)')

sweep: $(VENV)/.dev $(DEV)
	@$(BIN)/python -m tests.sweep $(if $(EVERY),--every '$(EVERY)')

years: $(VENV)/.dev $(DEV)
	@$(BIN)/python -m tests.years $(if $(SCENARIO),--scenario '$(SCENARIO)')

lint: lint-text lint-types lint-collection

lint-text: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict .
	$(BIN)/antsibull-changelog lint

lint-types: $(VENV)/.dev $(DEV)
	$(BIN)/mypy -p ansible_collections.sfb.hybrid_auth.plugins.plugin_utils -p ansible_collections.sfb.hybrid_auth.plugins.action \
		-p ansible_collections.sfb.hybrid_auth.plugins.lookup
	$(BIN)/mypy -p tests.lab -p tests.support -p tests.bench -p tests.soak -p tests.sweep -p tests.years

lint-collection: $(VENV)/.dev
	@rm -rf .cache/build .cache/lint && mkdir -p .cache/build .cache/lint
	$(BIN)/ansible-galaxy collection build --output-path .cache/build
	ANSIBLE_COLLECTIONS_PATH='$(CURDIR)/.cache/lint' $(BIN)/ansible-galaxy collection install --offline --force --no-deps -p .cache/lint .cache/build/*.tar.gz
	$(IN_PATH); cd .cache/lint/ansible_collections/sfb/hybrid_auth && ANSIBLE_COLLECTIONS_PATH='$(CURDIR)/.cache/lint' ansible-lint --offline --profile production --strict
	$(IN_PATH); cd .cache/lint/ansible_collections/sfb/hybrid_auth && antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .

$(IMPORTER)/.installed: tests/requirements-importer.txt $(call other,$(IMPORTER))
	$(call environment,$(IMPORTER))
	@echo "setting up $(IMPORTER): galaxy-importer"
	@$(IMPORTER)/bin/python -m pip install -q -r $<
	@touch $@

# The importer ends well whatever it warns of, and leaves out what it finds no program for, with a warning.
importer: $(VENV)/.runtime $(IMPORTER)/.installed
	@rm -rf .cache/build .cache/importer && mkdir -p .cache/build .cache/importer
	@$(BIN)/ansible-galaxy collection build --output-path .cache/build >/dev/null
	@cd .cache/importer && PATH='$(CURDIR)/$(IMPORTER)/bin':"$$PATH" GALAXY_IMPORTER_ANSIBLE_LOCAL_TMP='$(CURDIR)/.cache/importer/tmp' \
		python -m galaxy_importer.main ../build/*.tar.gz >log 2>&1 && ! grep -qE '^(WARNING|ERROR|CRITICAL)' log || { cat log; exit 1; }
	@tail -n 1 .cache/importer/log

$(DOCS)/.installed: tests/requirements-docs.txt tests/requirements-build.txt $(call other,$(DOCS))
	$(call environment,$(DOCS))
	@echo "setting up $(DOCS): antsibull-docs and Sphinx"
	@$(DOCS)/bin/python -m pip install -q -r $<
	@touch $@

docs: $(DOCS)/.installed
	@rm -rf .cache/docs && mkdir -p .cache/docs/site && chmod go-w .cache/docs/site
	@$(DOCS)/bin/ansible-galaxy collection build --output-path .cache/docs >/dev/null
	@ANSIBLE_COLLECTIONS_PATH='$(CURDIR)/.cache/docs' $(DOCS)/bin/ansible-galaxy collection install --offline --force --no-deps \
		-p .cache/docs .cache/docs/*.tar.gz >/dev/null
	@PATH='$(CURDIR)/$(DOCS)/bin':"$$PATH" ANSIBLE_COLLECTIONS_PATH='$(CURDIR)/.cache/docs' tests/docsite/build.sh .cache/docs/site
	@echo "open .cache/docs/site/build/html/index.html"

# ansible-test takes the collection's place in the file system at its word, so it works on a copy.
sanity: $(VENV)/.dev
	@rm -rf .cache/sanity && mkdir -p .cache/sanity/ansible_collections/sfb/hybrid_auth
	@git ls-files -co --exclude-standard | tar -cf - -T - | tar -xf - -C .cache/sanity/ansible_collections/sfb/hybrid_auth
	$(IN_PATH); cd .cache/sanity/ansible_collections/sfb/hybrid_auth && git init -q && git add -A && ansible-test sanity --venv --color no --python $$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

clean:
	rm -rf .cache $(VENV) $(AWX) $(CLIENTS) $(IMPORTER) $(DOCS) $(KERBEROS) demo
