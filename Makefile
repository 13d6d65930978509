# A thin coat over cargo. Once the system packages are there (`make setup`), plain cargo does the same:
# nothing here sets a flag or a variable that a build needs.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test lint fmt-check clippy doc audit wasm bench score

# The cargo on the PATH, or the one that the set-up has just installed; so it is looked up when a recipe starts.
CARGO = $(shell bash scripts/find-cargo.sh)

# More arguments for the program (demo), cargo test (test), cargo bench (bench) or scripts/score.py (score).
ARGS =

help: ## Show this list
	@echo 'make TARGET [ARGS="..."]'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'
	@echo
	@echo 'ARGS: more arguments for the program (demo), cargo test (test), cargo bench (bench), scripts/score.py (score).'
	@echo 'RUSTUP=yes: lets the set-up install Rust without asking. CARGO_TARGET_DIR: respected, as cargo does.'

setup: ## Install what is missing: system packages through apt, Rust through rustup if you agree
	@bash scripts/setup.sh

demo: setup ## Play on the simulated table, no hardware needed; windows where there is a display; Ctrl-C ends it
	$(CARGO) build --release --locked
	$(CARGO) run --release --locked --quiet -- run --source sim --out demo $(ARGS)

test: setup ## Run every test
	@bash scripts/test.sh $(ARGS)

lint: fmt-check clippy ## Check the formatting and run clippy, warnings being errors

fmt-check: setup
	$(CARGO) fmt --all --check

clippy: setup
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings

doc: setup ## Build the documentation, private items included, warnings being errors
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --no-deps --document-private-items

audit: setup ## Check licences, banned and unused dependencies
	bash scripts/audit.sh

wasm: setup ## Check that the engine compiles for the web
	bash scripts/wasm.sh

bench: setup ## Run the benchmarks
	$(CARGO) bench --locked $(ARGS)

score: setup ## Score the release build on the test data, beside the figures of the last run (needs Python 3)
	$(CARGO) build --release --locked
	python3 scripts/score.py $(ARGS)
