"""Quart, without templates, commands, tests, sessions and asyncio, which it loads and a box does not use: its pages are
files, its commands its own, and its event loop is Trio's."""

from tomb.http import left_out

with left_out(
    *("aiofiles", "aiofiles.base", "aiofiles.threadpool", "aiofiles.threadpool.binary", "asyncio", "click"),
    *("flask.cli", "flask.testing", "http.cookiejar", "hypercorn.asyncio", "itsdangerous", "jinja2", "jinja2.loaders"),
    *("quart.cli", "quart.testing", "quart_trio.testing", "werkzeug.serving"),
):
    from quart_trio import QuartTrio

__all__ = ["QuartTrio"]
