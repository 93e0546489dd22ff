"""Tables as learning platforms and spreadsheets write them: CSV with a line of headings."""

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Table:
    """Headings, rows with the number of the line that each ends in, and how the file is written."""

    headings: list[str]
    rows: list[tuple[int, dict[str, str]]]
    delimiter: str = ","
    encoding: str = "utf-8"
    newline: str = "\r\n"

    def column(self, names: Iterable[str]) -> str | None:
        """The first heading that is one of these names, in any case; None if there is none."""
        found = {heading.strip().lower(): heading for heading in reversed(self.headings)}
        return next((found[name] for name in names if name in found), None)

    def dumps(self) -> bytes:
        """The table as it would be read."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.headings, delimiter=self.delimiter, lineterminator=self.newline)
        writer.writeheader()
        writer.writerows(row for _, row in self.rows)
        return text.getvalue().encode(self.encoding)


def read(path: Path) -> Table:
    """The table in a file; raises OSError, and ValueError if it is not UTF-8 or not a table."""
    return parse(path.read_bytes())


def parse(data: bytes) -> Table:
    """The table that these bytes are: UTF-8, or UTF-16 with a byte order mark; columns parted by `,`, `;` or tabs."""
    encoding = "utf-16" if data.startswith(UTF16) else "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(
            f"line {line}: this is not UTF-8, so names would be misspelt. "
            'In Excel, save the table as "CSV UTF-8"; in LibreOffice, choose UTF-8 when you save it.'
        ) from None
    if "\0" in text:
        raise ValueError("this is not a table: it contains zeros")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
    try:
        rows = [(reader.line_num, {name: row[name] or "" for name in row if name is not None}) for row in reader]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: this is not a table ({error})") from None
    newline = "\r\n" if first.endswith("\r") else "\n"
    return Table([*(reader.fieldnames or ())], rows, delimiter, encoding, newline)
