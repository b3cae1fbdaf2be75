"""Watches the inbox: a folder that somebody puts there, over the network or from a stick, becomes a playlist."""

import logging

import trio

from tomb.errors import NoSpace, Unavailable
from tomb.nurseries.importer import Importer

log = logging.getLogger(__name__)


async def watch(
    importer: Importer, *, every_s: float, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Look every so many seconds, for ever. What cannot be taken in now is tried again; it is said once."""
    task_status.started()
    said = ""
    while True:
        await trio.sleep(every_s)
        try:
            await importer.empty_inbox()
            said = ""
        except (NoSpace, Unavailable) as error:
            if error.message != said:
                log.warning("the inbox cannot be emptied: %s", error.message)
            said = error.message
