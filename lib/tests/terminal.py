"""A program in a terminal of its own, which can be closed while it runs."""

import os
import pty
from pathlib import Path

import psutil


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
