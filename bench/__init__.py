"""Measurements. A module here with a coroutine `rows` is a bench; `python -m bench.NAME` prints its rows."""
