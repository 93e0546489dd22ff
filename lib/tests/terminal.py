"""Programs as somebody starts them who does not know this checkout: `make lab`, and a terminal that can be closed."""

import os
import pty
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil


def outside(**more: str) -> dict[str, str]:
    """The environment of somebody who does not know this checkout."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "LLMCOURSE_GRADING", "LLMCOURSE_TIER")
    return {name: value for name, value in os.environ.items() if name not in hidden} | more


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Lab:
    """`make lab` in a folder, until it names its address."""

    def __init__(self, place: Path, **environment: str):
        port = free_port()
        make = ["make", "lab", f"PORT={port}", "LABFLAGS=--no-browser --ServerApp.port_retries=0"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self.process = subprocess.Popen(make, cwd=place, env=outside(**environment), start_new_session=True, **pipes)
        self.said, self.address = "", None
        for line in self.process.stdout:
            self.said += line
            if found := re.search(r"http://127\S+", line):
                self.address, self.token = found.group().split("?token=")
                break
        if self.address:
            self.wait()

    def wait(self) -> None:
        """The address is printed a moment before the server starts to listen."""
        for _ in range(100):
            try:
                self.get("/api")
                return
            except urllib.error.URLError:
                time.sleep(0.1)

    def get(self, path: str) -> str:
        site = self.address.split("/lab")[0]
        with urllib.request.urlopen(f"{site}{path}?token={self.token}", timeout=60) as answer:
            return answer.read().decode()

    def stop(self) -> str:
        """Press Ctrl-C in its terminal; returns its last output."""
        time.sleep(1)  # if it is stopped right after a request, Jupyter waits forever for one of anyio's threads
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.communicate(timeout=30)[0]
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise


class Terminal:
    def __init__(self, command: list[str], place: Path, environment: dict[str, str]):
        pid, self.screen = pty.fork()
        if pid == 0:
            os.chdir(place)
            os.execvpe(command[0], command, environment)
        os.set_blocking(self.screen, False)
        self.process, self.text = psutil.Process(pid), b""

    def said(self) -> str:
        """What the screen has shown so far; a program waits when nobody reads it."""
        try:
            while data := os.read(self.screen, 1 << 16):
                self.text += data
        except OSError:  # nothing more at the moment, or the program has ended
            pass
        return self.text.decode(errors="replace")

    def family(self) -> list[psutil.Process]:
        """The program and everything that it has started."""
        return [self.process, *self.process.children(recursive=True)]

    def close(self) -> None:
        """Close the window: the system sends SIGHUP."""
        os.close(self.screen)
