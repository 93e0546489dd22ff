"""Messages between the process that grades and the one that runs cells. A message is a list of texts.

What arrives may be anything: the student's process holds the other end. A message takes no more memory than it has
bytes, since nothing in it is nested, and it has at most LARGEST of them.

Messages travel in packets that arrive whole or not at all, so an interrupt, a killed writer or several writers at once
may lose a message, but cannot make another one unreadable.
"""

import itertools
import os
import socket
import struct
import time
from collections.abc import Iterator

LARGEST = 12 << 20  # bytes of a message
TEXTS = 64  # in a message
PACKET = 1 << 16  # bytes; the system takes three times as many
EACH = 100  # bytes that a packet takes besides its own

HEAD = struct.Struct("!IQB")  # the writer, the number of its message, and whether the packet is the last of it
SIZE = struct.Struct("!I")


class Channel:
    """One end of a connection."""

    def __init__(self, end: socket.socket):
        self.end = end
        self.numbers = itertools.count()
        self.begun: dict[bytes, list[bytes]] = {}  # the packets of each message of which only a part has come
        self.held = 0  # bytes of them

    def send(self, *texts: str, seconds: float | None = None) -> None:
        """Raises OSError if the other end is closed, or has not taken the message for so many seconds."""
        self.end.settimeout(seconds)
        body = b"".join(SIZE.pack(len(data)) + data for data in (text.encode("utf-8", "replace") for text in texts))
        number = next(self.numbers)
        for start in range(0, len(body), PACKET):
            last = start + PACKET >= len(body)
            self.end.send(HEAD.pack(os.getpid(), number, last) + body[start : start + PACKET])

    def receive(self, until: float | None = None) -> list[str] | None:
        """The next message; None if none has come `until` then (of time.monotonic). Raises EOFError at the end."""
        left = None
        while until is None or (left := until - time.monotonic()) > 0:
            self.end.settimeout(left)
            try:
                packet = self.end.recv(HEAD.size + PACKET)
            except TimeoutError:
                return None
            except ConnectionError:
                packet = b""
            if not packet:
                raise EOFError
            if texts := self._completed(packet):
                return texts
        return None

    def _completed(self, packet: bytes) -> list[str]:
        """The texts of the message that this packet completes, if it does."""
        writer, last, piece = packet[: HEAD.size - 1], packet[HEAD.size - 1 : HEAD.size], packet[HEAD.size :]
        if last == b"\0":
            self._hold(writer, piece)
            return []
        pieces = [*self.begun.pop(writer, ()), piece]
        self.held -= sum(len(held) + EACH for held in pieces[:-1])
        return list(itertools.islice(_texts(b"".join(pieces)), TEXTS))

    def _hold(self, writer: bytes, piece: bytes) -> None:
        """Keep a part of a message, unless there is too much of them: then all are dropped."""
        self.begun.setdefault(writer, []).append(piece)
        self.held += len(piece) + EACH
        if self.held > LARGEST:
            self.begun.clear()
            self.held = 0


def _texts(body: bytes) -> Iterator[str]:
    at = 0
    while at + SIZE.size <= len(body):
        (size,) = SIZE.unpack_from(body, at)
        at += SIZE.size + size
        yield body[at - size : at].decode("utf-8", "replace")
