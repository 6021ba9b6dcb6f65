# Everything that a person or CI does here. `make help` lists it.
#
# The local stack needs Rust, Python 3 with pip, and make; no Docker and no account. Its files are in target/local.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run stop runs build test unit-test python-test onnx-test proof-test e2e dynamodb-test localstack-test proof served lint deny python-lint sam-local validate lock deploy bench bench-reading bench-scoring bench-train bench-memory bench-serving gate fuzz fuzz-corpus cost

EMULATOR ?= ministack
ADVISORIES ?=
# The user's own table: a .csv, .csv.gz or .parquet, or a directory of such files; its column to predict; a name for the model.
DATASET :=
TARGET :=
MODEL :=
unexport DATASET TARGET MODEL
# Iris has 4566, and each table of one's own the first free port after it.
PORT ?=
MACHINE := $(shell uname -m)
ARCHITECTURE := $(if $(filter arm64 aarch64,$(MACHINE)),arm64,x86_64)

PYTHON := .venv/emulator/bin/python
LOCAL := $(PYTHON) infra/local
# The SAM CLI needs a Region even where none matters.
SAM := PATH="$(CURDIR)/.venv/sam/bin:$$PATH" AWS_DEFAULT_REGION="$${AWS_DEFAULT_REGION:-us-east-1}" SAM_CLI_TELEMETRY=0 sam

# The section of samconfig.toml that `make deploy` takes.
CONFIG ?= default

# A text as one word of the shell, whatever is in it.
quoted = '$(subst ','\'',$(1))'

BUILT := target/local/build/template.yaml
SOURCES := template.yaml Cargo.toml Cargo.lock $(shell find functions shared infra/mail \( -name tests -o -name testkit -o -name benches -o -name examples \) -prune -o -type f -print 2>/dev/null)

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Whether LocalStack answers is told before minutes of building.
run: $(if $(filter localstack,$(EMULATOR)),localstack-answers) $(BUILT) ## Build, start the local stack or update it, and show the whole lifecycle: of Iris, or DATASET=table.csv TARGET=column
	@$(LOCAL) run --emulator $(EMULATOR) $(addprefix --port ,$(PORT)) \
	  --dataset $(call quoted,$(DATASET)) --target $(call quoted,$(TARGET)) --model $(call quoted,$(MODEL))

.PHONY: localstack-answers
localstack-answers: .venv/emulator/ready
	@$(LOCAL) localstack-answers $(addprefix --port ,$(PORT))

stop: ## Stop the local stacks
	@if [ -x $(PYTHON) ]; then $(LOCAL) down; else echo "Nothing runs here."; fi

runs: .venv/emulator/ready ## Compare the runs of the last stack, of MODEL=name, or of the one that the environment names
	@$(LOCAL) runs --model $(call quoted,$(MODEL))

build: $(BUILT) ## Build the four functions for this machine

test: unit-test python-test onnx-test proof-test e2e ## All tests: those beside the code, ONNX Runtime's answers, a dozen real tables, then those of the deployed stack

# Each build takes the whole workspace: with fewer packages the same crates have other features, and are compiled again.
unit-test:
	cargo test --workspace --locked

python-test: .venv/emulator/ready ## The tests of what reads a user's table and settings in Python
	@cd infra/local && ../../$(PYTHON) -m unittest discover --start-directory tests --top-level-directory .

onnx-test: .venv/onnx/ready ## ONNX Runtime answers what Evergreen does: every family on every table of the proof, and random pipelines
	cargo build --workspace --examples --locked
	@.venv/onnx/bin/python infra/onnx/equality.py --examples "$${CARGO_TARGET_DIR:-target}/debug/examples"

proof-test: .venv/onnx/ready ## A dozen tables of the proof within their bounds, in about a minute (ARGS=--write renews the bounds)
	cargo build --workspace --examples --locked
	@.venv/onnx/bin/python infra/proof/bounds.py --binary "$${CARGO_TARGET_DIR:-target}/debug/examples/proof" $(ARGS)

e2e: $(BUILT) ## The tests of the deployed stack, against an emulator of their own (ARGS=name picks some)
	cargo test --workspace --locked --test stack --test registry --no-run
	@$(LOCAL) test -- $(ARGS)
	@$(if $(ARGS),echo "IAM and JWT authorization are checked without ARGS only.",$(LOCAL) authorization)

dynamodb-test: .venv/emulator/ready ## The registry against Amazon's DynamoDB Local, with Java and npm (ARGS=name picks some)
	cargo test --workspace --locked --test registry --no-run
	@$(LOCAL) dynamodb-test -- $(ARGS)

localstack-test: .venv/emulator/ready .venv/localstack/ready .venv/sam/ready ## The template and its alarms on LocalStack without Docker, with Java and npm
	cargo test --workspace --locked --test localstack --no-run
	@$(LOCAL) localstack-test -- $(ARGS)

proof: .venv/bench/ready ## Sixty real tables beside six usual libraries: writes docs/PROOF.md (ARGS=--go-on goes on, ARGS=--again has Evergreen alone train anew, ARGS=ISLR/Auto picks one)
	cargo build --workspace --release --example proof --locked
	@OMP_NUM_THREADS=2 .venv/bench/bin/python infra/proof --binary "$${CARGO_TARGET_DIR:-target}/release/examples/proof" $(ARGS)

served: $(BUILT) .venv/science/ready ## Eight tables through the deployed stack, each beside scikit-learn: writes docs/PROOF.md (ARGS=name picks some)
	cargo build --workspace --example holdout --locked
	@$(PYTHON) infra/served $(ARGS)

sam-local: $(BUILT) ## Every file of events/ through `sam local invoke`, one prediction through `sam local start-api` (Docker)
	@$(LOCAL) sam-local

lint: validate deny python-lint ## Format, clippy, documentation, template, dependencies, Python
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	@$(PYTHON) infra/cost --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --test stack --test registry --test localstack --locked -- -D warnings
	cargo clippy --manifest-path fuzz/Cargo.toml --no-default-features --target-dir target/fuzz/lint --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

validate: .venv/sam/ready
	@$(SAM) validate --lint --template-file template.yaml

deny: .venv/lint/ready ## Licences, bans, sources and known vulnerabilities of Rust packages (ADVISORIES=required where these must be looked for)
	@ADVISORIES=$(ADVISORIES) infra/deny

# Each folder is a program of its own, whose modules are known by short names.
python-lint: .venv/lint/ready .venv/emulator/ready
	@.venv/lint/bin/ruff check --quiet infra
	@.venv/lint/bin/ruff format --quiet --check infra
	@for program in infra/bench infra/cost infra/local infra/onnx infra/proof infra/served; do \
	  (cd $$program && ../../.venv/lint/bin/mypy --config-file ../../pyproject.toml \
	    --python-executable ../../$(PYTHON) --cache-dir ../../target/mypy .) || exit 1; \
	done

bench-train: .venv/bench/ready ## Training beside scikit-learn, LightGBM, XGBoost and CatBoost: seconds, hold-out loss, memory, ratios (ARGS='--only 10k-forest' picks some)
	cargo build --workspace --release --example fit --locked
	@.venv/bench/bin/python infra/bench --binary "$${CARGO_TARGET_DIR:-target}/release/examples/fit" $(ARGS)

bench-reading: .venv/bench/ready ## Reading a CSV and a Parquet file beside polars, PyArrow and pandas: seconds, memory (ARGS='--rows 1600000')
	cargo build --workspace --release --example read --locked
	@cd infra/bench && ../../.venv/bench/bin/python -m reading \
	  --binary "$$(cd ../.. && cd "$${CARGO_TARGET_DIR:-target}" && pwd)/release/examples/read" $(ARGS)

bench-memory: .venv/parquet/ready ## Peak memory of training beside its estimate, for ten shapes of table (ARGS='--only narrow' picks some)
	cargo build --workspace --release --example memory --locked
	@cd infra/bench && ../../.venv/parquet/bin/python -m memory \
	  --binary "$$(cd ../.. && cd "$${CARGO_TARGET_DIR:-target}" && pwd)/release/examples/memory" $(ARGS)

bench: override ARGS :=
bench: bench-reading bench-train bench-scoring bench-serving cost ## Every figure beside its goal and its peers in one table, and as JSON in target/bench/report.json
	@$(PYTHON) infra/bench/whole.py

cost: .venv/emulator/ready ## What it costs, from the template, published prices and durations (ARGS=--write renews the README)
	@$(PYTHON) infra/cost $(ARGS)

# What is found goes to target/fuzz; fuzz/README.md says what is checked.
FUZZED := $(or $(TARGET),load)
SECONDS ?= 600
CARGO_FUZZ := target/tools/bin/cargo-fuzz

fuzz: $(CARGO_FUZZ) ## Hostile input for SECONDS=600: TARGET=load (artifacts), import (models made elsewhere), rows (bodies)
	@mkdir -p target/fuzz/corpus/$(FUZZED)
	$(CARGO_FUZZ) fuzz run --sanitizer none --target-dir target/fuzz/build $(FUZZED) \
	  target/fuzz/corpus/$(FUZZED) fuzz/corpus/$(FUZZED) -- -dict=fuzz/$(FUZZED).dict -artifact_prefix=target/fuzz/$(FUZZED)- \
	  -max_total_time=$(SECONDS) -max_len=16384 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1

fuzz-corpus: $(CARGO_FUZZ) # keeps in the repository what a run has found, as few and small files as will do
	fuzz/keep $(FUZZED)

$(CARGO_FUZZ):
	cargo install cargo-fuzz --version 0.13.2 --locked --debug --root target/tools

bench-scoring: .venv/onnx/ready ## One row and 10,000 rows a call beside smartcore, ONNX Runtime and scikit-learn (ARGS='--only iris' picks some)
	cargo build --workspace --release --example score --locked
	@.venv/onnx/bin/python infra/bench/scoring --binary "$${CARGO_TARGET_DIR:-target}/release/examples/score" $(ARGS)

bench-serving: $(BUILT) ## Cold start, warm path and size of the predict function (ARGS='--binary A B' measures others, in turn)
	cargo build --package evergreen-bench-serving --profile bench-driver --locked
	@"$${CARGO_TARGET_DIR:-target}/bench-driver/bench-serving" all --json target/bench/serving.json $(ARGS)

# One and a half times of what was measured when they were set. Never time: that is the machine's as much as the code's.
MOST_BYTES := 8000000
MOST_INSTRUCTIONS := 22000000

gate: $(BUILT) ## Fails where the predict binary, or the instructions of its cold start, have grown beyond loose bounds
	cargo build --workspace --bin bench-serving --locked
	@"$${CARGO_TARGET_DIR:-target}/debug/bench-serving" gate --most-bytes $(MOST_BYTES) --most-instructions $(MOST_INSTRUCTIONS)

lock: ## Renew the pinned Python packages
	infra/local/lock

# PARAMETERS come on top of those of the section; ARGS go to `sam deploy`.
deploy: .venv/sam/ready .venv/emulator/ready ## Build for the cloud and deploy to your account: PARAMETERS='AlertSender=… AlertRecipients=…' CONFIG=default
	@$(LOCAL) deploy --config $(CONFIG) --parameters $(PARAMETERS) -- $(ARGS)

# One build serves run, test and sam-local: it is made again only when a source has changed.
$(BUILT): $(SOURCES) | .venv/sam/ready .venv/emulator/ready
	@$(LOCAL) build --architecture $(ARCHITECTURE)
	@touch $@

.venv/%/ready: infra/local/%.txt infra/local/pip.txt infra/local/venv
	@infra/local/venv $*
