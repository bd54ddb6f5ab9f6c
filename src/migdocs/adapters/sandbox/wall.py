"""Start a throw-away server behind what the system gives to hold it in, and end it with us.

Run as a program of its own, with nothing but the standard library. One line of JSON on its standard
input starts the server; the end of that input, however it comes, ends the server with all that it
started, and removes its folder. Walls that a system does not give are left out, and named nowhere:
``up`` in the server's folder lists those that stand.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import resource
import select
import shutil
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

# What a server may take of the machine, by process: bytes, bytes, processes beyond those that its
# user has already. One file of PostgreSQL's is at most 1 GB.
MEMORY, FILE, PROCESSES = 3 << 30, 2 << 30, 256
UP, ENDED = "up", "ended"  # files in the server's folder
PATIENCE = 5.0  # seconds until a server that does not end is ended
BETWEEN_LOOKS = 0.2  # seconds

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
# Kernel's numbers (audit.h, unistd.h): of the machine, of calls that no server needs, of socket().
MACHINES = {
    "x86_64": (0xC000003E, {"execve": 59, "ptrace": 101, "mount": 165, "socket": 41, "bpf": 321}),
    "aarch64": (0xC00000B7, {"execve": 221, "ptrace": 117, "mount": 40, "socket": 198, "bpf": 280}),
}
SAME_EVERYWHERE = {"io_uring_setup": 425, "userfaultfd": 323}
X32 = 0x40000000  # from here on, numbers of x86-64's other binary interface
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of the filter's machine (bpf_common.h)
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16  # in struct seccomp_data
AF_UNIX = 1

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
# landlock.h: all rights of the first version, then by version what it added.
ALL_RIGHTS, ADDED_RIGHTS = (1 << 13) - 1, {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
RULES_TCP_SINCE, RULES_SIGNALS_SINCE = 4, 6
READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, read a folder
OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/etc", "/opt", "/nix", "/bin")


def main() -> None:
    """Wait for what is to be started, and for the end."""
    folder = Path(sys.argv[1])
    if sys.platform == "linux":
        _libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    server = 0
    try:
        while line := _next_line(server, folder):
            server = _started(json.loads(line), folder)
    finally:
        _end(server)
        for _ in range(5):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(BETWEEN_LOOKS)


def _next_line(server: int, folder: Path) -> bytes:
    """Wait for a line, and meanwhile see whether the server ends; empty at the end of the input."""
    line = b""
    while not line.endswith(b"\n"):
        if select.select([0], [], [], BETWEEN_LOOKS if server else None)[0]:
            piece = os.read(0, 1)
            if not piece:
                return b""
            line += piece
        while server and (gone := _gone()):
            if gone == server:
                (folder / ENDED).touch()
    return line


def _gone() -> int:
    """Give a process of ours that has ended, 0 where there is none."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0]
    except ChildProcessError:
        return 0


def _started(asked: dict[str, Any], folder: Path) -> int:
    """Start a server, and give its process."""
    with contextlib.suppress(FileNotFoundError):
        (folder / ENDED).unlink()
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    up = os.open(folder / UP, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    program = os.open(asked["command"][0], os.O_RDONLY)
    process = os.fork()
    if process:
        for file in (log, up, program):
            os.close(file)
        return process
    try:
        os.setsid()
        os.chdir("/")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.write(up, json.dumps(_walls(asked)).encode())
        # By its open file: the call that starts programs by path is refused by now.
        what = program if os.execve in os.supports_fd else asked["command"][0]
        os.execve(what, asked["command"], asked["environment"])  # noqa: S606 - no shell is wanted
    except BaseException as error:  # noqa: BLE001 - this process is the server's or nobody's
        os.write(2, f"{error}\n".encode())
    os._exit(127)


def _end(server: int) -> None:
    """End a server and everything that was started from it."""
    if not server:
        return
    until = time.monotonic() + PATIENCE
    with contextlib.suppress(OSError):
        os.kill(server, signal.SIGQUIT)
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if os.waitpid(server, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
                continue
        break
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    for _ in range(100):
        left = children.read_text().split() if children.exists() else [str(server)]
        for process in left:
            with contextlib.suppress(OSError):
                os.kill(int(process), signal.SIGKILL)
                os.waitpid(int(process), 0)
        if not children.exists() or not left:
            return


# --- the walls ----------------------------------------------------------------------------------


def _walls(asked: dict[str, Any]) -> list[str]:
    """Put up every wall that this system gives, and name them; the order matters."""
    user, group = asked["user"] or os.geteuid(), asked["group"] or os.getegid()
    wanted, up = set(asked["walls"]), []
    is_linux = sys.platform == "linux"
    if "limits" in wanted and _limits(user, asked["cpu"]):
        up.append("limits")
    if is_linux and "network" in wanted and _own_network():
        up.append("network namespace")
    if asked["user"] is not None:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if is_linux:
        libc = _libc()
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            up.append("no new privileges")
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)
        if "files" in wanted and _only_files(asked["writes"], asked["reads"]):
            up.append("files")
        refused = {"programs": ["execve"], "network": ["socket"]}
        calls = [call for wall in refused if wall in wanted for call in refused[wall]]
        if _filtered(calls):
            up += [wall for wall in refused if wall in wanted]
    return up


def _libc() -> ctypes.CDLL:
    """Give the C library."""
    return ctypes.CDLL(None, use_errno=True)


def _limits(user: int, cpu: int) -> bool:
    """Limit what the server's processes may take."""
    limits = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, MEMORY),
    ]
    if (threads := _threads(user)) is not None:
        limits.append((resource.RLIMIT_NPROC, threads + PROCESSES))
    try:
        for which, most in limits:
            _, hard = resource.getrlimit(which)
            value = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (value, value))
    except (OSError, ValueError):  # macOS refuses some
        return False
    return True


def _threads(user: int) -> int | None:
    """Count the threads that a user has, None where the system does not tell."""
    if not Path("/proc/self/task").is_dir():
        return None
    count = 0
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and folder.stat().st_uid == user:
                count += sum(1 for _ in (folder / "task").iterdir())
    return count


def _own_network() -> bool:
    """Go into a network of one's own, which reaches nobody."""
    libc, user, group = _libc(), os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0:
        return True
    if user == 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) != 0:
        return False
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(text)
    return True


def _only_files(writes: list[str], reads: list[str]) -> bool:
    """Let the server see the system's programs and its own folder, and no other file (Landlock)."""
    libc = _libc()
    version = libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    rights = ALL_RIGHTS | sum(bit for since, bit in ADDED_RIGHTS.items() if version >= since)
    # Of files; of TCP; of signals and abstract sockets.
    parts = 1 + (version >= RULES_TCP_SINCE) + (version >= RULES_SIGNALS_SINCE)
    ruled = struct.pack("=QQQ", rights, 3, 3)[: 8 * parts]
    ruleset = libc.syscall(LANDLOCK_CREATE, ruled, len(ruled), 0)
    if ruleset < 0:
        return False
    allowed = [*((path, rights) for path in (*writes, *DEVICES))]
    allowed += [(path, READ) for path in (*SYSTEM, *reads)]
    for path, right in allowed:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            place = os.open(path, os.O_PATH)
            usable = rights if Path(path).is_dir() else rights & OF_FILES
            rule = struct.pack("=Qi", right & usable, place)
            if libc.syscall(LANDLOCK_ADD, ruleset, 1, rule, 0) != 0:
                return False
            os.close(place)
    return bool(libc.syscall(LANDLOCK_RESTRICT, ruleset, 0) == 0)


def _filtered(calls: list[str]) -> bool:
    """Let the kernel refuse calls that a server needs not (seccomp): programs, other sockets."""
    if platform.machine() not in MACHINES:
        return False
    machine, own = MACHINES[platform.machine()]
    numbers = SAME_EVERYWHERE | own
    if "execve" not in calls:
        del numbers["execve"]
    socket = numbers.pop("socket")
    if "socket" not in calls:
        socket = -1
    refused = sorted(numbers.values())
    size = len(refused)
    # Each: what is done, where to go on if so and if not (steps beyond the next), with what.
    code = [
        (LOAD, 0, 0, MACHINE),
        (EQUAL, 0, size + 5, machine),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, size + 3, 0, X32),
        *((EQUAL, size + 2 - n, 0, number) for n, number in enumerate(refused)),
        (EQUAL, 0, 3, socket & 0xFFFFFFFF),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (EQUAL, 1, 0, AF_UNIX),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    text = b"".join(struct.pack("=HBBI", *step) for step in code)
    buffer = ctypes.create_string_buffer(text)
    program = struct.pack("@HP", len(code), ctypes.addressof(buffer))
    return bool(_libc().prctl(PR_SET_SECCOMP, 2, program, 0, 0) == 0)


if __name__ == "__main__":
    main()
