"""What a cell shows: messages from a student's process (sandbox.inside.shell) as outputs of the notebook format.

A message may be anything, so each is charged for, and who shows too much is cut off.
"""

from nbformat import NotebookNode

from ..intake import sanitise

LINE, OUTPUT = 10, 200  # characters that a piece of text, or any other output, is charged besides its own
HANDLES = 1000  # outputs that may be updated later, by the id that the student's code gives them

Handles = dict[str, list[NotebookNode]]


class Shown:
    """The outputs of one cell.

    handles  outputs of this kernel's cells by display id, for `update_display`
    full     whether it has shown more than anybody may show
    """

    def __init__(self, handles: Handles):
        self.handles = handles
        self.found: list[NotebookNode] = []
        self.room = sanitise.MOST
        self.clear_next = False

    @property
    def full(self) -> bool:
        return self.room <= 0

    def take(self, message: list[str]) -> None:
        """Keep what a message shows; an unknown one shows nothing."""
        kind, *texts = message
        printed = kind in ("stdout", "stderr")
        self.room -= sum(map(len, message)) + (LINE if printed else OUTPUT)
        if self.full:
            return
        if kind == "clear":
            self.clear_next = texts[:1] == ["1"]
            if not self.clear_next:
                self._clear()
        elif kind == "update":
            for output in self.handles.get(texts[0], ()) if texts else ():
                output["data"] = data_of(texts[1:])
        elif printed or kind in ("display", "result", "error"):
            if self.clear_next:
                self._clear()
            self._print(kind, "".join(texts)) if printed else self._show(kind, texts)

    def _print(self, name: str, text: str) -> None:
        """Text that follows other text of its stream belongs to the same output."""
        last = self.found[-1] if self.found else {}
        if last.get("name") != name:
            self.room -= OUTPUT
            last = NotebookNode(output_type="stream", name=name, text=[])
            self.found.append(last)
        last["text"].append(text)

    def _show(self, kind: str, texts: list[str]) -> None:
        if kind == "error":
            return self.error(*[*texts, "", "", ""][:3])
        if kind == "result":
            output = NotebookNode(output_type="execute_result", data=data_of(texts), metadata={}, execution_count=None)
        else:
            output = NotebookNode(output_type="display_data", data=data_of(texts[1:]), metadata={})
            if texts and texts[0] and len(self.handles) < HANDLES:
                self.handles.setdefault(texts[0], []).append(output)
        self.found.append(output)

    def error(self, name: str, message: str, traceback: str) -> None:
        self.found.append(NotebookNode(output_type="error", ename=name, evalue=message, traceback=[traceback]))

    @property
    def errors(self) -> list[NotebookNode]:
        return [output for output in self.found if output.output_type == "error"]

    def _clear(self) -> None:
        self.clear_next = False
        self.found = []

    def outputs(self) -> list[NotebookNode]:
        for output in self.found:
            if output.output_type == "stream":
                output["text"] = _overwritten("".join(output["text"]))
        return self.found


def data_of(texts: list[str]) -> dict[str, str]:
    """MIME type -> value."""
    return NotebookNode(zip(texts[::2], texts[1::2]))


def _overwritten(text: str) -> str:
    """What a terminal would show: a carriage return begins its line again."""
    if "\r" not in text:
        return text
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return "\n".join(line[line.rfind("\r") + 1 :] for line in lines)
