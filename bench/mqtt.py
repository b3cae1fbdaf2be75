"""From a command on a broker to the sound, and what being connected costs: the whole box as a process, Debian's
mosquitto, a real PulseAudio null sink.

    python -m bench.mqtt [--commands 100] [--seconds 20]

The floor of a command is a message that goes to the broker and comes back to the same program, and the opening of a
bare stream. That of an answer (a volume that is told back) is such a message twice: there are two ways through the
broker.
"""

import argparse
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from bench.box import streams_to_sound, until_closed
from bench.meters import Row, load_percent, memory_mb, timed, weighed
from tests.rigs.library import opened
from tests.rigs.mosquitto import Mosquitto, mosquitto
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, serving
from tests.rigs.pulse import PulseRig, Recording, pulse_rig
from tests.rigs.sounds import noise, write
from tomb.config import BrokerAddress
from tomb.devices.decoder import probe
from tomb.devices.mqtt.broker import Broker, Credentials
from tomb.devices.mqtt.session import Message, Session
from tomb.ports import RealPorts

ECHO = "bench/echo"
PAUSE_S = 0.15  # the box takes 10 commands a second
SETTLED_S = 5.0
FLOOD = 200  # messages at a time


async def rows(commands: int = 100, seconds: float = 20.0) -> list[Row]:
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        (Path(folder) / "music" / "Songs").mkdir(parents=True)
        write(Path(folder) / "music" / "Songs" / "short.wav", noise(0.3))
        async with opened(data, ports=RealPorts(), probe=probe) as stage:
            await stage.importer.import_folder(Path(folder) / "music")
        async with mosquitto(Path(folder)) as broker, pulse_rig() as pulse:
            env = pulse.env | {"TOMB_AUDIO_IDLE_CLOSE_S": "0"}
            options = ("--audio", "portaudio", "--reader", "virtual")
            async with serving(data, *options, env=env) as box:
                without = await costs(box, seconds)
            env["TOMB_MQTT"] = f"mqtt://127.0.0.1:{broker.port}"
            async with serving(data, *options, env=env) as box, pulse.recording() as recording:
                await box.until_health(lambda health: health["details"]["mqtt"]["state"] == "up")
                connected = await costs(box, seconds)
                streams = await streams_to_sound(pulse, recording, commands)
                box_id = box.log.partition(" as tomb/")[2][:12]
                async with house(broker) as session:
                    trips = [await round_trip(session) for _ in range(commands)]
                    sounds = [await to_sound(session, box_id, box, pulse, recording) for _ in range(commands)]
                    answers = [await answered(session, box_id, number % 100) for number in range(commands)]
                    flooded = await flood(session, box_id, box, seconds)
    floor = [trip + stream for trip, stream in zip(trips, streams, strict=True)]
    return [
        timed("from an MQTT command to sound (floor: a message there and back, and a bare stream)", sounds, floor),
        timed(
            "from an MQTT command to its answer (floor: two messages there and back)", answers, [2 * t for t in trips]
        ),
        weighed("memory with a broker, MB (floor: without one)", connected[0], without[0], seconds=seconds),
        weighed("idle with a broker, % of a core (floor: without one)", connected[1], without[1], seconds=seconds),
        weighed("flooded by a broker, % of a core (floor: idle with one)", flooded, connected[1], seconds=seconds),
    ]


async def costs(box: Box, seconds: float) -> tuple[float, float]:
    """Megabytes, and percent of a core."""
    await trio.sleep(SETTLED_S)
    return memory_mb(box.pid)[0], await load_percent(box.pid, seconds)


@asynccontextmanager
async def house(broker: Mosquitto) -> AsyncIterator[Session]:
    way = Broker(RealPorts(), BrokerAddress("127.0.0.1", broker.port), Credentials())
    async with way.session("house", Message("bench/house", b"gone")) as session:
        await session.subscribe(ECHO, "tomb/+/state/volume")
        yield session


async def round_trip(session: Session) -> float:
    began = time.monotonic_ns()
    await session.publish(Message(ECHO, b"%d" % began))
    with trio.fail_after(PATIENCE_S):
        while not any(message.payload == b"%d" % began for message in await session.receive()):
            pass
    return (time.monotonic_ns() - began) / 1e6


async def to_sound(session: Session, box_id: str, box: Box, pulse: PulseRig, recording: Recording) -> float:
    await until_closed(pulse)
    since, began = recording.count, time.monotonic_ns()
    await session.publish(Message(f"tomb/{box_id}/set/playlist", b"Songs"))
    with trio.fail_after(PATIENCE_S):
        at = recording.arrival(await recording.until_sound(since))
    ms = (time.monotonic_ns() - began) / 1e6 - (trio.current_time() - at) * 1000
    await box.until_player(lambda state: state["state"] == "stopped")
    return ms


async def answered(session: Session, box_id: str, volume: int) -> float:
    await trio.sleep(PAUSE_S)
    began = time.monotonic_ns()
    await session.publish(Message(f"tomb/{box_id}/set/volume", b"%d" % volume))
    with trio.fail_after(PATIENCE_S):
        while not any(
            (message.topic, message.payload) == (f"tomb/{box_id}/state/volume", b"%d" % volume)
            for message in await session.receive()
        ):
            pass
    return (time.monotonic_ns() - began) / 1e6


async def flood(session: Session, box_id: str, box: Box, seconds: float) -> float:
    async def pour() -> None:
        while True:
            for number in range(FLOOD):
                await session.publish(Message(f"tomb/{box_id}/set/volume", b"%d" % (number % 100)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(pour)
        used = await load_percent(box.pid, seconds)
        nursery.cancel_scope.cancel()
    return used


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.mqtt")
    parser.add_argument("--commands", type=int, default=100, help="how many of each kind (100)")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long it idles, and is flooded (20)")
    given = parser.parse_args()
    for row in trio.run(rows, given.commands, given.seconds):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
