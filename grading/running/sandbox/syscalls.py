"""Refuses the system calls that no homework needs, so that less of Linux is open to attack.

It uses libseccomp and its Python bindings where they are installed; namespaces hold without them.
"""

import errno
import socket
from types import ModuleType
from typing import Any

REFUSED = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "perf_event_open", "bpf"),
    *("keyctl", "add_key", "request_key", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount"),
    *("mount_setattr", "setns", "unshare", "open_by_handle_at", "name_to_handle_at", "quotactl", "acct", "syslog"),
    *("memfd_create", "memfd_secret", "shmget"),  # memory of no process: no limit would count it
    *("kexec_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff"),
)
NEWUSER = 0x10000000
FAMILIES = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6}


def library() -> ModuleType | None:
    """libseccomp's own bindings, or pyseccomp with the same interface; None if neither is installed."""
    for name in ("seccomp", "pyseccomp"):
        try:
            return __import__(name)
        except (ImportError, RuntimeError, OSError):
            continue
    return None


def rules() -> Any:
    """What refuses those calls, for good, to the process that calls its `load` and to all that it starts; None where
    libseccomp is missing."""
    seccomp = library()
    if seccomp is None:
        return None
    found = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in REFUSED:
        try:
            found.add_rule(seccomp.ERRNO(errno.EPERM), name)
        except (OSError, ValueError):  # this machine has no such call
            continue
    found.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags can't be inspected; glibc falls back to clone
    found.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, NEWUSER, NEWUSER))
    for family in set(range(1, 46)) - FAMILIES:  # vsock, for one, is not isolated by network namespaces
        found.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.EQ, family))
    return found
