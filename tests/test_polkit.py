"""The rule that lets a box switch its computer off, as polkit would run it: as JavaScript, with `polkit` in scope."""

import json
import subprocess
from pathlib import Path

RULE = Path(__file__).parent.parent / "packaging/polkit/50-tomb-power-off.rules"
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
    "org.debian.pcsc-lite.access_pcsc",
)
# Strict, as a slip must not pass for a global variable.
RUN = """
'use strict'
const rules = []
const polkit = { Result: { YES: 'yes', NO: 'no' }, addRule: (rule) => rules.push(rule) }
new Function('polkit', '"use strict";' + require('node:fs').readFileSync(process.argv[1], 'utf8'))(polkit)
const asked = JSON.parse(process.argv[2])
console.log(JSON.stringify(asked.map(([id, user]) => rules.map((rule) => rule({ id }, { user }) ?? null))))
"""


def answers(asked: list[tuple[str, str]]) -> list[list[str | None]]:
    done = subprocess.run(
        ["node", "-e", RUN, str(RULE), json.dumps(asked)], capture_output=True, check=True, timeout=60
    )
    found: list[list[str | None]] = json.loads(done.stdout)
    return found


def test_the_box_may_switch_its_computer_off() -> None:
    assert answers([(action, "tomb") for action in POWER_OFF]) == [["yes"]] * len(POWER_OFF)


def test_it_may_nothing_else_and_nobody_else_gains_anything() -> None:
    asked = [(action, "tomb") for action in OTHERS] + [(action, "somebody") for action in POWER_OFF]
    assert answers(asked) == [[None]] * len(asked)  # left to whatever else decides
