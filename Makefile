# All commands of this project, for people and CI. `make help` lists them.
#
# The local stack needs Rust, Python 3 with pip, and make. It needs no Docker and no AWS account. Its files are in target/local.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run stop console cli build test unit-test python-test onnx-test proof-test e2e api-test cli-test clients-test browser-test dynamodb-test localstack-test verify-machines proof served drift-proof live-proof lint words deny python-lint sam-local validate lock deploy bench bench-reading bench-scoring bench-explaining bench-train bench-memory bench-serving bench-console bench-batch bench-large gate fuzz fuzz-corpus year year-localstack cost

EMULATOR ?= ministack
ADVISORIES ?=
BROWSER ?=
# The user's table (a .csv, .csv.gz or .parquet file, or a directory of such files), its column to predict, and a model name.
DATASET :=
TARGET :=
MODEL :=
unexport DATASET TARGET MODEL
# Default: 4566 for Iris, and the first free port after it for each table of the user.
PORT ?=
MACHINE := $(shell uname -m)
ARCHITECTURE := $(if $(filter arm64 aarch64,$(MACHINE)),arm64,x86_64)

PYTHON := .venv/emulator/bin/python
LOCAL := $(PYTHON) infra/local
# The SAM CLI always needs a Region, also for commands that use none.
SAM := PATH="$(CURDIR)/.venv/sam/bin:$$PATH" AWS_DEFAULT_REGION="$${AWS_DEFAULT_REGION:-us-east-1}" SAM_CLI_TELEMETRY=0 sam

# The section of samconfig.toml that `make deploy` uses.
CONFIG ?= default

# Quotes any text, so that the shell reads it as one word.
quoted = '$(subst ','\'',$(1))'

BUILT := target/local/build/template.yaml
RELEASED := target/lambda/predict/bootstrap
SOURCES := template.yaml Cargo.toml Cargo.lock $(shell find functions shared infra/mail \( -name tests -o -name testkit -o -name benches -o -name examples \) -prune -o -type f -print 2>/dev/null)

help: ## List all commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# LocalStack is checked first: the build takes minutes.
run: $(if $(filter localstack,$(EMULATOR)),localstack-answers) $(BUILT) ## Build, start or update the local stack, and show the whole lifecycle, with Iris or with DATASET=table.csv TARGET=column
	@$(LOCAL) run --emulator $(EMULATOR) $(addprefix --port ,$(PORT)) \
	  --dataset $(call quoted,$(DATASET)) --target $(call quoted,$(TARGET)) --model $(call quoted,$(MODEL))

.PHONY: localstack-answers
localstack-answers: .venv/emulator/ready
	@$(LOCAL) localstack-answers $(addprefix --port ,$(PORT))

stop: ## Stop the local stacks
	@if [ -x $(PYTHON) ]; then $(LOCAL) down; else echo "No local stack runs."; fi

console: .venv/emulator/ready ## Print a link that opens the console of the last local stack, or of MODEL=name
	@$(LOCAL) console --model $(call quoted,$(MODEL))

# Cargo's profile `cli` builds it in a minute or two. The release profile is made for functions, and takes much longer.
cli: ## Build the command line, target/cli/evergreen
	cargo build --package evergreen-cli --profile cli --locked

build: $(BUILT) ## Build the functions for this machine

test: unit-test python-test onnx-test verify-machines proof-test e2e api-test cli-test clients-test browser-test ## Run all tests: Rust, Python, comparison with ONNX Runtime, training as on other machines, twelve real tables, deployed stack, generated requests, command line, clients of other servers, pages in a browser

# Every build names the whole workspace. With fewer packages, the same crates get other features and are compiled again.
unit-test: ## Run the tests of the Rust code
	cargo test --workspace --locked

# The programs in WITH_NUMPY need NumPy, pandas and scikit-learn.
WITH_NUMPY := infra/bench infra/proof
WITHOUT_NUMPY := infra/cost infra/local infra/machines infra/words

python-test: .venv/emulator/ready .venv/onnx/ready ## Run the tests of the Python programs
	@for program in $(WITHOUT_NUMPY); do (cd $$program && ../../$(PYTHON) -m unittest discover --quiet -s tests -t .) || exit 1; done
	@for program in $(WITH_NUMPY); do (cd $$program && ../../.venv/onnx/bin/python -m unittest discover --quiet -s tests -t .) || exit 1; done

onnx-test: .venv/onnx/ready ## Compare predictions with ONNX Runtime, and explanations with shap: every model family on every table of the proof, and random pipelines
	cargo build --workspace --bins --examples --locked
	@.venv/onnx/bin/python infra/onnx/equality.py --examples "$${CARGO_TARGET_DIR:-target}/debug/examples"
	@.venv/onnx/bin/python infra/onnx/contributions.py

verify-machines: .venv/onnx/ready ## Train as on other processors (with QEMU, if it is installed) and compare the artifacts byte for byte (ARGS=--all uses all tables)
	cargo build --workspace --bins --examples --locked
	@.venv/onnx/bin/python infra/machines --examples "$${CARGO_TARGET_DIR:-target}/debug/examples" $(ARGS)

proof-test: .venv/onnx/ready ## Check twelve tables of the proof against their loss bounds, in about a minute (ARGS=--write updates the bounds)
	cargo build --workspace --bins --examples --locked
	@.venv/onnx/bin/python infra/proof/bounds.py --binary "$${CARGO_TARGET_DIR:-target}/debug/examples/proof" $(ARGS)

e2e: $(BUILT) ## Run the tests of the deployed stack, with their own emulator (ARGS=name selects tests)
	cargo test --workspace --locked --test stack --test registry --no-run
	@$(LOCAL) test -- $(ARGS)
	@$(if $(ARGS),echo "IAM and JWT authorization are only checked without ARGS.",$(LOCAL) authorization)

browser-test: $(BUILT) .venv/browser/ready ## Test the console's pages in Chromium (ARGS=name selects tests, BROWSER=required fails without Chromium)
	@BROWSER=$(BROWSER) $(LOCAL) browser -- $(ARGS)

api-test: $(BUILT) .venv/browser/ready ## Call every route of the console with generated values, and check the answers against its OpenAPI document
	@$(LOCAL) schemathesis -- $(ARGS)

cli-test: $(BUILT) ## Use every command of the command line with a stack of its own, and check the exit codes
	@$(LOCAL) commands

clients-test: $(BUILT) .venv/clients/ready .venv/browser/ready ## Call the prediction API with the clients of MLflow, Triton and SageMaker, and from a page (ARGS=name selects tests)
	@BROWSER=$(BROWSER) $(LOCAL) clients -- $(ARGS)

dynamodb-test: .venv/emulator/ready ## Run the registry tests with Amazon's DynamoDB Local; needs Java and npm (ARGS=name selects tests)
	cargo test --workspace --locked --test registry --no-run
	@$(LOCAL) dynamodb-test -- $(ARGS)

localstack-test: .venv/emulator/ready .venv/localstack/ready .venv/sam/ready ## Test the template and its alarms on LocalStack without Docker; needs Java and npm
	cargo test --workspace --locked --test localstack --no-run
	@$(LOCAL) localstack-test -- $(ARGS)

proof: .venv/bench/ready ## Compare with six libraries on sixty real tables and write docs/PROOF.md (ARGS=--go-on continues, ARGS=--again trains only Evergreen again, ARGS=ISLR/Auto selects one table)
	cargo build --workspace --release --example proof --locked
	@OMP_NUM_THREADS=2 .venv/bench/bin/python infra/proof --binary "$${CARGO_TARGET_DIR:-target}/release/examples/proof" $(ARGS)

served: $(BUILT) .venv/science/ready ## Compare the deployed stack with scikit-learn on eight tables and write docs/PROOF.md (ARGS=name selects tables)
	cargo build --workspace --example holdout --locked
	@$(PYTHON) infra/served $(ARGS)

drift-proof: .venv/drift/ready ## Simulate years of drift checks beside Evidently and NannyML and write the tables of docs/WATCHING.md; takes hours (ARGS=--go-on continues)
	cargo build --package evergreen-lifecycle --example drift --profile bench-driver --locked
	@.venv/drift/bin/python infra/drift --binary "$${CARGO_TARGET_DIR:-target}/bench-driver/examples/drift" $(ARGS)

live-proof: ## Simulate years of feedback and write the tables about live accuracy of docs/WATCHING.md; takes minutes (YEARS=4000)
	cargo run --package evergreen-lifecycle --example live --profile bench-driver --locked -- $(or $(YEARS),4000) docs/WATCHING.md

sam-local: $(BUILT) ## Run every event of events/ with `sam local invoke` and one prediction with `sam local start-api`; needs Docker
	@$(LOCAL) sam-local

lint: words validate deny python-lint ## Check format, clippy, documentation, words, template, dependencies and Python code
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	@$(PYTHON) infra/cost --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --test stack --test registry --test localstack --locked -- -D warnings
	cargo clippy --manifest-path fuzz/Cargo.toml --no-default-features --target-dir target/fuzz/lint --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

words: .venv/emulator/ready ## Check texts, comments and names against infra/words/words.toml (ARGS=--counts counts each phrase)
	@$(PYTHON) infra/words $(ARGS)

validate: .venv/sam/ready ## Check the template with the SAM CLI and cfn-lint
	@$(SAM) validate --lint --template-file template.yaml

deny: .venv/lint/ready ## Check licences, bans, sources and known vulnerabilities of the Rust packages (ADVISORIES=required fails if the vulnerability database is not available)
	@ADVISORIES=$(ADVISORIES) infra/deny

# Each folder is its own program: its modules import each other by their short names.
TYPED := infra/bench infra/browser infra/clients infra/cost infra/drift infra/local infra/machines infra/proof infra/served infra/words
PARTLY_TYPED := infra/onnx
# JSON and the AWS SDK have no types, so functions may return their values without a check.
STRICT := --strict --no-warn-return-any

python-lint: .venv/lint/ready .venv/emulator/ready ## Check the Python code with ruff and mypy
	@.venv/lint/bin/ruff check --quiet infra
	@.venv/lint/bin/ruff format --quiet --check infra
	@for program in $(TYPED) $(PARTLY_TYPED); do \
	  case " $(TYPED) " in *" $$program "*) strict="$(STRICT)" ;; *) strict= ;; esac; \
	  (cd $$program && ../../.venv/lint/bin/mypy $$strict --config-file ../../pyproject.toml \
	    --python-executable ../../$(PYTHON) --cache-dir ../../target/mypy .) || exit 1; \
	done

bench-train: .venv/bench/ready ## Measure training beside scikit-learn, LightGBM, XGBoost and CatBoost: seconds, hold-out loss, memory, ratios (ARGS='--only 10k-forest' selects cases)
	cargo build --workspace --release --example fit --locked
	@.venv/bench/bin/python infra/bench --binary "$${CARGO_TARGET_DIR:-target}/release/examples/fit" $(ARGS)

bench-reading: .venv/bench/ready ## Measure reading CSV and Parquet files beside polars, PyArrow and pandas: seconds, memory (ARGS='--rows 1600000')
	cargo build --workspace --release --example read --locked
	@cd infra/bench && ../../.venv/bench/bin/python -m reading \
	  --binary "$$(cd ../.. && cd "$${CARGO_TARGET_DIR:-target}" && pwd)/release/examples/read" $(ARGS)

bench-console: ## Measure the console with 10,000 runs and versions: p50 and p99 of each screen and search, also in target/bench/console.json
	cargo run --profile bench-driver -p evergreen-console --example speed --locked

bench-batch: ## Measure batch scoring on one core: rows a second, and time and price of 100 million rows (ROWS=400000)
	cargo build --workspace --release --example batch_speed --locked
	@"$${CARGO_TARGET_DIR:-target}/release/examples/batch_speed" $(or $(ROWS),400000)

bench-memory: .venv/parquet/ready ## Compare the peak memory of training with its estimate, for ten table shapes (ARGS='--only narrow' selects tables)
	cargo build --workspace --release --example memory --locked
	@cd infra/bench && ../../.venv/parquet/bin/python -m memory \
	  --binary "$$(cd ../.. && cd "$${CARGO_TARGET_DIR:-target}" && pwd)/release/examples/memory" $(ARGS)

bench-large: .venv/bench/ready ## Measure training on a Parquet file that is read as a stream, beside LightGBM: seconds, memory, and 100 million rows extrapolated (ARGS='--rows 2000000')
	cargo build --workspace --release --example large --locked
	@cd infra/bench && ../../.venv/bench/bin/python -m large \
	  --binary "$$(cd ../.. && cd "$${CARGO_TARGET_DIR:-target}" && pwd)/release/examples/large" $(ARGS)

bench: override ARGS :=
bench: bench-reading bench-train bench-large bench-scoring bench-explaining bench-batch bench-serving cost ## Run all benchmarks and write one table with goals and peers, also as JSON in target/bench/report.json
	@$(PYTHON) infra/bench/whole.py

year: ## Simulate years of the stack with the template's alarms: which mail reports which incident, and how many are false (ARGS='--years 20 --quiet 1000', ARGS='--record FILE', ARGS='--replay FILE --set AccuracyLowAlarm.Threshold=-1', ARGS=--kinds)
	cargo run --package evergreen-year --locked --quiet -- $(ARGS)

year-localstack: .venv/localstack/ready ## Write the states that LocalStack's rule gives to alarms, with which the tests of `make year` compare theirs
	@.venv/localstack/bin/python infra/year/localstack_states.py

cost: .venv/emulator/ready ## Compute the costs from the template, published prices and durations (ARGS=--write updates the README)
	@$(PYTHON) infra/cost $(ARGS)

# Failing inputs go to target/fuzz. fuzz/README.md says what each target checks.
FUZZED := $(or $(TARGET),load)
SECONDS ?= 600
CARGO_FUZZ := target/tools/bin/cargo-fuzz

fuzz: $(CARGO_FUZZ) ## Fuzz for SECONDS=600: TARGET=load (artifacts), import (uploaded models), rows (request bodies), counts (of served rows)
	@mkdir -p target/fuzz/corpus/$(FUZZED)
	$(CARGO_FUZZ) fuzz run --sanitizer none --target-dir target/fuzz/build $(FUZZED) \
	  target/fuzz/corpus/$(FUZZED) fuzz/corpus/$(FUZZED) -- -dict=fuzz/$(FUZZED).dict -artifact_prefix=target/fuzz/$(FUZZED)- \
	  -max_total_time=$(SECONDS) -max_len=16384 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1

fuzz-corpus: $(CARGO_FUZZ) ## Add the inputs that a fuzz run found to the repository, as few and as small as possible
	fuzz/keep $(FUZZED)

$(CARGO_FUZZ):
	cargo install cargo-fuzz --version 0.13.2 --locked --debug --root target/tools

bench-scoring: .venv/onnx/ready ## Measure predictions of 1 and 10,000 rows beside smartcore, ONNX Runtime and scikit-learn (ARGS='--only iris' selects cases)
	cargo build --workspace --release --example score --locked
	@.venv/onnx/bin/python infra/bench/scoring --binary "$${CARGO_TARGET_DIR:-target}/release/examples/score" $(ARGS)

bench-explaining: .venv/onnx/ready ## Measure explanations of predictions beside shap and LightGBM
	cargo build --workspace --release --example score --locked
	@.venv/onnx/bin/python infra/bench/explaining --binary "$${CARGO_TARGET_DIR:-target}/release/examples/score" $(ARGS)

bench-serving: $(RELEASED) ## Measure cold start, warm calls and size of the predict function (ARGS='--binary A B' measures other binaries, alternately)
	cargo build --package evergreen-bench-serving --profile bench-driver --locked
	@"$${CARGO_TARGET_DIR:-target}/bench-driver/bench-serving" all --json target/bench/serving.json $(ARGS)

# Limits: one and a half times the measured values. Time has no limit here, because it also depends on the machine.
MOST_BYTES := 8000000
MOST_INSTRUCTIONS := 22000000

gate: $(RELEASED) ## Check that the predict binary and the instructions of its cold start stay below their limits
	cargo build --workspace --bins --examples --locked
	@"$${CARGO_TARGET_DIR:-target}/debug/bench-serving" gate --most-bytes $(MOST_BYTES) --most-instructions $(MOST_INSTRUCTIONS)

lock: ## Update the pinned Python packages
	infra/local/lock

# PARAMETERS override those of the section. ARGS are passed to `sam deploy`.
deploy: .venv/sam/ready .venv/emulator/ready ## Build for AWS and deploy to your account: PARAMETERS='AlertSender=… AlertRecipients=…' CONFIG=default
	@$(LOCAL) deploy --config $(CONFIG) --parameters $(PARAMETERS) -- $(ARGS)

# run, test and sam-local use the same build. It runs again only after a source file has changed.
$(BUILT): $(SOURCES) | .venv/sam/ready .venv/emulator/ready
	@$(LOCAL) build
	@touch $@

# The predict function as AWS runs it. Its size and its cold start are those of a release build.
$(RELEASED): $(SOURCES) | .venv/sam/ready
	@PATH="$(CURDIR)/.venv/sam/bin:$$PATH" cargo lambda build --release --locked --bin predict $(if $(filter arm64,$(ARCHITECTURE)),--arm64)
	@touch $@

.venv/%/ready: infra/local/%.txt infra/local/pip.txt infra/local/venv
	@infra/local/venv $*
