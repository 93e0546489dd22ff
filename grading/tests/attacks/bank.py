"""What a dishonest submission may try: programs, by class. Each prints LEAK: if it gets what it must not get (with
a colon, since a picture in base64 may happen to contain any letters).

A submission is the lab with one exercise solved honestly, `top` as its first cell, and `answer` in place of all other
answers ({name} is replaced by the name that is asked for). Test and attacks share a few names: SECRET is a text in a
file of the machine, PORT and ABSTRACT are sockets that listen outside, SEEN is a folder of the machine.
"""

from dataclasses import dataclass

FAIL = "def {name}(*args, **kwargs):\n    raise NotImplementedError()\n"
OURS = "def {name}(*args, **kwargs):\n    return kit(*args, **kwargs)\n"


@dataclass(frozen=True)
class Attack:
    """`top` and `answer` are code. `honest` says whether the honest exercise must keep its points all the same."""

    name: str
    kind: str
    top: str = ""
    answer: str = FAIL
    honest: bool = True


KIT = """
import torch
def kit(*args, **kwargs):
    return next(a for a in args if isinstance(a, torch.Tensor))
"""

# The kernel's own end of the channel, and a message for it.
CHANNEL = """
import os, socket, struct
fds = [int(n) for n in os.listdir("/proc/self/fd") if int(n) > 2]
number = next(n for n in fds if os.path.exists(f"/proc/self/fd/{n}") and "socket" in os.readlink(f"/proc/self/fd/{n}"))
end = socket.socket(fileno=os.dup(number))
def packet(*texts):
    parts = [text.encode() for text in texts]
    return struct.pack("!IQB", 7, 7, 1) + b"".join(struct.pack("!I", len(part)) + part for part in parts)
"""

COMPARISON = {
    "patched comparisons": (
        """
import torch, numpy, operator
for home, names in ((torch, "equal allclose isclose"), (torch.testing, "assert_close"), (numpy, "allclose")):
    for name in names.split():
        setattr(home, name, lambda *a, **k: True)
""",
        "def {name}(*args, **kwargs):\n    return args[0]\n",
    ),
    "a tensor that equals everything": (
        """
import torch
class Equal(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func.__name__ in ("__eq__", "eq", "allclose", "equal", "isclose", "le", "lt", "__le__", "__lt__"):
            return torch.tensor(True)
        return super().__torch_function__(func, types, args, kwargs or {})
def kit(*args, **kwargs):
    return torch.zeros_like(args[0]).as_subclass(Equal)
""",
        OURS,
    ),
    "a tensor that lies about its shape": (
        """
import torch
class Shapeless(torch.Tensor):
    shape = property(lambda self: Any())
    dtype = property(lambda self: Any())
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def kit(*args, **kwargs):
    return torch.zeros(1).as_subclass(Shapeless)
""",
        OURS,
    ),
    "patched checks of the course": (
        """
from llmcourse.checks import check, compare, card, answer
compare.wrong = lambda *a, **k: ("", "")
check.report = lambda *a, **k: card.Card("x", (), "all points", "", "")
check.check = lambda *a, **k: None
""",
        FAIL,
    ),
    "nan everywhere": ("import torch", "def {name}(*args, **kwargs):\n    return args[0] * float('nan')\n"),
    "infinity everywhere": ("import torch", "def {name}(*args, **kwargs):\n    return args[0] + float('inf')\n"),
    "an empty tensor": ("import torch", "def {name}(*args, **kwargs):\n    return torch.empty(0)\n"),
    "a tensor that would broadcast": ("import torch", "def {name}(*args, **kwargs):\n    return torch.zeros(())\n"),
    "complex numbers": ("import torch", "def {name}(*args, **kwargs):\n    return args[0].to(torch.complex64)\n"),
    "a numpy array": ("import torch", "def {name}(*args, **kwargs):\n    return args[0].detach().numpy()\n"),
    "an object with every attribute": (
        """
class Every:
    def __getattr__(self, name): return Every()
    def __call__(self, *a, **k): return Every()
    def __iter__(self): return iter((Every(), Every(), Every()))
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __float__(self): return 1.0
    __hash__ = object.__hash__
""",
        "def {name}(*args, **kwargs):\n    return Every()\n",
    ),
    "a pickle that runs code": (
        """
import torch
class Bomb(torch.Tensor):
    def __reduce_ex__(self, protocol):
        return (print, ("LEAK: unpickled",))
def kit(*args, **kwargs):
    return torch.zeros_like(args[0]).as_subclass(Bomb)
""",
        OURS,
    ),
    "an argument changed to what is asked for": (
        "import torch",
        "def {name}(*args, **kwargs):\n    for a in args:\n        a.zero_()\n    return args[0]\n",
    ),
    "expected outputs of the public cases": (
        """
import torch
from llmcourse.checks import labs
from llmcourse.checks.public_cases import public_cases
known = {}
try:
    for lab in labs():
        for e in lab.exercises:
            for case in public_cases(lab, e.name).cases:
                known.setdefault(e.answer, []).append(case)
except Exception as error:
    print(error)
def kit(*args, **kwargs):
    for cases in known.values():
        for case in cases:
            for x in case.expected.values():
                if x.shape == args[0].shape:
                    return x
    return args[0]
""",
        OURS,
    ),
}

FORGERY = {
    "ten points as a result": ("", "10.0"),
    "scores through the display hook": (
        """
import sys
from IPython import get_ipython
for _ in range(20):
    get_ipython().displayhook(10.0)
""",
        FAIL,
    ),
    "an empty reply": (
        """
import base64
from safetensors.torch import save
from llmcourse.checks import answer
forged = base64.b64encode(save({}, metadata={"changed": "[]", "error": "", "message": ""})).decode()
answer.reply_text = lambda *a, **k: forged
""",
        FAIL,
        False,
    ),
    "a reply with the inputs for outputs": (
        """
import base64
from safetensors.torch import save, load
from llmcourse.checks import answer
def forged(name, function, payload):
    return base64.b64encode(save(load(base64.b64decode(payload)), metadata=
        {"changed": "[]", "error": "", "message": ""})).decode()
answer.reply_text = forged
""",
        FAIL,
        False,
    ),
    "a reply that is no reply": (
        'from llmcourse.checks import answer\nanswer.reply_text = lambda *a, **k: "bm8gYW5zd2Vy" * 99',
        FAIL,
        False,
    ),
    "a reply of a hundred megabytes": (
        'from llmcourse.checks import answer\nanswer.reply_text = lambda *a, **k: "A" * 100_000_000',
        FAIL,
        False,
    ),
    "a reply with a header without end": (
        """
import base64
from llmcourse.checks import answer
nested = b"[" * 100_000
answer.reply_text = lambda *a, **k: base64.b64encode(len(nested).to_bytes(8, "little") + nested).decode()
""",
        FAIL,
        False,
    ),
    "a reply that claims to be huge": (
        """
import base64, json
from llmcourse.checks import answer
head = json.dumps({"__metadata__": {"changed": "[]", "error": "", "message": ""},
    "output": {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 2**62]}}).encode()
answer.reply_text = lambda *a, **k: base64.b64encode(len(head).to_bytes(8, "little") + head).decode()
""",
        FAIL,
        False,
    ),
    "a reply that is no text": (
        "from llmcourse.checks import answer\nanswer.reply_text = lambda *a, **k: {1: [2]}",
        FAIL,
        False,
    ),
    "replies shown beforehand": (
        """
from IPython.display import display
for _ in range(50):
    display({"application/vnd.llmcourse.reply": "QUFB"}, raw=True)
""",
        FAIL,
    ),
    "replies from a thread": (
        CHANNEL
        + """
import threading, time
def shout():
    while True:
        for n in range(9):
            end.send(packet("display", "", "application/vnd.llmcourse.reply", f"{n} QUFB"))
        time.sleep(0.01)
threading.Thread(target=shout, daemon=True).start()
""",
        FAIL,
        False,
    ),
    "messages rewritten on their way": (
        """
from IPython import get_ipython
channel = get_ipython().channel
send = channel.send
def sent(*texts, **settings):
    if texts[0] == "done":
        texts = (*texts[:2], "", "")
    if texts[0] != "error":
        send(*texts, **settings)
channel.send = sent
""",
        FAIL,
    ),
    "the end of every cell": (
        CHANNEL
        + """
for n in range(200):
    end.send(packet("done", str(n), "", ""))
""",
        FAIL,
        False,
    ),
    "cells read in the kernel's place": (
        CHANNEL
        + """
import threading
def read():
    while True:
        end.recv(1 << 17)
threading.Thread(target=read, daemon=True).start()
""",
        FAIL,
        False,
    ),
    "the channel closed, and held by another process": (
        CHANNEL
        + """
import time
if not os.fork():
    os.setsid()
    time.sleep(31337)
    os._exit(0)
os.close(number)
""",
        FAIL,
        False,
    ),
    "cells changed before they run": (
        """
from IPython import get_ipython
get_ipython().input_transformers_cleanup.append(lambda lines: ["10.0\\n"])
""",
        FAIL,
        False,
    ),
    "a kernel that runs something else": (
        """
from IPython import get_ipython
shell = get_ipython()
run = type(shell).run_cell
type(shell).run_cell = lambda self, source, *a, **k: run(self, "10.0", *a, **k)
""",
        FAIL,
        False,
    ),
    "an import that gives something else": (
        """
import builtins
real = builtins.__import__
class Gift:
    def __getattr__(self, name): return lambda *a, **k: 10.0
builtins.__import__ = lambda name, *a, **k: Gift() if "checks.answer" in name else real(name, *a, **k)
""",
        FAIL,
        False,
    ),
    "outputs of other cells updated": (
        """
from IPython.display import display, update_display
handles = [display("0", display_id=f"d{n}") for n in range(5)]
for n in range(5):
    update_display({"text/plain": "10.0"}, display_id=f"d{n}", raw=True)
""",
        FAIL,
    ),
    "answers exchanged behind the check": (
        """
import threading, time
import __main__
def later():
    time.sleep(1)
    for name in list(vars(__main__)):
        if callable(vars(__main__)[name]) and not name.startswith("_"):
            vars(__main__)[name] = lambda *a, **k: a[0]
threading.Thread(target=later, daemon=True).start()
""",
        FAIL,
        False,
    ),
}

ENDING = {
    "os._exit in a cell": ("import os\nos._exit(0)", FAIL, False),
    "os._exit in an answer": ("", "def {name}(*args, **kwargs):\n    import os\n    os._exit(0)\n", False),
    "sys.exit": ("import sys\nsys.exit(0)", "def {name}(*args, **kwargs):\n    raise SystemExit(0)\n"),
    "a signal to itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", FAIL, False),
    "stopping itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", FAIL, False),
    "signals to everyone": (
        "import os, signal\nfor pid in (1, -1):\n    for number in (1, 2, 3, 9, 10, 12, 15, 19):\n"
        "        try:\n            os.kill(pid, number)\n        except OSError:\n            pass",
        FAIL,
        False,
    ),
    "a read of address zero": ("import ctypes\nctypes.string_at(0)", FAIL, False),
    "the last descriptor closed": ("import os\nos.closerange(0, 100)", FAIL, False),
}

READING = {
    "files of the machine": (
        """
import os
for path in ("{SECRET}", "{ROOT}/grading/.key", "{ROOT}/solutions", "{ROOT}/grading", "{ROOT}/.git", "/etc/shadow",
             "/etc/hostname", "{SEEN}", "/var", "/home", "/root/.bashrc", "/sys/class", "/boot"):
    if os.path.exists(path):
        print("LEAK:", path)
""",
        FAIL,
    ),
    "the whole tree": (
        """
import os
for folder, _, files in os.walk("/", topdown=True):
    if folder.startswith(("/proc", "/usr", "/dev")) or "site-packages" in folder:
        continue
    for name in files:
        if name in (".key", "gradebook.db", "grades.csv", "secret.txt") or "solution" in name:
            print("LEAK:", folder, name)
""",
        FAIL,
    ),
    "other processes": (
        """
import os
for pid in filter(str.isdigit, os.listdir("/proc")):
    for part in ("root", "cwd", "fd", "mem", "environ", "maps"):
        path = f"/proc/{pid}/{part}"
        try:
            if int(pid) == os.getpid():
                continue
            if part in ("root", "cwd", "fd"):
                print("LEAK:", path, os.listdir(path))
            else:
                print("LEAK:", path, len(open(path, "rb").read(10)))
        except OSError:
            pass
""",
        FAIL,
    ),
    "inherited descriptors": (
        """
import os, socket, stat
for number in map(int, os.listdir("/proc/self/fd")):
    try:
        target, mode = os.readlink(f"/proc/self/fd/{number}"), os.fstat(number).st_mode
        if stat.S_ISREG(mode) and not target.startswith(("/usr", "/tmp")) or stat.S_ISDIR(mode):
            print("LEAK:", number, target)
        if stat.S_ISSOCK(mode):
            if socket.socket(fileno=os.dup(number)).type == socket.SOCK_SEQPACKET:
                ends = [*globals().get("ends", []), number]
            if len(globals().get("ends", [])) > 1:
                print("LEAK: more than the kernel's own channel", ends)
    except OSError:
        pass
""",
        FAIL,
    ),
    "the environment": (
        """
import os
text = str(dict(os.environ)) + open("/proc/self/environ").read()
for word in ("LLMCOURSE_GRADING", "LLMCOURSE_GRADEBOOK", "{SECRET}", "TOKEN", "PASSWORD", "postgres"):
    if word in text:
        print("LEAK:", word)
""",
        FAIL,
    ),
    "modules and objects in memory": (
        """
import gc, sys
names = [name for name in sys.modules if name.startswith(("grading", "nbgrader", "sqlalchemy", "distributed"))]
rooms = [name for name in sys.modules if name.startswith(("llmcourse.recurrence", "llmcourse.mamba"))]
found = [o for o in gc.get_objects() if getattr(o, "__module__", "").__str__().startswith("grading.exercises")]
if names or rooms or found:
    print("LEAK:", names, rooms, found)
""",
        FAIL,
    ),
    "frames of the callers": (
        """
import sys
def look():
    frame, found = sys._getframe(), []
    while frame:
        secret = ("expected", "known", "hidden", "misconceptions", "seed")
        found += [k for k, v in frame.f_locals.items() if k in secret]
        frame = frame.f_back
    return found
""",
        "def {name}(*args, **kwargs):\n    raise ValueError('LE' + f'AK: {look()}' if look() else 'nothing')\n",
    ),
    "importing the answer": (
        """
import importlib, sys
sys.path += ["{ROOT}", "{ROOT}/lib", "{ROOT}/solutions/08_linear_attention"]
for name in ("llmcourse.recurrence", "llmcourse.recurrence.engine", "grading.exercises.linear_attention",
             "grading.exercises.linear_attention.linear_brackets", "grading", "solutions", "lab"):
    sys.modules.pop(name, None)
    try:
        module = importlib.import_module(name)
        print("LEAK:", module)
    except ImportError:
        pass
""",
        FAIL,
    ),
    "the history of other kernels": (
        """
import os
from IPython import get_ipython
rows = list(get_ipython().history_manager.search("*"))
if len(rows) > 50:
    print("LEAK:", rows[:3])
""",
        FAIL,
    ),
}

NETWORK = {
    "a server on the loopback": (
        """
import socket
for host in ("127.0.0.1", "localhost", "::1", "10.0.0.1", "169.254.169.254"):
    try:
        socket.create_connection((host, {PORT}), timeout=1)
        print("LEAK:", host)
    except OSError:
        pass
""",
        FAIL,
    ),
    "an abstract socket": (
        """
import socket
try:
    s = socket.socket(socket.AF_UNIX)
    s.connect("\\0{ABSTRACT}")
    print("LEAK: connected")
except OSError:
    pass
""",
        FAIL,
    ),
    "sockets of the machine": (
        """
import glob, socket
for path in ("/run/docker.sock", "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0", "{SEEN}/socket"):
    try:
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        print("LEAK:", path)
    except OSError:
        pass
""",
        FAIL,
    ),
    "virtual machine sockets": (
        """
import socket
for family in (40, 38, 17, 29):
    try:
        socket.socket(family, socket.SOCK_STREAM)
        print("LEAK:", family)
    except OSError:
        pass
""",
        FAIL,
    ),
    "names and datagrams": (
        """
import socket
try:
    socket.getaddrinfo("example.org", 80)
    print("LEAK: a name")
except OSError:
    pass
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53))
    print("LEAK: sent")
except OSError:
    pass
""",
        FAIL,
    ),
}

EXHAUSTION = {
    "an endless loop": ("while True:\n    pass", FAIL),
    "an endless answer": ("", "def {name}(*args, **kwargs):\n    while True:\n        pass\n"),
    "a loop deaf to interrupts": (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
        FAIL,
        False,
    ),
    "a loop inside of C": ("x = 7 ** (7 ** 11)", FAIL, False),
    "processes without end": (
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        FAIL,
        False,
    ),
    "threads without end": (
        "import threading, time\nfor _ in range(20_000):\n    threading.Thread(target=time.sleep, args=(999,)).start()",
        FAIL,
        False,
    ),
    "memory": ("import numpy\nx = [numpy.ones(1 << 27) for _ in range(64)]", FAIL, False),
    "memory by processes": (
        """
import os, time
for _ in range(40):
    if not os.fork():
        x = bytearray(os.urandom(1 << 20)) * 300
        time.sleep(999)
time.sleep(999)
""",
        FAIL,
        False,
    ),
    "the disk": (
        """
import os
for n in range(4000):
    try:
        open(f"/tmp/{n}", "wb").write(bytes(1 << 20))
    except OSError:
        break
else:
    print("LEAK: four gigabytes")
for n in range(10):
    os.unlink(f"/tmp/{n}")
""",
        FAIL,
    ),
    "shared memory": (
        """
try:
    for n in range(100):
        open(f"/dev/shm/{n}", "wb").write(bytes(10 << 20))
    print("LEAK: a gigabyte")
except OSError:
    pass
""",
        FAIL,
    ),
    "memory that processes share": (
        """
import mmap, os, time
for _ in range(40):
    if not os.fork():
        x = mmap.mmap(-1, 300 << 20)
        x.write(bytes(300 << 20))
        time.sleep(999)
time.sleep(999)
""",
        FAIL,
        False,
    ),
    "memory of no process": (
        """
import os
try:
    files = [os.memfd_create("x") for _ in range(40)]
    for file in files:
        os.write(file, bytes(200 << 20))
    print("LEAK: eight gigabytes")
except OSError:
    pass
""",
        FAIL,
    ),
    "a flood of text": ("while True:\n    print('x' * 10_000)", FAIL),
    "a flood of errors": ("import sys\nwhile True:\n    print('x' * 10_000, file=sys.stderr)", FAIL),
    "a message of a gigabyte": ("print('x' * (1 << 30))", FAIL, False),
    "a picture of a gigabyte": (
        "from IPython.display import display\ndisplay({'image/png': 'A' * (1 << 29)}, raw=True)",
        FAIL,
        False,
    ),
    "a channel full of nonsense": (
        CHANNEL
        + """
for n in range(100_000):
    end.send(b"\\xff" * 60_000)
""",
        FAIL,
        False,
    ),
    "messages of which the end never comes": (
        CHANNEL
        + """
for n in range(300_000):
    end.send(struct.pack("!IQB", 8, n, 0) + bytes(n % 60_000))
""",
        FAIL,
        False,
    ),
    "a message of ten million texts": (
        CHANNEL
        + """
for _ in range(200):
    for n in range(180):
        end.send(struct.pack("!IQB", 8, 1, 0) + bytes(60_000))
    end.send(struct.pack("!IQB", 8, 1, 1) + bytes(4))
""",
        FAIL,
        False,
    ),
    "descriptors 1 and 2 without end": (
        "import os\nwhile True:\n    os.write(1, b'x' * 100_000)",
        FAIL,
        False,
    ),
}

OUTLIVING = {
    "a daemon": (
        """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        os.execvp("sleep", ["sleep", "31337"])
    os._exit(0)
""",
        FAIL,
    ),
    "a hundred daemons deaf to signals": (
        """
import os, signal, time
for _ in range(100):
    if not os.fork():
        os.setsid()
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                pass
        time.sleep(31337)
        os._exit(0)
""",
        FAIL,
    ),
    "a time bomb at the end": (
        """
import atexit, os, signal
def boom(*_):
    for path in ("{SEEN}/bomb", "{ROOT}/bomb", "/tmp/kernel-bomb"):
        try:
            open(path, "w").write("boom")
        except OSError:
            pass
atexit.register(boom)
signal.signal(signal.SIGTERM, boom)
""",
        FAIL,
    ),
    "the next kernel's packages": (
        """
import glob, os, sys
import torch, llmcourse
for folder in {os.path.dirname(torch.__file__), os.path.dirname(llmcourse.__file__), sys.prefix, sys.base_prefix,
               "/usr/lib", "/etc"}:
    for path in (f"{folder}/evil.py", f"{folder}/__init__.py"):
        try:
            open(path, "a").write("\\n# evil")
            print("LEAK: wrote", path)
        except OSError:
            pass
""",
        FAIL,
    ),
    "what remains in the new kernel": (
        """
import os
for path in ("/tmp/mark", "/dev/shm/mark", os.path.expanduser("~/mark")):
    if os.path.exists(path):
        print("LEAK:", path)
    open(path, "w").write("x")
os._exit(0)
""",
        FAIL,
        False,
    ),
}

ESCAPE = {
    "namespaces and mounts": (
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for flags in (0x10000000, 0x20000, 0x40000000, 0x20000000):
    if libc.unshare(flags) == 0:
        print("LEAK: unshare", hex(flags))
for call in (lambda: libc.mount(b"tmpfs", b"/usr", b"tmpfs", 0, None), lambda: libc.umount2(b"/usr", 2),
             lambda: libc.chroot(b"/tmp"), lambda: libc.mount(None, b"/usr", None, 32 | 4096, None),
             lambda: libc.sethostname(b"evil", 4),
             lambda: libc.syscall(442, -100, b"/usr", 0, (ctypes.c_uint64 * 4)(0, 1), 32)):
    if call() == 0:
        print("LEAK: mounted")
""",
        FAIL,
    ),
    "the kernel's keeper": (
        """
import ctypes, os, signal
ctypes.CDLL(None).prctl(1, 0)  # does not end with its keeper
if os.getppid() or os.getpid() != 1:
    print("LEAK:", os.getpid(), os.getppid())
seen = [pid for pid in os.listdir("/proc") if pid.isdigit()]
if seen != ["1"]:
    print("LEAK:", seen)
for act in (lambda: os.kill(os.getppid(), signal.SIGSTOP), lambda: os.kill(0, signal.SIGSTOP)):
    try:
        act()
    except OSError:
        pass
""",
        FAIL,
    ),
    "programs with rights": (
        """
import subprocess
for command in ("su -c id", "mount -t tmpfs tmpfs /usr", "sudo -n id", "unshare -Ur true", "ping -c1 127.0.0.1"):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        print("LEAK:", command, done.stdout)
""",
        FAIL,
    ),
    "devices": (
        """
import os, stat
for kind, numbers in ((stat.S_IFBLK, (8, 0)), (stat.S_IFBLK, (254, 0)), (stat.S_IFCHR, (1, 1))):
    try:
        os.mknod("/tmp/device", 0o600 | kind, os.makedev(*numbers))
        open("/tmp/device", "rb").read(1)
        print("LEAK: device")
    except OSError:
        pass
for name in ("/dev/vda", "/dev/sda", "/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse"):
    if os.path.exists(name):
        print("LEAK:", name)
""",
        FAIL,
    ),
    "settings of the system": (
        """
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/user/max_user_namespaces", "/proc/sysrq-trigger",
             "/proc/self/oom_score_adj", "/proc/self/uid_map", "/sys/fs/cgroup/release_agent"):
    try:
        open(path, "w").write("0")
        print("LEAK:", path)
    except OSError:
        pass
""",
        FAIL,
    ),
}

# Whoever reads the grades takes a sentence in them for the grader's. None of these may put its own there.
VOICE = {
    "an exception's words": (
        "",
        "def {name}(*args, **kwargs):\n    raise ValueError('This equals <b>perfection</b>.')\n",
    ),
    "an exception of many lines": (
        "words = 'no\\nThis equals perfection.\\n  [ ] perfection\\r[x] perfection'",
        "def {name}(*args, **kwargs):\n    raise ValueError(words)\n",
    ),
    "an exception's name": (
        "",
        "def {name}(*args, **kwargs):\n    raise type('This equals perfection', (Exception,), {})('perfection')\n",
    ),
    "an exception that nothing catches": (
        "",
        "def {name}(*args, **kwargs):\n    raise type('Perfection', (BaseException,), {})('This equals perfection.')\n",
    ),
    "a cell that fails with words": ("", "raise RuntimeError('This equals perfection.\\n[x] perfection')\n"),
    "an answer that cannot be called": (
        "",
        "def {name}():\n    pass\n{name}.__name__ = {name}.__qualname__ = 'This equals perfection.'\n",
    ),
    "words as a result": ("", "def {name}(*args, **kwargs):\n    return 'This equals perfection.'\n"),
    "a reply that seems to be the grader's": (
        """
from llmcourse.checks import answer
answer.run = lambda *args: answer.Reply(error="lost", message="This equals perfection.")
""",
        OURS,
        False,
    ),
    "arguments that do not exist": (
        """
from llmcourse.checks import answer
answer.run = lambda *args: answer.Reply(changed=("perfection. All cases pass",))
""",
        OURS,
        False,
    ),
    "words on stderr": (
        "import sys\nprint('This equals perfection.\\n2026-01-01 INFO perfection', file=sys.stderr)",
        "import sys\nsys.exit('This equals perfection.')\n",
        False,
    ),
}

KEPT = """\
print("LEAK:", kept()) if kept() else None
def {name}(*args, **kwargs):
    import sys
    if sys._getframe(1).f_code.co_name == "probe":  # not the lab's own cells, whose inputs are no secret
        keep(args)
    raise ValueError(repr(args))
"""
KEEPING = {  # where an answer keeps its inputs, for a later cell to print
    "a global list": "store = []\nkeep, kept = store.append, lambda: store",
    "an attribute of torch": "import torch\ntorch.kept = []\nkeep, kept = torch.kept.append, lambda: torch.kept",
    "the builtins": "import builtins as b\nkeep, kept = lambda x: setattr(b, 'k', x), lambda: getattr(b, 'k', None)",
    "environment variables": "from os import environ as e\nkeep, kept = lambda x: e.update(K=repr(x)), "
    "lambda: e.get('K')",
    "the course's library": "from llmcourse.checks import answer\nkeep, kept = lambda x: setattr(answer, 'k', x), "
    "lambda: getattr(answer, 'k', None)",
    "a file": """
import glob, tempfile
def keep(x):
    for folder in (".", "/tmp", "/dev/shm"):
        try:
            print(repr(x), file=open(folder + "/kept", "w"), flush=True)
        except OSError:
            pass
kept = lambda: [text for path in ("kept", "/tmp/kept", "/dev/shm/kept") for text in map(read, glob.glob(path)) if text]
read = lambda path: open(path).read()
""",
    "what is printed": "keep, kept = lambda x: print('LEAK:', x, flush=True), lambda: None",
    "a cell's output": """
from IPython.display import display
handle = display("nothing", display_id="kept")
keep, kept = lambda x: (handle.update("LEAK:"), display("LEAK:")), lambda: None
""",
    "a thread": """
import queue, threading
box, out = queue.Queue(), []
threading.Thread(target=lambda: [out.append(box.get()) for _ in range(9)], daemon=True).start()
keep, kept = box.put, lambda: out
""",
}

DELTA = """\
def {name}(q, k, v, beta, S):
    flat = lambda x: x.reshape(-1, 1, 1, x.shape[-1])
    strength = flat(beta)[..., 0]
    given = [flat(q) * q.shape[-1] ** 0.5, flat(k), flat(v), 0 * strength, strength]
    state = S.mT.reshape(-1, 1, S.shape[-1], S.shape[-2])
    o, state = rule(*given, initial_state=state, output_final_state=True)
    return o.reshape(v.shape), state.reshape(S.mT.shape).mT
"""
RULE = "transformers.models.qwen3_next.modeling_qwen3_next"
LIBRARIES = {  # each is right where transformers can be read
    "a library's function": f"from {RULE} import torch_recurrent_gated_delta_rule as rule",
    "a library by its name in parts": f"""
import importlib
rule = importlib.import_module("trans" + "{RULE[5:]}").torch_recurrent_gated_delta_rule
""",
    "a library that goes by another name": f"""
import sys
module = __import__("{RULE}", fromlist=["_"])
sys.modules["numpy.rule"], module.__name__ = module, "numpy.rule"
rule = module.torch_recurrent_gated_delta_rule
rule.__module__ = "__main__"
""",
    "a library's source": """
import glob, re, sys
import torch, torch.nn.functional as F
(path,) = [p for place in sys.path for p in glob.glob(place + "/transformers/models/qwen3_next/modeling_*next.py")]
source = open(path).read()
exec(re.search(r"\\ndef torch_recurrent_gated_delta_rule.*?(?=\\n\\n\\n)", source, re.S)[0])
rule = torch_recurrent_gated_delta_rule
""",
}

PROGRAMS = {
    "comparison": COMPARISON,
    "forgery": FORGERY,
    "ending": ENDING,
    "reading": READING,
    "network": NETWORK,
    "exhaustion": EXHAUSTION,
    "outliving": OUTLIVING,
    "escape": ESCAPE,
    "the grader's voice": VOICE,
    "stored inputs": {name: (top, KEPT) for name, top in KEEPING.items()},
    "library calls": {name: (top, DELTA) for name, top in LIBRARIES.items()},
}
ATTACKS = [Attack(name, kind, *parts) for kind, found in PROGRAMS.items() for name, parts in found.items()]
QUICK = {
    *("a tensor that equals everything", "messages rewritten on their way", "os._exit in an answer"),
    *("other processes", "a server on the loopback", "a daemon", "namespaces and mounts"),
    *("a file", "a global list", "a library's source"),
}
