"""A box around a process, made of Linux namespaces that an ordinary user may create.

    enter(spec, keeper, gate)   the calling process is copied into a box, after which it runs `keeper`
    gate.admit(pid)             the process that has forked it lets it in

The box has a new root with the system's and Python's files in it, read-only, and a /tmp of its own; no network, no
processes but its own, a single user, and nothing of the course but what answers may import. All of it ends with the
box's first process, the kernel; and that one is ended by its keeper, which is outside, so the student's code can
neither signal nor trace nor see it. See unshare(2), mount_namespaces(7), pid_namespaces(7), user_namespaces(7).

It runs right after a fork of a process with one thread, and imports nothing that starts another.
"""

import contextlib
import ctypes
import hashlib
import os
import platform
import resource
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

NOBODY = 65534
HOME = "/tmp/lab"  # where the notebook runs; everything in /tmp is the box's own

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, BIND, REC, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
ATTR_RDONLY, ATTR_NOSUID, AT_RECURSIVE, DETACH = 1, 2, 0x8000, 2
SET_PDEATHSIG, SET_DUMPABLE, SET_NO_NEW_PRIVS = 1, 4, 38
MOUNT_SETATTR, PIVOT_ROOT = 442, {"x86_64": 155, "aarch64": 41}.get(platform.machine(), -1)
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
DEVICES = ("null", "zero", "full", "random", "urandom")
PASSWD = f"student:x:{NOBODY}:{NOBODY}::{HOME}:/bin/sh\n"


class NoBox(Exception):
    """This machine does not let us make a box. The message says why."""


@dataclass
class Spec:
    """What a box holds.

    readable  files and folders from outside, read-only at the same path
    blocked   path -> reason: a folder replaced by a Python package that gives the reason when it is imported
    files     name -> bytes: what was submitted with the notebook, for the folder that it runs in; names may contain /
    limits    of `resource.setrlimit`, by name without RLIMIT_
    room      bytes of /tmp
    """

    readable: list[str] = field(default_factory=list)
    blocked: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    room: int = 256 << 20


libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    texts = [text.encode() or None for text in (source, target, kind)]
    _check(libc.mount(*texts, ctypes.c_ulong(flags), data.encode() or None), f"mount {target}")


def _attributes(path: str, on: int, off: int = 0, flags: int = 0) -> None:
    """mount_setattr(2), Linux 5.12 and later."""
    wanted = (ctypes.c_uint64 * 4)(on, off, 0, 0)
    _check(libc.syscall(MOUNT_SETATTR, -100, path.encode(), flags, ctypes.byref(wanted), 32), "mount_setattr")


def python_folders() -> list[str]:
    """Where Python and the installed packages are: what a kernel must be able to read."""
    here = {os.path.realpath(p) for p in (sys.prefix, sys.base_prefix, sys.exec_prefix)} | {sys.prefix}
    packages = {p for p in sys.path if Path(p).name in {"site-packages", "dist-packages"} and os.path.isdir(p)}
    inside = lambda p, folder: os.path.realpath(p).startswith(os.path.realpath(folder) + os.sep)
    return sorted(here | {p for p in packages if not any(inside(p, folder) for folder in here)})


def brought(folder: str) -> dict[str, Path]:
    """Name -> path of every file in a folder and below, for the student's folder; no links, and no notebooks.

    Raises FileNotFoundError where there is no such folder: a kernel without the files would judge the answer wrongly.
    """
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"the folder {folder} is gone")
    found = sorted(Path(folder).rglob("*")) if folder else []
    files = [path for path in found if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb"]
    return {path.relative_to(folder).as_posix(): path for path in files}


def contents(folder: str) -> dict[str, bytes]:
    """Name -> contents of what is `brought`."""
    return {name: path.read_bytes() for name, path in brought(folder).items()}


def fingerprint(files: dict[str, bytes]) -> str:
    """A hash of names and contents."""
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{name!r} {len(data)} ".encode() + data)
    return digest.hexdigest()


class Gate:
    """The way into a box. A process that enters new namespaces can't set the accounts in them, if there is more than
    one; the process that has forked it can, since it stays outside."""

    def __init__(self):
        (self.asked, self.ask), (self.told, self.tell) = os.pipe(), os.pipe()

    def admit(self, pid: int) -> None:
        """Wait until that process has entered its namespaces, and set its accounts."""
        os.close(self.ask)
        os.close(self.told)
        if os.read(self.asked, 1):
            with contextlib.suppress(OSError):  # it has ended
                _map(pid)
                os.write(self.tell, b"!")
        os.close(self.asked)
        os.close(self.tell)

    def enter(self) -> None:
        """Enter new namespaces, and wait for the accounts."""
        os.close(self.asked)
        os.close(self.tell)
        _check(libc.unshare(NEWUSER | NEWNS | NEWIPC | NEWUTS | NEWNET | NEWPID), "unshare")
        os.write(self.ask, b"!")
        if not os.read(self.told, 1):
            raise OSError("the accounts of the box could not be set (/proc/self/uid_map)")
        os.close(self.ask)
        os.close(self.told)


def enter(spec: Spec, keeper: Callable[[int], None], gate: Gate) -> None:
    """Return in a new process inside the box, its first, without any privileges in it.

    The calling process runs `keeper(pid of that process)`, and when this returns or raises, it ends, and with it
    everything in the box. Raises OSError.
    """
    gate.enter()
    libc.sethostname(b"lab", 3)
    if inside := os.fork():
        try:
            keeper(inside)
        finally:
            with contextlib.suppress(OSError):  # it has ended
                os.kill(inside, signal.SIGKILL)
            os._exit(0)
    sources = {path: os.open(path, os.O_PATH) for path in _outside(spec) if os.path.exists(path)}
    _furnish(spec, sources)
    for fd in sources.values():
        os.close(fd)
    _give_up_rights()
    for name, value in spec.limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def _outside(spec: Spec) -> Iterator[str]:
    """Every path from outside that the box has, outer folders first."""
    yield from (p for p in (*SYSTEM, *SETTINGS) if not os.path.islink(p))
    yield from sorted({*spec.readable}, key=len)
    yield from (f"/dev/{name}" for name in DEVICES)


def _map(pid: int) -> None:
    """Set the accounts of a process's new user namespace. Root also gets `nobody`, as whom the student's code is to
    run: limits on processes don't apply to root."""
    root = os.geteuid() == 0
    both = f"0 0 1\n{NOBODY} {NOBODY} 1"
    texts = {
        "setgroups": "allow" if root else "deny",
        "uid_map": both if root else f"{NOBODY} {os.getuid()} 1",
        "gid_map": both if root else f"{NOBODY} {os.getgid()} 1",
    }
    for name, text in texts.items():
        Path(f"/proc/{pid}/{name}").write_text(text)


def _furnish(spec: Spec, sources: dict[str, int]) -> None:
    """Build the new root, and move into it."""
    os.umask(0o022)
    _mount("", "/", flags=REC | PRIVATE)
    root = "/tmp"  # any folder will do: what is mounted there is seen only in the box
    _mount("tmpfs", root, "tmpfs", NOSUID | NODEV, "size=4m,mode=755")
    os.mkdir(f"{root}/tmp")
    _mount("tmpfs", f"{root}/tmp", "tmpfs", NOSUID | NODEV, f"size={spec.room},nr_inodes=65536,mode=1777")
    for link in filter(os.path.islink, SYSTEM):
        os.symlink(os.readlink(link), root + link)
    for path, fd in sources.items():
        _bind(fd, root + path)
    for path, reason in spec.blocked.items():
        _block(root + path, reason)
    os.makedirs(f"{root}/dev/shm")
    _mount("tmpfs", f"{root}/dev/shm", "tmpfs", NOSUID | NODEV, "size=64m,nr_inodes=4096,mode=1777")
    os.symlink("/proc/self/fd", f"{root}/dev/fd")
    Path(root, "etc").mkdir(exist_ok=True)
    Path(root, "etc/passwd").write_text(PASSWD)
    os.mkdir(f"{root}/proc")
    _processes(f"{root}/proc")
    os.mkdir(f"{root}/outside")
    _check(libc.syscall(PIVOT_ROOT, root.encode(), f"{root}/outside".encode()), "pivot_root")
    os.chdir("/")
    _check(libc.umount2(b"/outside", DETACH), "umount")
    os.rmdir("/outside")
    _attributes("/", ATTR_RDONLY | ATTR_NOSUID, flags=AT_RECURSIVE)
    for path in ("/tmp", "/dev/shm"):
        _attributes(path, 0, off=ATTR_RDONLY)
    _bring(spec.files)


def _bring(files: dict[str, bytes]) -> None:
    """Make the student's folder, and go there."""
    os.mkdir(HOME)
    os.chdir(HOME)
    for name, data in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)
    for path in (Path("."), *Path(".").rglob("*")):
        os.chown(path, NOBODY, NOBODY)


def _bind(fd: int, target: str) -> None:
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    _mount(f"/proc/self/fd/{fd}", target, flags=BIND | REC)


def _block(target: str, reason: str) -> None:
    if os.path.isdir(target):
        _mount("tmpfs", target, "tmpfs", NOSUID | NODEV, "size=64k,mode=755")
    else:
        os.makedirs(target)
    Path(target, "__init__.py").write_text(f"raise ModuleNotFoundError({reason!r})\n")


def _processes(target: str) -> None:
    """A /proc of the box's own processes. No further box can be made: each would expose more of Linux to attack."""
    _mount("proc", target, "proc", NOSUID | NODEV | NOEXEC)
    with open(f"{target}/sys/user/max_user_namespaces", "w") as file:
        file.write("0")


def _give_up_rights() -> None:
    if os.getuid() != NOBODY:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _check(libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")
    libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(SET_DUMPABLE, 1, 0, 0, 0)
    libc.prctl(SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def trial() -> None:
    """Make a box and leave it; raises NoBox with the step that failed."""
    (receive, send), gate = os.pipe(), Gate()
    if not (child := os.fork()):
        try:
            enter(Spec(readable=python_folders()), lambda inside: os.waitpid(inside, 0), gate)
            os.listdir(sys.prefix)
            os.write(send, b"ok")
        except BaseException as error:
            os.write(send, str(error).encode() or b"it ended")
        finally:
            os._exit(0)
    os.close(send)
    gate.admit(child)
    os.waitpid(child, 0)
    with open(receive, "rb") as file:
        outcome = file.read().decode()
    if outcome != "ok":
        raise NoBox(outcome or "the process in it ended at once")


if __name__ == "__main__":
    try:
        trial()
    except (NoBox, OSError) as error:
        sys.exit(str(error))
