"""What separates a student's code from everything else: see box.py, server.py (the fork server) and kernels.py.

kind()           what this machine offers: namespaces, bubblewrap or none
describe()       that, in words
begin()          starts the fork server, which takes seconds to import what kernels need, and does not wait for it
require(trust)   raises NoSandbox if there is none, unless submissions are trusted
kernel(...)      a kernel in it, which runs cells
blocked(lab)     what a lab's answers may not import
"""

import functools
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from llmcourse.course import topics

from . import box, kernels, syscalls
from .kernels import Ended, Kernel

if TYPE_CHECKING:
    from llmcourse.checks import Lab

__all__ = ["Ended", "Kernel", "NoSandbox", "begin", "blocked", "bubblewrap", "describe", "kernel", "kind", "require"]

HELP = """\
Submissions are programs written by strangers, and nothing here isolates them from the rest of this machine:
{why}
What to do depends on where you are:
- Ubuntu 23.10 and later: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
- other Linux: sudo sysctl user.max_user_namespaces=10000, and kernel.unprivileged_userns_clone=1 where it exists
- if an administrator prefers it: install bubblewrap (bwrap), which is used instead
- Docker: --security-opt seccomp=unconfined --security-opt systempaths=unconfined
- Kubernetes: a pod with procMount: Unmasked, hostUsers: false and an unconfined seccompProfile
- macOS and Windows: grade in a Linux machine (WSL 2, a virtual machine, Docker as above)
On a machine that holds nothing else, `--trust-submissions` (or LLMCOURSE_TRUST_SUBMISSIONS=1) grades without one."""


LINUX_ONLY = """\
Submissions can be run on Linux only, also with --trust-submissions: what runs them talks over sockets (SOCK_SEQPACKET)
and ends them through handles (pidfd) that this system ({system}) does not have.
Grade in a Linux machine: WSL 2 on Windows, a virtual machine, or Docker with --security-opt seccomp=unconfined
--security-opt systempaths=unconfined. Everything else works here: `inspect`, `class`, `bundle`, `roster`, `report`,
`release` and what authors use."""


class NoSandbox(RuntimeError):
    """Submissions can't be run safely here. The message says what to change."""


@functools.cache
def _found() -> tuple[str, str]:
    """The kind, and why it is not a better one."""
    if sys.platform != "linux":
        return "none", "namespaces exist on Linux only"
    tried = subprocess.run([sys.executable, "-I", box.__file__], capture_output=True, text=True)
    if not tried.returncode:
        return "namespaces", ""
    why = f"user namespaces can't be used: {(tried.stderr.strip().splitlines() or ['no reason given'])[-1]}"
    if shutil.which("bwrap") and shutil.which("prlimit"):
        if not (no := bubblewrap()):
            return "bubblewrap", why
        why += f"\nbubblewrap can't be used either: {no}"
    return "none", why


def bubblewrap() -> str:
    """Why bubblewrap can't be used here, or ""."""
    bare = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    try:
        tried = subprocess.run(bare, capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return tried.stderr.strip() if tried.returncode else ""


def kind() -> str:
    """namespaces, bubblewrap or none."""
    return _found()[0]


def begin() -> None:
    """For a process that grades many: start the fork server, which kernels are forked from, and keep a spare one ready.

    The sooner this is called, the less the first submission waits.
    """
    if kind() == "namespaces":
        kernels.begin()


def describe() -> str:
    """What protects this machine, and how fast it is, in one line."""
    filtered = "system calls filtered" if syscalls.library() else "system calls not filtered (libseccomp is missing)"
    return {
        "namespaces": f"sandbox: namespaces, warm kernels, no network, {filtered}",
        "bubblewrap": f"sandbox: bubblewrap, a cold kernel for each submission; {_found()[1]}",
        "none": "NO SANDBOX: submissions run as you, with your files and your network",
    }[kind()]


def require(trust: bool) -> None:
    """Raises NoSandbox unless submissions are isolated or trusted, and can be run here at all."""
    if sys.platform != "linux" and trust:
        raise NoSandbox(LINUX_ONLY.format(system=sys.platform))
    if kind() == "none" and not trust:
        raise NoSandbox(HELP.format(why=_found()[1]))


def kernel(**settings) -> Kernel:
    """A kernel that is ready, in a sandbox; `settings` are those of `kernels.start`; `kind` is this machine's by
    default, and nothing is blocked."""
    return kernels.start(**{"kind": kind(), "blocked": {}} | settings)


def blocked(lab: "Lab") -> dict[str, str]:
    """Folder -> reason, for all packages that contain a lab's answers: importing an answer is not writing it."""
    reason = "`{}` is not available when {} is graded. Write the answer out."
    packages = (_folder("llmcourse") / name for name in topics() if name not in lab.allow)
    hidden = {package: f"llmcourse.{package.name}" for package in packages if package.is_dir()}
    hidden |= {folder: name for name in lab.deny if (folder := _folder(name))}
    return {str(folder.resolve()): reason.format(name, lab.slug) for folder, name in hidden.items()}


@functools.cache
def _folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None
