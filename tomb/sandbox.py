"""A program for which the world consists of the few files that it was started for.

    python -I -S sandbox.py [--read PATH]... [--write PATH]... [--run PATH]... [--folder PATH]... [--port PORT]
                            [--tasks COUNT] -- COMMAND...

runs a command that can open no file but these, itself and what lies in the system's own folders (`SYSTEM`), that
reaches no network, and leaves nothing anywhere else. It is meant for ffmpeg, which opens what a stranger's file names,
and for yt-dlp, which does what a stranger's page says. `--write`: a file that is there; `--folder`: a folder in which
it may do as it likes; `--port`: the one TCP port that it may connect to, since it is no use without; `--tasks`: how
many processes and threads there may be more of this user's than there are now (root has no such limit).

Two ways lead there, and the first that the kernel knows is taken:

*Landlock* (landlock(7)), by which any process may give up rights, for itself and its children, for good. In Linux since
5.13 ("ABI 1"); truncating is covered from 6.2 on (3), TCP from 6.7 (4), signals and abstract sockets from 6.12 (6).
Debian's kernels have it, and Ubuntu's since 22.04; others must be built with CONFIG_SECURITY_LANDLOCK and have
`landlock` in their `lsm=`, which not all for the Raspberry Pi have.

*Namespaces* (user_namespaces(7)), in which anybody may be root of a world of his own: an empty folder with the few
files mounted into it, and an empty network. The user behind it stays who he is, so his rights to these files do too.
Not where an administrator forbids it (kernel.unprivileged_userns_clone, AppArmor), nor in most containers.

Whichever it is, the command stays in its process group, by which it is found again and ended, and changes nobody's
rights to a file, which Landlock does not look at (seccomp(2), see `refuse_calls`).

With neither, the command runs as anybody else does, and its first line on stderr is `UNCONFINED`: whoever starts it
must not rely on this alone. If one of them fails half-way, the command does not run, and the status is `BROKEN`.

*The one port.* Landlock keeps TCP to it from ABI 4 on; it does not look at the address behind the port, and knows
nothing of UDP. Before that, the command gets an empty network of its own, in which something listens on that port and
carries what comes to the same port outside (`_lead_out`): then there is nothing else at all. Where neither can be, the
network stays open, and a line on stderr is `ONLINE`.

Why by a program in between, and not between fork and exec: in a fork of a process with threads, as the box is, only
what is safe in a signal handler is safe until the exec, and no Python is. That costs some 50 ms. Hence also `-I -S`, a
minimum of imports, and the constants of <linux/landlock.h>, <linux/mount.h> and <linux/sched.h> by hand. The numbers of
Landlock's system calls are the same on all machines; pivot_root(2) goes by that of the machine.
"""

import ctypes
import errno
import fcntl
import os
import resource
import select
import signal
import socket
import struct
import sys
from collections.abc import Iterable, Sequence

SYSTEM = (
    *("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom"),
    "/etc/alternatives",  # by which Debian names libraries, such as one that its ffmpeg needs
)
"""What any program needs to start, and nobody has secrets in."""

UNCONFINED = "sandbox: this kernel has neither Landlock nor namespaces for everybody"
ONLINE = "sandbox: this kernel cannot keep it from the network"
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
_PATH_BENEATH, _NET_PORT = 1, 2
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_READING = _READ | _LIST
_ALL_RIGHTS = ((5, (1 << 16) - 1), (3, (1 << 15) - 1), (2, (1 << 14) - 1), (1, (1 << 13) - 1))  # by the ABI
_TCP, _SIGNALS_AND_SOCKETS = 3, 3
_CONNECT = 1 << 1
_KNOWS_TCP = 4  # the ABI


def landlock_abi() -> int:
    """What this kernel knows of it; 0: nothing."""
    return max(int(_libc.syscall(_CREATE_RULESET, None, 0, _WANT_VERSION)), 0)


def restrict(
    *,
    read: Iterable[str] | None,
    write: Iterable[str] = (),
    run: Iterable[str] = (),
    folder: Iterable[str] = (),
    port: int | None = None,
) -> bool:
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
    rules = _checked(_libc.syscall(_CREATE_RULESET, attributes, 24 if abi >= 6 else 16 if abi >= _KNOWS_TCP else 8, 0))
    try:
        for paths, rights in (
            (read or (), _READING),
            (write, _WRITE | _TRUNCATE),
            (run, _READING | _EXECUTE),
            (folder, handled & ~_EXECUTE),
        ):
            for path in paths:
                _allow(rules, path, rights & handled)
        if port is not None and abi >= _KNOWS_TCP:
            _checked(_libc.syscall(_ADD_RULE, rules, _NET_PORT, struct.pack("=QQ", _CONNECT, port), 0))
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

_NEW_USER, _NEW_MOUNTS, _NEW_IPC, _NEW_NETWORK = 0x10000000, 0x00020000, 0x08000000, 0x40000000
_NEW_NAMESPACES = _NEW_USER | _NEW_MOUNTS | _NEW_IPC
_READ_ONLY, _NO_SETUID, _NO_DEVICES = 1, 2, 4
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1 << 5, 1 << 12, 1 << 14, 1 << 18
_KEPT = ((2, 2), (4, 4), (8, 8), (1024, 1024), (2048, 2048), (4096, 1 << 21))  # statvfs's flag, mount's for the same
_DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "i686": 217, "armv6l": 218, "armv7l": 218, "aarch64": 41, "riscv64": 41}
_NOBODY = 65534
_NEW_ROOT = "/tmp"  # noqa: S108  # any folder that is there on all machines: what is mounted on it, only this sees


def enter_namespaces(
    *,
    read: Iterable[str],
    write: Iterable[str],
    run: Iterable[str],
    folder: Iterable[str] = (),
    port: int | None = None,
) -> bool:
    """Go, for good, where there are only these, under the names that they have here. False where that is forbidden.

    Raises: OSError when it goes wrong half-way, and this process is good for nothing any more.
    """
    pivot_root = _PIVOT_ROOT.get(os.uname().machine)
    user, group = os.getuid(), os.getgid()
    kinds = ((read, _READ_ONLY), (run, _READ_ONLY), (write, 0), (folder, 0))
    wanted = [(path, flag) for paths, flag in kinds for path in paths]
    network = _NEW_NETWORK if port is None else 0  # else it has one already, or there is none to be had
    if pivot_root is None or _libc.unshare(_NEW_NAMESPACES | network) < 0:
        return False
    # Only what was opened in here can be mounted in here; and it must be before its place is covered.
    opened = [(path, flag, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path, flag in wanted if os.path.exists(path)]
    _be_nobody(user, group)
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _mount("none", _NEW_ROOT, "tmpfs", _NO_SETUID | _NO_DEVICES)
    for path, flag, there in opened:
        _show(there, _NEW_ROOT + path, flag)
    _mount("none", _NEW_ROOT, None, _REMOUNT | _BIND | _READ_ONLY | _NO_SETUID | _NO_DEVICES)
    here = os.getcwd()
    os.chdir(_NEW_ROOT)
    _checked(_libc.syscall(pivot_root, b".", b"."))  # the old root now lies on top of the new one
    _checked(_libc.umount2(b".", _DETACH))
    os.chdir(here if os.path.isdir(here) else "/")
    _no_new_privileges()
    return True


def _be_nobody(user: int, group: int) -> None:
    """The capabilities that one has in a namespace of one's own end with the exec."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{_NOBODY} {user} 1"), ("gid_map", f"{_NOBODY} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


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


# --- a network with one port -----------------------------------------------------------------------------------------

_SET_FLAGS, _UP = 0x8914, 1  # of an interface, netdevice(7)


def _lead_out(port: int) -> bool:
    """Go on, as a child of this process, in a network where there is that port and no other. False: as before, then.

    A socket belongs to the network that it was made in, whoever has it: the child makes one in there and hands it out.
    This process waits for the child, and ends as it does; another accepts and carries. All are of one process group,
    so they end together. Raises: OSError in the child.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        return _go_in(port, theirs)
    theirs.close()
    with ours:
        _, handed, _, _ = socket.recv_fds(ours, 1, 1)
    accepting = os.fork() if handed else None
    if accepting == 0:
        with socket.socket(fileno=handed[0]) as listener:
            _accept(listener, port)
    _, status = os.waitpid(child, 0)
    if accepting is not None:
        os.kill(accepting, signal.SIGKILL)
        os.waitpid(accepting, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _go_in(port: int, outside: socket.socket) -> bool:
    user, group = os.getuid(), os.getgid()
    with outside:
        if _libc.unshare(_NEW_USER | _NEW_NETWORK) < 0:
            return False
        _be_nobody(user, group)
        with socket.socket() as any_socket:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
        with socket.create_server(("127.0.0.1", port)) as listener:
            socket.send_fds(outside, [b"."], [listener.fileno()])
    return True


def _accept(listener: socket.socket, port: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for mine in range(3):
        os.dup2(nowhere, mine)  # whoever reads what the command says, waits for no one else
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        inside, _ = listener.accept()
        if os.fork() == 0:
            with inside, socket.create_connection(("127.0.0.1", port)) as outside:
                _carry({inside: outside, outside: inside})
            os._exit(0)
        inside.close()


def _carry(across: dict[socket.socket, socket.socket]) -> None:
    """Both ways, until either side has ended."""
    while True:
        for source in select.select(list(across), [], [])[0]:
            block = source.recv(65536)
            if not block:
                return
            across[source].sendall(block)


# --- calls that no file says anything about --------------------------------------------------------------------------

_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _AND, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _JUMP_IF_SET, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_FAST_OPEN = 0x20000000  # MSG_FASTOPEN: to connect by sending, which Landlock does not see
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER, _MACHINE, _FIRST, _SECOND, _THIRD, _FOURTH = 0, 4, 16, 24, 32, 40  # where they are in struct seccomp_data
_X32 = 0x40000000  # numbers from here on mean the same calls once more, on x86-64
# AUDIT_ARCH_*; the numbers of setpgid, setsid; chmod, fchmod, fchmodat, fchmodat2; chown, fchown, lchown, fchownat, as
# far as there are such, and all that 32 bits have of them; io_uring_setup, by which one gets a socket, too; the number
# of socket; those of sendto, sendmsg, sendmmsg. (What i386 has besides, socketcall, its C library cannot do without.)
_X86_64 = 0xC000003E, (109, 112, 90, 91, 268, 452, 92, 93, 94, 260, 425), 41, (44, 46, 307)
_I386 = 0x40000003, (57, 66, 15, 94, 306, 452, 182, 95, 16, 298, 212, 207, 198, 425), 359, (369, 370, 345)
_ARM = 0x40000028, (57, 66, 15, 94, 333, 452, 182, 95, 16, 325, 212, 207, 198, 425), 281, (290, 296, 374)
_NEWER = (154, 157, 52, 53, 452, 54, 55, 425), 198, (206, 211, 269)
_MACHINES = {  # with the bits of a pointer: a kernel of 64 may run programs of 32
    ("x86_64", 64): _X86_64,
    **dict.fromkeys((("x86_64", 32), ("i686", 32)), _I386),
    **dict.fromkeys(((machine, 32) for machine in ("aarch64", "armv8l", "armv7l", "armv6l")), _ARM),
    ("aarch64", 64): (0xC00000B7, *_NEWER),
    ("riscv64", 64): (0xC00000F3, *_NEWER),
}


def refuse_calls() -> bool:
    """Take from this process, and from all that it starts, what Landlock does not see, by seccomp(2).

    To leave its process group: by that it is counted, and ended. To change whose files are and who may open them, which
    anybody may do with all that is his user's, wherever it lies. To speak anything but TCP to a network, such as UDP,
    or to connect but by connect(2), where it looks at the port. False where this machine or its kernel is not known.
    """
    known = _MACHINES.get((os.uname().machine, struct.calcsize("P") * 8))
    if known is None:
        return False
    machine, calls, open_socket, send = known
    refuse, allow = (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)
    steps = [  # a code, how many steps to leave out if it is so and if it is not, a value
        (_LOAD, 0, 0, _MACHINE),
        (_JUMP_IF_EQUAL, 1, 0, machine),
        refuse,  # another's calls have other numbers
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_IF_AT_LEAST, 0, 1, _X32),
        refuse,
        *(step for call in calls for step in ((_JUMP_IF_EQUAL, 0, 1, call), refuse)),
    ]
    for call, flags in zip(send, (_FOURTH, _THIRD, _FOURTH), strict=True):
        steps += [(_JUMP_IF_EQUAL, 0, 4, call), (_LOAD, 0, 0, flags), (_JUMP_IF_SET, 0, 1, _FAST_OPEN), refuse, allow]
    steps += [
        (_JUMP_IF_EQUAL, 0, 12, open_socket),
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_IF_EQUAL, 2, 0, socket.AF_INET),
        (_JUMP_IF_EQUAL, 1, 0, socket.AF_INET6),
        allow,
        (_LOAD, 0, 0, _SECOND),
        (_AND, 0, 0, 0xF),  # without SOCK_CLOEXEC and SOCK_NONBLOCK
        (_JUMP_IF_EQUAL, 1, 0, socket.SOCK_STREAM),
        refuse,
        (_LOAD, 0, 0, _THIRD),
        (_JUMP_IF_EQUAL, 2, 0, 0),
        (_JUMP_IF_EQUAL, 1, 0, socket.IPPROTO_TCP),
        refuse,
        allow,
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    described = struct.pack("@HP", len(steps), ctypes.addressof(program))
    _no_new_privileges()
    return int(_libc.prctl(_PR_SET_SECCOMP, _FILTER, described, 0, 0)) == 0


# --- the program -----------------------------------------------------------------------------------------------------


def command(
    program: Sequence[str],
    *,
    read: Sequence[str] = (),
    write: Sequence[str] = (),
    run: Sequence[str] = (),
    folder: Sequence[str] = (),
    port: int | None = None,
    tasks: int | None = None,
) -> list[str]:
    """How to start `program` (its first word is a path) in here."""
    given = (("--read", read), ("--write", write), ("--run", run), ("--folder", folder))
    options = [(name, path) for name, paths in given for path in paths]
    options += [(name, str(value)) for name, value in (("--port", port), ("--tasks", tasks)) if value is not None]
    return [sys.executable, "-I", "-S", __file__, *(word for option in options for word in option), "--", *program]


def main(words: list[str]) -> None:
    names = ("--read", "--write", "--run", "--folder", "--port", "--tasks")
    given: dict[str, list[str]] = {name: [] for name in names}
    while words[0] != "--":
        given[words.pop(0)].append(words.pop(0))
    program = words[1:]
    run = (*SYSTEM, os.path.realpath(program[0]), *given["--run"])
    port = int(given["--port"][0]) if given["--port"] else None
    paths = {"read": given["--read"], "write": given["--write"], "run": run, "folder": given["--folder"]}
    try:
        if given["--tasks"]:
            _, allowed = resource.getrlimit(resource.RLIMIT_NPROC)
            most = _tasks() + int(given["--tasks"][0])
            most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
        if port is not None and landlock_abi() < _KNOWS_TCP and not _lead_out(port):
            print(ONLINE, file=sys.stderr, flush=True)
        if not restrict(**paths, port=port) and not enter_namespaces(**paths, port=port):
            print(UNCONFINED, file=sys.stderr, flush=True)
        refuse_calls()
    except OSError as error:
        print(f"sandbox: {error}", file=sys.stderr, flush=True)
        sys.exit(BROKEN)
    # Python ignores these two, and what is ignored stays so across an exec.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execv(program[0], program)


def _tasks() -> int:
    """What RLIMIT_NPROC counts: the processes and threads of this user."""
    count, user = 0, os.getuid()
    for name in os.listdir("/proc"):
        try:
            if name.isdecimal() and os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue  # it ended meanwhile
    return count


if __name__ == "__main__":
    main(sys.argv[1:])
