# The recipes. `./justw` runs them on a machine that has nothing yet; `just` does where it is installed.
# They run in the folder of this file. What a recipe needs and finds in place costs milliseconds.

set positional-arguments

_recipes:
    @{{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# install what the box needs: Debian packages, then .venv from the lock
[no-exit-message]
setup:
    @sh scripts/packages run
    @sh scripts/environment runtime

# run the box; the arguments are those of `tomb serve`
[no-exit-message]
serve *ARGS: setup
    @exec .venv/bin/tomb serve "$@"

# run the tests, in two processes; with arguments, which are those of pytest, in one
[no-exit-message]
test *ARGS: setup _dev
    @sh scripts/environment docs
    @sh scripts/packages test
    @sh scripts/clients
    @exec .venv/bin/python -m tests "$@"

# kill a busy box 300 times and look what it lost; the arguments are those of `python -m tests.soak`
[no-exit-message]
soak *ARGS: setup _dev
    @sh scripts/packages test
    @exec .venv/bin/python -m tests.soak "$@"

# the web UI with hot reload, in front of a running box (TOMB_URL, else http://localhost:8000); the arguments are those of vite
[no-exit-message]
ui *ARGS:
    @sh scripts/ui dev "$@"

# write the types of the web UI anew, from what a running box says of itself (TOMB_URL, else http://localhost:8000)
ui-types:
    @sh scripts/ui types

# build the web UI where web/ is newer than what is served, and check its types and tests
ui-check:
    @sh scripts/ui build
    @sh scripts/ui check

# write docs/screenshots/ anew: every page, on a phone and a desktop, light and dark; and the README's clip, or that alone: clip
screenshots *ARGS: setup _dev
    @sh scripts/packages test
    @exec .venv/bin/python -m tests.ui.screenshots "$@"

# check format, lint, types, import arrows, locks and generated files
[no-exit-message]
check: setup _dev
    @.venv/bin/ruff format --check --quiet
    @.venv/bin/ruff check --quiet
    @.venv/bin/mypy
    @.venv/bin/python -m pytest --quiet tests/test_architecture.py tests/test_locks.py tests/test_readme.py tests/docs/test_reference.py \
        tests/machines/test_diagrams.py tests/machines/test_owners.py

# measure; prints a table and writes JSON, the arguments are those of `python -m bench`
[no-exit-message]
bench *ARGS: setup _dev
    @sh scripts/environment bench
    @sh scripts/packages test
    @sh scripts/clients
    @exec .venv/bin/python -m bench "$@"

# build the Debian packages into dist/, for Debian 12 and 13 or for the one that is named (bookworm, trixie); needs root
[no-exit-message]
deb *ARGS:
    @sh scripts/deb "$@"

# make a site of the documents in dist/docs, or in the folder that is named
docs *ARGS: setup _dev
    @sh scripts/docs "$@"

# write the state diagrams of docs/ anew, from the machines themselves
diagrams: setup
    @.venv/bin/tomb diagrams --out docs

# write docs/api.md and docs/events.md anew, from what the box says of itself
reference: setup _dev
    @.venv/bin/python -m tests.docs.reference

# write requirements/*.txt anew; --upgrade takes the newest versions
lock *ARGS:
    @sh scripts/lock "$@"

# what the developers' recipes need on top of setup
[no-exit-message]
_dev:
    @sh scripts/environment dev
