"""The floors of the box: processes that do what it cannot do without, and nothing else. Each says its port when ready.

python -m bench.bare nothing    Trio's loop
python -m bench.bare hello      Quart on Trio under Hypercorn, one route
python -m bench.bare libraries  what the box imports of others
python -m bench.bare stream     an open PortAudio stream of silence
"""

import sys
from importlib import import_module

import trio

# Those that a silent box has loaded when it is idle.
LIBRARIES = (
    "hypercorn.trio",
    "numpy",
    "pydantic",
    "quart_trio",
    "socketio",
    "soundfile",
    "sqlite3",
    "tarfile",
    "transitions",
)


async def hello() -> None:
    from functools import partial

    from hypercorn.config import Config
    from hypercorn.trio import serve
    from quart_trio import QuartTrio

    app = QuartTrio(__name__)

    @app.get("/api/health")
    async def health() -> dict[str, str]:
        return {"status": "healthy"}

    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.loglevel = "ERROR"
    async with trio.open_nursery() as nursery:
        (address,) = await nursery.start(partial(serve, app, config))
        print(address.rpartition(":")[2], flush=True)


async def nothing() -> None:
    print(0, flush=True)
    await trio.sleep_forever()


async def libraries() -> None:
    for name in LIBRARIES:
        import_module(name)
    print(0, flush=True)
    await trio.sleep_forever()


async def stream() -> None:
    from tomb.devices.portaudio import Stream, look_again

    look_again()
    silence = Stream(lambda out, _: out.fill(0), None, 44100, 1024, 0.1)
    silence.open()
    print(0, flush=True)
    await trio.sleep_forever()


if __name__ == "__main__":
    trio.run({"nothing": nothing, "hello": hello, "libraries": libraries, "stream": stream}[sys.argv[1]])
