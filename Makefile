PYTHON := .venv/bin/python
SERVE ?= 1
# Whatever .env says, the demonstration keeps to its own folder.
EMBEDDED := DATABASE_URL= ASSAY_OWNER_DATABASE_URL= CELERY_BROKER_URL= CACHE_URL= ALLOWED_HOSTS=localhost,127.0.0.1 ASSAY_HTTPS=false

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench run worker

help: ## what can be asked for
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv from the lock file, with the client `assay` in it
	@sh scripts/bootstrap.sh

demo: ## run the main job on generated data, then serve the portal (SERVE=0: only the job)
	@sh scripts/bootstrap.sh --need-pdf
	@rm -rf var/demo
	@ASSAY_VAR_DIR=var/demo $(PYTHON) manage.py demo --serve $(SERVE)

test: setup ## every test, on SQLite and, where the servers run, on PostgreSQL and Redis
	@sh scripts/test.sh

lint: setup ## ruff, mypy, the import contracts, Django's own checks
	@sh scripts/lint.sh

bench: setup ## measure, and write var/bench.json
	@$(PYTHON) -m benchmarks --out var/bench.json

run: setup ## serve the portal and the API at http://127.0.0.1:8000
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py runserver 127.0.0.1:8000

worker: setup ## run audits and reports; beat, inside it, re-queues what was lost
	@$(PYTHON) -m celery -A governance worker --beat --loglevel INFO
