"""What is wrong with a built site: dead links, addresses of others that a page would load, large pages."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

PAGE, EXPLORER = 3_000_000, 300_000  # bytes: a page with all that it shows, and the pictures of one explorer
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
IDLE = {"canonical", "next", "prev", "search", "index", "author"}  # relations of <link> that load nothing
IMPORTED = re.compile(r"""(?:url\(|@import\s+)["']?(?:https?:)?//|import\(["']https?:""")


class Page(HTMLParser):
    """The addresses in a page: what it loads, where it links to, the anchors that it has, the pictures of explorers."""

    def __init__(self, text: str):
        super().__init__()
        self.loads, self.links, self.anchors, self.explorers = [], [], set(), []
        self._depth = 0  # of <div>s inside an explorer
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        has = dict(attrs)
        self.anchors |= {has[name] for name in ("id", "name") if has.get(name)}
        if self._depth or (tag == "div" and "explorer" in (has.get("class") or "").split()):
            self.explorers += [] if self._depth else [[]]
            self._depth += tag == "div"
        address = has.get(LOADED.get(tag, ""))
        if address and not (tag == "link" and set((has.get("rel") or "").split()) & IDLE):
            self.loads.append(address)
            if tag == "img" and self._depth:
                self.explorers[-1].append(address)
        if tag == "a" and has.get("href"):
            self.links.append(has["href"])

    def handle_endtag(self, tag: str) -> None:
        self._depth -= bool(self._depth and tag == "div")


def faults(site: Path) -> list[str]:
    """A sentence for each fault."""
    pages = {
        path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts
    }
    found = [f"{_name(path, site)}: {fault}" for path in pages for fault in _of_page(path, pages, site)]
    sheets = [path for path in site.rglob("*.css") if IMPORTED.search(path.read_text("utf-8"))]
    return found + [f"{_name(path, site)}: loads something from elsewhere" for path in sheets]


def weight(path: Path, page: Page, site: Path, addresses: list[str] | None = None) -> int:
    """Bytes of what these addresses bring; without any, of the page and its pictures."""
    files = {_file(path, address) for address in (page.loads if addresses is None else addresses)}
    pictures = {file for file in files if file.suffix in (".webp", ".png", ".svg", ".jpg") and file.is_file()}
    return sum(file.stat().st_size for file in pictures) + (path.stat().st_size if addresses is None else 0)


def _of_page(path: Path, pages: dict[Path, Page], site: Path) -> Iterator[str]:
    page = pages[path]
    for address in page.loads:
        if urlsplit(address).netloc:
            yield f"loads {address}"
        elif not address.startswith("data:") and not _file(path, address).is_file():
            yield f"loads {address}, which is not there"
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        file = _file(path, link) if parts.path else path
        file = file / "index.html" if file.is_dir() else file
        if not file.is_file():
            yield f"links to {link}, which is not there"
        elif parts.fragment and file in pages and unquote(parts.fragment) not in pages[file].anchors:
            yield f"links to {link}, which has no such section"
    if (size := weight(path, page, site)) > PAGE:
        yield f"is {size / 1e6:.1f} MB with its pictures"
    for explorer in page.explorers:
        if (size := weight(path, page, site, explorer)) > EXPLORER:
            yield f"has an explorer of {size / 1e6:.2f} MB"


def _file(page: Path, address: str) -> Path:
    return (page.parent / unquote(urlsplit(address).path)).resolve()


def _name(path: Path, site: Path) -> str:
    return path.relative_to(site).as_posix()
