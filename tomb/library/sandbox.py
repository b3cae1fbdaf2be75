"""A program for which the world consists of the few files that it was started for.

    python -I -S sandbox.py [--read PATH]... [--write PATH]... -- COMMAND...

runs a command that can open no file but these, itself and what lies in the system's own folders (`SYSTEM`), that
reaches no network, and leaves nothing anywhere else. It is meant for ffmpeg, which opens what a stranger's file names.

Two ways lead there, and the first that the kernel knows is taken:

*Landlock* (landlock(7)), by which any process may give up rights, for itself and its children, for good. In Linux since
5.13 ("ABI 1"); truncating is covered from 6.2 on (3), TCP from 6.7 (4), signals and abstract sockets from 6.12 (6).
Debian's kernels have it, and Ubuntu's since 22.04; others must be built with CONFIG_SECURITY_LANDLOCK and have
`landlock` in their `lsm=`, which not all for the Raspberry Pi have.

*Namespaces* (user_namespaces(7)), in which anybody may be root of a world of his own: an empty folder with the few
files mounted into it, and an empty network. The user behind it stays who he is, so his rights to these files do too.
Not where an administrator forbids it (kernel.unprivileged_userns_clone, AppArmor), nor in most containers.

With neither, the command runs as anybody else does, and its first line on stderr is `UNCONFINED`: whoever starts it
must not rely on this alone. If one of them fails half-way, the command does not run, and the status is `BROKEN`.

Why by a program in between, and not between fork and exec: in a fork of a process with threads, as the box is, only
what is safe in a signal handler is safe until the exec, and no Python is. That costs some 50 ms. Hence also `-I -S`, a
minimum of imports, and the constants of <linux/landlock.h>, <linux/mount.h> and <linux/sched.h> by hand. The numbers of
Landlock's system calls are the same on all machines; pivot_root(2) goes by that of the machine.
"""

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Iterable, Sequence

SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
"""What any program needs to start, and nobody has secrets in."""

UNCONFINED = "sandbox: this kernel has neither Landlock nor namespaces for everybody"
BROKEN = 125

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _no_new_privileges() -> None:
    """No setuid program gives back what was given up. Landlock demands it of all but root."""
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


_PR_SET_NO_NEW_PRIVS = 38


# --- Landlock --------------------------------------------------------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WANT_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_READING = _READ | _LIST
_ALL_RIGHTS = ((5, (1 << 16) - 1), (3, (1 << 15) - 1), (2, (1 << 14) - 1), (1, (1 << 13) - 1))  # by the ABI
_TCP, _SIGNALS_AND_SOCKETS = 3, 3


def landlock_abi() -> int:
    """What this kernel knows of it; 0: nothing."""
    return max(int(_libc.syscall(_CREATE_RULESET, None, 0, _WANT_VERSION)), 0)


def restrict(*, read: Iterable[str] | None, write: Iterable[str] = (), run: Iterable[str] = ()) -> bool:
    """Take from this thread, and from all that it starts from now on, what is not named here, by Landlock.

    `read`: files and folders; None leaves all that can be read now. `run`: what may be read and executed. What is not
    there is passed over. False where the kernel has no Landlock, and nothing was taken. Raises: OSError.
    """
    abi = landlock_abi()
    if abi == 0:
        return False
    handled = next(rights for since, rights in _ALL_RIGHTS if abi >= since)
    if read is None:
        handled &= ~_READING
    attributes = struct.pack("QQQ", handled, _TCP, _SIGNALS_AND_SOCKETS)
    rules = _checked(_libc.syscall(_CREATE_RULESET, attributes, 24 if abi >= 6 else 16 if abi >= 4 else 8, 0))
    try:
        for paths, rights in ((read or (), _READING), (write, _WRITE | _TRUNCATE), (run, _READING | _EXECUTE)):
            for path in paths:
                _allow(rules, path, rights & handled)
        _no_new_privileges()
        _checked(_libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        there = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(f"/proc/self/fd/{there}"):
            rights &= ~_LIST
        if rights:
            _checked(_libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, there), 0))
    finally:
        os.close(there)


# --- namespaces ------------------------------------------------------------------------------------------------------

_NEW_NAMESPACES = 0x10000000 | 0x00020000 | 0x40000000 | 0x08000000  # user, mounts, network, IPC
_READ_ONLY, _NO_SETUID, _NO_DEVICES = 1, 2, 4
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1 << 5, 1 << 12, 1 << 14, 1 << 18
_KEPT = ((2, 2), (4, 4), (8, 8), (1024, 1024), (2048, 2048), (4096, 1 << 21))  # statvfs's flag, mount's for the same
_DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "i686": 217, "armv6l": 218, "armv7l": 218, "aarch64": 41, "riscv64": 41}
_NOBODY = 65534
_NEW_ROOT = "/tmp"  # noqa: S108  # any folder that is there on all machines: what is mounted on it, only this sees


def enter_namespaces(*, read: Iterable[str], write: Iterable[str], run: Iterable[str]) -> bool:
    """Go, for good, where there are only these, under the names that they have here. False where that is forbidden.

    Raises: OSError when it goes wrong half-way, and this process is good for nothing any more.
    """
    pivot_root = _PIVOT_ROOT.get(platform.machine())
    user, group = os.getuid(), os.getgid()
    wanted = [(path, flag) for paths, flag in ((read, _READ_ONLY), (run, _READ_ONLY), (write, 0)) for path in paths]
    if pivot_root is None or _libc.unshare(_NEW_NAMESPACES) < 0:
        return False
    # Only what was opened in here can be mounted in here; and it must be before its place is covered.
    opened = [(path, flag, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path, flag in wanted if os.path.exists(path)]
    # As nobody: the capabilities that one has in a namespace of one's own end with the exec.
    for name, text in (("setgroups", "deny"), ("uid_map", f"{_NOBODY} {user} 1"), ("gid_map", f"{_NOBODY} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _mount("none", _NEW_ROOT, "tmpfs", _NO_SETUID | _NO_DEVICES)
    for path, flag, there in opened:
        _show(there, _NEW_ROOT + path, flag)
    _mount("none", _NEW_ROOT, None, _REMOUNT | _BIND | _READ_ONLY | _NO_SETUID | _NO_DEVICES)
    os.chdir(_NEW_ROOT)
    _checked(_libc.syscall(pivot_root, b".", b"."))  # the old root now lies on top of the new one
    _checked(_libc.umount2(b".", _DETACH))
    os.chdir("/")
    _no_new_privileges()
    return True


def _show(there: int, place: str, flag: int) -> None:
    source = f"/proc/self/fd/{there}"
    if os.path.exists(place):  # in a folder of the system's
        pass
    elif os.path.isdir(source):
        os.makedirs(place, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    _mount(source, place, None, _BIND | _RECURSIVE)
    # Flags that the mount has here are locked there: a remount must repeat them.
    has = os.statvfs(place).f_flag
    kept = sum(mounts for statvfs, mounts in _KEPT if has & statvfs)
    _mount("none", place, None, _REMOUNT | _BIND | kept | flag | (has & _READ_ONLY))
    os.close(there)


def _mount(source: str | None, place: str, kind: str | None, flags: int) -> None:
    encoded = [None if each is None else os.fsencode(each) for each in (source, place, kind)]
    _checked(_libc.mount(*encoded, ctypes.c_ulong(flags), None))


# --- the program -----------------------------------------------------------------------------------------------------


def command(program: Sequence[str], *, read: Sequence[str], write: Sequence[str]) -> list[str]:
    """How to start `program` (its first word is a path) in here."""
    options = [("--read", path) for path in read] + [("--write", path) for path in write]
    return [sys.executable, "-I", "-S", __file__, *(word for option in options for word in option), "--", *program]


def main(words: list[str]) -> None:
    paths: dict[str, list[str]] = {"--read": [], "--write": []}
    while words[0] != "--":
        paths[words.pop(0)].append(words.pop(0))
    program = words[1:]
    run = (*SYSTEM, os.path.realpath(program[0]))
    given = {"read": paths["--read"], "write": paths["--write"], "run": run}
    try:
        if not restrict(**given) and not enter_namespaces(**given):
            print(UNCONFINED, file=sys.stderr, flush=True)
    except OSError as error:
        print(f"sandbox: {error}", file=sys.stderr, flush=True)
        sys.exit(BROKEN)
    # Python ignores these two, and what is ignored stays so across an exec.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
