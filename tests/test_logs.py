import logging
import subprocess
import sys
from pathlib import Path

import pytest

from tomb import logs
from tomb.logs import RATION_S, Ration


def line(seconds: float, message: str = "dropped %s", *args: object) -> logging.LogRecord:
    record = logging.LogRecord("box", logging.WARNING, "", 1, message, args or ("192.0.2.1",), None)
    record.created = 1_750_000_000 + seconds
    return record


def test_one_line_of_a_kind_a_minute_says_for_how_many_it_stands() -> None:
    ration = Ration()
    assert ration.filter(line(0, "dropped %s", "one"))
    assert not any(ration.filter(line(second, "dropped %s", f"stranger {second}")) for second in range(1, 60))
    last = line(RATION_S, "dropped %s", "last")
    assert ration.filter(last)
    assert last.getMessage() == "dropped last (and 59 more like it before)"
    again = line(2 * RATION_S, "dropped %s", "again")
    assert ration.filter(again)
    assert again.getMessage() == "dropped again"


def test_other_kinds_are_not_held_back_with_it() -> None:
    ration = Ration()
    assert ration.filter(line(0))
    assert ration.filter(line(0, "refused %s"))
    failed = line(0)
    failed.exc_info = (ValueError, ValueError(), None)
    assert ration.filter(failed)


def test_a_clock_that_was_set_back_does_not_silence_a_kind() -> None:
    ration = Ration()
    assert ration.filter(line(3600))
    assert ration.filter(line(0))


def test_a_percent_sign_from_a_stranger_is_no_format() -> None:
    ration = Ration()
    ration.filter(line(0, "dropped %s", "one"))
    ration.filter(line(1, "dropped %s", "two"))
    third = line(RATION_S, "dropped %s", "100 %s")
    assert ration.filter(third)
    assert third.getMessage() == "dropped 100 %s (and 1 more like it before)"


@pytest.mark.parametrize("name", logs.RATIONED)
def test_what_is_rationed_is_a_logger_that_there_is(name: str) -> None:
    """Hypercorn's is given to it in tomb/nurseries/web.py."""
    source = Path(logs.__file__).parent / f"{name.removeprefix('tomb.').replace('.', '/')}.py"
    assert name == "hypercorn.error" or "getLogger(__name__)" in source.read_text(encoding="utf-8")


# As PortAudio's binding does while it looks for devices, in a thread, for all threads.
SILENCED = "import os; os.dup2(os.open(os.devnull, os.O_WRONLY), 2)"


def said(program: str) -> str:
    return subprocess.run((sys.executable, "-c", program), stderr=subprocess.PIPE, text=True, check=True).stderr


def test_what_is_said_while_descriptor_2_is_silenced_is_heard() -> None:
    program = f"""if True:
        import logging, sys
        from tomb import logs
        logs.keep_stderr()
        logs.configure("info")
        {SILENCED}
        logging.getLogger("tomb").info("a line of the log")
        print("why it does not start", file=sys.stderr)
    """
    heard = said(program)
    assert "a line of the log" in heard
    assert "why it does not start" in heard


def test_a_restart_meanwhile_does_not_leave_the_next_process_silent() -> None:
    program = f"""if True:
        import os, sys
        from tomb import logs
        from tomb.nurseries import lifecycle
        if lifecycle.RESUMES in os.environ:
            print("up again", file=sys.stderr)
        else:
            logs.keep_stderr()
            {SILENCED}
            lifecycle._start_anew(0)
    """
    assert "up again" in said(program)


def test_a_process_without_stderr_starts_all_the_same() -> None:
    said("import sys; sys.stderr = None; from tomb import logs; logs.keep_stderr()")


# They log what the disk, the devices, the operator or a defect does, however often strangers ask.
NOT_FOR_STRANGERS = {
    "tomb.devices.service_manager",
    "tomb.devices.youtube.update",
    "tomb.events",
    "tomb.library.repair.recovery",
    "tomb.nurseries.certificate",
    "tomb.nurseries.backups",
    "tomb.nurseries.deck",
    "tomb.nurseries.importer",
    "tomb.nurseries.journal",
    "tomb.nurseries.librarian",
    "tomb.nurseries.lifecycle",
    "tomb.nurseries.liveness",
    "tomb.nurseries.mailbox",
    "tomb.nurseries.parent_auth",
    "tomb.nurseries.rescan",
    "tomb.nurseries.supervisor",
    "tomb.service",
}


def test_whoever_logs_is_rationed_or_was_found_not_to_log_for_strangers() -> None:
    package = Path(logs.__file__).parent
    logging_modules = {
        ".".join(("tomb", *path.relative_to(package).with_suffix("").parts))
        for path in package.rglob("*.py")
        if "getLogger(__name__)" in path.read_text(encoding="utf-8")
    }
    assert logging_modules == (set(logs.RATIONED) - {"hypercorn.error"}) | NOT_FOR_STRANGERS
    assert NOT_FOR_STRANGERS.isdisjoint(logs.RATIONED)
