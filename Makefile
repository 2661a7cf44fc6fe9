# make demo: set up, install a small stack of real software, show that nothing is missing.
# make test: set up, check and test everything.

.PHONY: demo test set-up check clean

set-up:
	@bash dev/set-up.sh

demo: set-up
	@bash dev/demo.sh

check: set-up
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

test: check
	.venv/bin/pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

clean:
	@chmod -R u+w .demo 2>/dev/null || true
	rm -rf .demo .venv
