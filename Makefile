# Everything the project does. Each target sets up what it needs: Python 3.11 to 3.13, make and PyPI are enough.

PYTHON ?= python3
STAGE ?= dev

BIN := .venv/bin
PIP_INSTALL := -m pip install -q --disable-pip-version-check
READY := .venv/.ready
REKOGNITION := infra/local/rekognition
REKOGNITION_READY := .venv-rekognition/.ready

# The emulator's engine has wheels for Python 3.11 and 3.12. A name on the path need not run: ask each.
IS_3_11_OR_3_12 := -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)})'
REKOGNITION_PYTHON_BASE ?= $(shell for python in python3.12 python3.11 "$(PYTHON)"; do \
	"$$python" $(IS_3_11_OR_3_12) 2>/dev/null && { echo "$$python"; break; }; done)

# Another Python than the environment has, asked for by name, makes it anew.
ifneq ($(origin PYTHON),file)
ifneq ($(shell "$(PYTHON)" -V 2>&1),$(shell $(BIN)/python -V 2>&1))
$(shell rm -f $(READY))
endif
endif

# boto3 reads this one alone; every other program of AWS's reads AWS_REGION.
ifneq ($(AWS_REGION),)
export AWS_DEFAULT_REGION = $(AWS_REGION)
endif

option = $(if $($(1)),--$(2) "$($(1))")

.DEFAULT_GOAL := help
.PHONY: help run serve test check format docs bench cost capacity package deploy tenant limits admin remove dead destroy clean environments

help: ## List the commands
	@echo "make COMMAND [NAME=value ...]"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '%-10s %s\n' "$$name" "$$what"; done

run: $(READY) $(REKOGNITION_READY) ## Proctor an interview offline: CLIP=file|folder WEBCAM=0 FPS=1 ONCE=1 OUT=dir PORT=8000 ANSWERS=file
	@$(BIN)/python -m infra.local run $(call option,CLIP,clip) $(call option,WEBCAM,webcam) \
		$(call option,FPS,fps) $(if $(filter-out 0,$(ONCE)),--once) $(call option,OUT,out) $(call option,PORT,port) $(call option,ANSWERS,answers) $(call option,LABELS_MODEL,labels-model)

serve: $(READY) $(REKOGNITION_READY) ## Start the same offline service without the interview: PORT=8000
	@$(BIN)/python -m infra.local serve $(call option,PORT,port) $(call option,ANSWERS,answers) $(call option,LABELS_MODEL,labels-model)

test: $(READY) $(REKOGNITION_READY) ## Run every test: ARGS="tests/unit -k gaze" for some, PROCESSES=2 side by side
	@$(BIN)/python -m pytest $(if $(PROCESSES),-n $(PROCESSES)) $(ARGS)

check: $(READY) ## Lint, format, types, and the layers of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## Write the format that check wants
	@$(BIN)/ruff check --select I --fix .
	@$(BIN)/ruff format .

docs: $(READY) ## Write the pages of docs/ that are made from the code
	@$(BIN)/python -m infra.docs

bench: $(READY) $(REKOGNITION_READY) ## Measure money, units, accuracy, identity, latency, CPU, growth, cold start, load: CLIPS=folder LABELS=file ONLY=part,part KEEP=1
	@$(BIN)/python -m benchmarks $(call option,CLIPS,clips) $(call option,LABELS,labels) $(call option,ONLY,only) \
		$(if $(filter-out 0,$(KEEP)),--keep)

cost: $(READY) ## Price an hour, a day, a million sessions: FPS=1 MINUTES=60 CALM=0.9 DENSE=0.1 HARD=0 SESSIONS_PER_DAY=1000 KEEP_FRAMES=evidence JSON=1
	@$(BIN)/python -m infra.cost $(call option,FPS,fps) $(call option,MINUTES,minutes) $(call option,CALM,calm) \
		$(call option,DENSE,dense) $(call option,HARD,hard) $(call option,SESSIONS_PER_DAY,sessions-per-day) \
		$(call option,KEEP_FRAMES,keep-frames) $(call option,ASSUME,assume) $(if $(filter-out 0,$(JSON)),--json) $(ARGS)

capacity: $(READY) ## Simulate an exam's start and what it does to the quotas: CANDIDATES=1000 TPS=50 FPS=1 JOINING=120 JSON=1 KEEP=1
	@$(BIN)/python -m infra.capacity $(call option,CANDIDATES,candidates) $(call option,TPS,tps) $(call option,FPS,fps) \
		$(call option,JOINING,joining) $(call option,SECONDS,seconds) $(call option,SEED,seed) \
		$(call option,ASSUME,assume) $(if $(filter-out 0,$(JSON)),--json) $(if $(filter-out 0,$(KEEP)),--keep) $(ARGS)

package: $(READY) ## Build and check the Lambda package and its layer: STAGE=dev
	@$(BIN)/python -m infra.deploy package --stage "$(STAGE)" --out "build/$(STAGE)"

deploy: $(READY) ## Bring a stage in AWS to what the tree says: STAGE=dev DRY_RUN=1 PACKAGE=build/dev PARAMETERS="AlarmEmail=..."
	@$(BIN)/python -m infra.deploy deploy --stage "$(STAGE)" $(if $(filter-out 0,$(DRY_RUN)),--dry-run) \
		$(call option,PACKAGE,package) $(foreach parameter,$(PARAMETERS),--parameter "$(parameter)")

LIMITS = $(call option,REQUESTS_PER_MINUTE,requests-per-minute) \
	$(call option,SESSIONS_PER_DAY,sessions-per-day) $(call option,USD_PER_HOUR,usd-per-hour)

tenant: $(READY) ## Make a tenant of a deployed stage and its first API key: STAGE=dev NAME="Acme Hiring" ADMIN=ada@example.com REQUESTS_PER_MINUTE=600 SESSIONS_PER_DAY=1000 USD_PER_HOUR=5
	@STAGE="$(STAGE)" $(BIN)/python -m infra.tenants "$(NAME)" $(call option,ADMIN,admin) $(LIMITS)

limits: $(READY) ## Set what a tenant may use, 0 for no limit: STAGE=dev TENANT=id REQUESTS_PER_MINUTE=600 SESSIONS_PER_DAY=1000 USD_PER_HOUR=5
	@STAGE="$(STAGE)" $(BIN)/python -m infra.limits "$(TENANT)" $(LIMITS)

admin: $(READY) ## Invite an admin into a tenant of a deployed stage: STAGE=dev TENANT=id EMAIL=ada@example.com
	@STAGE="$(STAGE)" $(BIN)/python -m infra.people "$(TENANT)" "$(EMAIL)"

remove: $(READY) ## Remove a tenant of a deployed stage with all that is its own, asking by its name: STAGE=dev TENANT=id YES=1
	@STAGE="$(STAGE)" $(BIN)/python -m infra.removal "$(TENANT)" $(if $(filter-out 0,$(YES)),--yes)

dead: $(READY) ## List the jobs that failed too often, or let them be worked on again: STAGE=dev REDRIVE=1 MESSAGE=id
	@STAGE="$(STAGE)" $(BIN)/python -m infra.dead_letters $(if $(filter-out 0,$(REDRIVE)),--redrive) \
		$(if $(MESSAGE),--message $(foreach id,$(MESSAGE),"$(id)"))

destroy: $(READY) ## Take a stage in AWS down, asking about its data: STAGE=dev DRY_RUN=1 DATA=ask|keep|delete YES=1
	@$(BIN)/python -m infra.deploy destroy --stage "$(STAGE)" $(if $(filter-out 0,$(DRY_RUN)),--dry-run) \
		$(call option,DATA,data) $(if $(filter-out 0,$(YES)),--yes)

clean: ## Remove environments, builds and caches
	rm -rf .venv .venv-rekognition build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Removed, not cleared: where .venv is a link, --clear would empty what it leads to.
$(READY): requirements.txt requirements-layer.txt requirements-dev.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up .venv (about a minute, once) ..."
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python $(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

environments: $(READY) $(REKOGNITION_READY)

$(REKOGNITION_READY): $(wildcard $(REKOGNITION)/requirements*.txt)
	@rm -rf .venv-rekognition
	@python="$(REKOGNITION_PYTHON_BASE)"; \
	if [ -n "$$python" ] && echo "Setting up .venv-rekognition (about a minute, once) ..." && \
		"$$python" -m venv .venv-rekognition && \
		.venv-rekognition/bin/python $(PIP_INSTALL) -r $(REKOGNITION)/requirements.txt && \
		.venv-rekognition/bin/python $(PIP_INSTALL) --no-deps -r $(REKOGNITION)/requirements-no-deps.txt; \
	then :; elif [ -n "$$python" ] && [ -n "$$CI" ]; then exit 1; else \
		echo "The emulator's engine needs Python 3.11 or 3.12 and its wheels: it will find faces by Haar cascades." >&2; \
		"$(PYTHON)" -m venv --clear .venv-rekognition && \
		.venv-rekognition/bin/python $(PIP_INSTALL) -r $(REKOGNITION)/requirements-fallback.txt; \
	fi
	@touch $@
