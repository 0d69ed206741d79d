# Start here: `make` says what there is. The work is in scripts/, in plain bash.

PROFILE ?= dev
FILTER ?=

.DEFAULT_GOAL := help
.PHONY: help run dev test matrix check bench screenshots sql setup

help:
	@echo "Ringcraft, a real-time voice simulation server"
	@echo
	@echo "  make run      build page and server and start it on http://localhost:8080, with a private Postgres"
	@echo "                beside it unless DATABASE_URL is set; Ctrl-C drains and stops it"
	@echo "  make dev      the same, and beside it the page at http://localhost:5173, where each change in web/src"
	@echo "                shows at once"
	@echo "  make test     run every test; FILTER=turn runs those with turn in their name"
	@echo "  make matrix   print who reaches which rows of the database, as tried just now"
	@echo "  make check    format, lints, types, boundaries between modules, licences"
	@echo "  make sql      describe the checked queries anew after one of them or a migration changed"
	@echo "  make bench    run the benches, and time the page; past its budget, a bench fails"
	@echo "  make screenshots   pictures of every view in each of its states, in .local/screenshots"
	@echo
	@echo "Each installs what it misses on Debian or Ubuntu, as root or by sudo, and says what it does."
	@echo "Rust comes from https://rustup.rs. With no key and no set-up, speech is offline and the buyer"
	@echo "is scripted; target/debug/ringcraft serve --help lists the settings. PROFILE=release builds for speed."

run:
	@PROFILE=$(PROFILE) exec scripts/run.sh

dev:
	@scripts/setup.sh build
	@exec scripts/page.sh dev

test:
	@scripts/setup.sh test
	@scripts/test.sh $(FILTER)

matrix:
	@scripts/setup.sh test
	@scripts/test.sh --test tenancy --no-capture matrix

check:
	@scripts/setup.sh check
	@scripts/check.sh

bench:
	@scripts/setup.sh test
	@scripts/page.sh build
	@scripts/with_postgres.sh cargo bench --workspace
	@cargo build --workspace --bin ringcraft --tests
	@scripts/with_postgres.sh node web/e2e/measure.mjs

screenshots:
	@scripts/setup.sh test
	@scripts/page.sh build
	@cargo build --workspace --bin ringcraft --tests
	@scripts/with_postgres.sh node web/e2e/screenshots.mjs .local/screenshots

sql:
	@scripts/setup.sh test
	@scripts/sql.sh

setup:
	@scripts/setup.sh build
	@scripts/setup.sh test
	@scripts/setup.sh check
