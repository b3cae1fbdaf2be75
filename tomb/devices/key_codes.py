"""The numbers that Linux gives to keys and axes (include/uapi/linux/input-event-codes.h), as far as the box needs them.

They say where a key is, or what is printed on it by those who made it, and nothing of a layout.
"""

from typing import Final

KEY_ENTER, KEY_KPENTER = 28, 96
KEY_A = 30
KEY_MUTE, KEY_VOLUMEDOWN, KEY_VOLUMEUP, KEY_POWER = 113, 114, 115, 116
KEY_STOP, KEY_NEXTSONG, KEY_PLAYPAUSE, KEY_PREVIOUSSONG, KEY_STOPCD = 128, 163, 164, 165, 166
KEY_PLAYCD, KEY_PAUSECD, KEY_PLAY, KEY_MEDIA, KEY_SHUFFLE = 200, 201, 207, 226, 410
BTN_LEFT, BTN_TOUCH = 0x110, 0x14A
KEYS, AXES = 0x300, 0x10  # how many there can be

_FROM_ONE = r"""
    Escape|1|2|3|4|5|6|7|8|9|0|-|=|Backspace|Tab|Q|W|E|R|T|Y|U|I|O|P|[|]|Enter|Control left|A|S|D|F|G|H|J|K|L|;|'|`
    |Shift left|\|Z|X|C|V|B|N|M|,|.|/|Shift right|Keypad *|Alt left|Space|Caps lock|F1|F2|F3|F4|F5|F6|F7|F8|F9|F10
    |Num lock|Scroll lock|Keypad 7|Keypad 8|Keypad 9|Keypad -|Keypad 4|Keypad 5|Keypad 6|Keypad +|Keypad 1|Keypad 2
    |Keypad 3|Keypad 0|Keypad ."""
_BY_CODE = """
    87 F11|88 F12|96 Keypad Enter|97 Control right|98 Keypad /|100 Alt right|102 Home|103 Up|104 Page up|105 Left
    |106 Right|107 End|108 Down|109 Page down|110 Insert|111 Delete|113 Mute|114 Volume down|115 Volume up|116 Power
    |119 Pause|128 Stop|139 Menu|142 Sleep|148 Prog 1|149 Prog 2|158 Back|159 Forward|163 Next|164 Play/pause
    |165 Previous|166 Stop|172 Home page|200 Play|201 Pause|202 Prog 3|203 Prog 4|207 Play|208 Fast forward
    |226 Headset button|352 OK|410 Shuffle"""
NAMES: Final = {
    **{code: name.strip() for code, name in enumerate(_FROM_ONE.split("|"), 1)},
    **{int(code): name for code, name in (each.split(maxsplit=1) for each in map(str.strip, _BY_CODE.split("|")))},
    **{code: f"Button {code - 0xFF}" for code in range(0x100, 0x110)},
    **{code: f"Button {code - 0x11F}" for code in range(0x120, 0x13F)},
}
"""What is printed on the key, in English. A key without a name has a number."""

DIGITS: Final = {
    **{code: str(code - 1) for code in range(2, 11)},
    11: "0",
    **dict(zip((79, 80, 81, 75, 76, 77, 71, 72, 73, 82), "1234567890", strict=True)),
}
HEX: Final = DIGITS | {30: "A", 48: "B", 46: "C", 32: "D", 18: "E", 33: "F"}
"""What a reader means that types: it takes the computer for one with an American keyboard."""
