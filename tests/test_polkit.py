"""What polkit lets a box do, by our rules as it would run them: as JavaScript, with `polkit` in scope."""

import json
import subprocess
from pathlib import Path

RULES = Path(__file__).parent.parent / "packaging/polkit"
LOGIND = "org.freedesktop.login1"
# What logind asks polkit for when somebody calls PowerOff (systemd, src/login/org.freedesktop.login1.policy), which is
# what `systemctl poweroff` does first (`tomb.ports.RealPorts.power_off`).
POWER_OFF = (f"{LOGIND}.power-off", f"{LOGIND}.power-off-multiple-sessions")
OTHERS = (
    f"{LOGIND}.power-off-ignore-inhibit",
    f"{LOGIND}.reboot",
    f"{LOGIND}.suspend",
    f"{LOGIND}.halt",
    "org.freedesktop.systemd1.manage-units",
)
# What pcscd asks for (pcsc-lite, doc/org.debian.pcsc-lite.policy): at the connection, and at each card.
READER = ("org.debian.pcsc-lite.access_pcsc", "org.debian.pcsc-lite.access_card")
# Strict, as a slip must not pass for a global variable.
RUN = """
'use strict'
const rules = []
const polkit = { Result: { YES: 'yes', NO: 'no' }, addRule: (rule) => rules.push(rule) }
const [asked, ...files] = process.argv.slice(1).map((each, place) => (place === 0 ? JSON.parse(each) : each))
const read = (file) => '"use strict";' + require('node:fs').readFileSync(file, 'utf8')
for (const file of files) new Function('polkit', read(file))(polkit)
console.log(JSON.stringify(asked.map(([id, user]) => rules.map((rule) => rule({ id }, { user }) ?? null))))
"""


def answers(asked: list[tuple[str, str]]) -> list[list[str | None]]:
    done = subprocess.run(
        ["node", "-e", RUN, json.dumps(asked), *sorted(map(str, RULES.glob("*.rules")))],
        capture_output=True,
        check=True,
        timeout=60,
    )
    found: list[list[str | None]] = json.loads(done.stdout)
    return found


def may(action: str, user: str) -> bool:
    """Whether some rule says so. What none says anything about is left to whatever else decides."""
    [said] = answers([(action, user)])
    assert set(said) <= {"yes", None}
    return "yes" in said


def test_the_box_may_switch_its_computer_off() -> None:
    assert all(may(action, "tomb") for action in POWER_OFF)


def test_the_box_may_use_the_reader() -> None:
    assert all(may(action, "tomb") for action in READER)


def test_it_may_nothing_else_and_nobody_else_gains_anything() -> None:
    assert not any(may(action, "tomb") for action in OTHERS)
    assert not any(may(action, "somebody") for action in POWER_OFF + READER)
