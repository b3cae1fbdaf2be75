"""The owner of the certificate: a renewed one counts from the next connection on, without a restart.

One that cannot be used is a state of the box that heals: the one before goes on, if there was one, and whether the
files are better now is looked at again and again (see `supervisor`). Plain HTTP does not depend on any of it.
"""

import logging
import ssl

import trio

from tomb.devices import certificate
from tomb.devices.certificate import Pair
from tomb.ports import Ports

log = logging.getLogger(__name__)

LOOK_S = 10.0


class Certificate:
    """`context`: what connections are secured with, None before the first that can be used."""

    def __init__(self, ports: Ports, pair: Pair) -> None:
        self._ports = ports
        self._pair = pair
        self.context: ssl.SSLContext | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until it cannot be used. Raises Missing, Broken."""
        read: object = None
        while True:
            stamp = await self._ports.in_thread(certificate.stamp, self._pair)
            if stamp != read:
                is_another = self.context is not None
                self.context = await self._ports.in_thread(certificate.load, self._pair)
                read = stamp
                if is_another:
                    log.info("HTTPS: the certificate was read anew")
                task_status.started()
            await trio.sleep(LOOK_S)
