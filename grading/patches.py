"""What the course replaces in other people's packages, and where it relies on what they do not promise to keep.

`LIST` has every such place, in grading and in the library, with the version that it was tested with. A test compares
the upstream source with what it was then, or names the test that would fail; the functions below make the replacements.
Importing this module loads nothing: `grading` calls `no_grammar_of_addresses` before anything else is imported.
"""

import sys
from typing import NamedTuple


class Patch(NamedTuple):
    """One place where upstream may break us without notice.

    upstream  module:name of what is replaced, or relied on
    here      the module of the course that does it
    what, why
    tested    package and version
    proof     fingerprint of the upstream source that was read and understood, or the test that shows it still holds
    """

    upstream: str
    here: str
    what: str
    why: str
    tested: str
    proof: str


LIST = (
    Patch(
        "jsonschema._format:rfc3987_syntax",
        "grading.patches",
        "`rfc3987_syntax` counts as not installed",
        "nbformat reads notebooks with jsonschema, which imports a grammar of web addresses where the package is "
        "installed: 1.5 seconds in each process that grades, for a check that notebooks never ask for",
        "jsonschema 4.26.0",
        "grading/tests/test_patches.py::test_notebooks_are_read_without_the_grammar_of_addresses",
    ),
    Patch(
        "nbgrader.api:get_alembic_version",
        "grading.patches",
        "replaced by a function that asks alembic's library",
        "nbgrader runs the program `alembic` to learn what schema version to stamp on a new gradebook, and that "
        "takes seconds",
        "nbgrader 0.9.6",
        "93285b90cff857e9",
    ),
    Patch(
        "nbconvert.exporters.html:HTMLExporter.from_notebook_node",
        "grading.patches",
        "BeautifulSoup is replaced by an object that returns the page unchanged",
        "nbconvert parses the finished page again, to describe pictures that have no description and to make cells of "
        "JupyterLab's template reachable. Our pictures have descriptions, our template is a different one, and parsing "
        "a page takes longer than writing it",
        "nbconvert 7.17.2",
        "8a3ba695a06d3eb1",
    ),
    Patch(
        "multiprocessing.util:spawnv_passfds",
        "grading.running.pool",
        "replaced, while the fork server starts, by a fork of this process",
        "what a new Python would take seconds to import is there already",
        "Python 3.11.7",
        "8e56171e5b098dbb",
    ),
    *(
        Patch(
            f"nbgrader.preprocessors:{name}",
            "grading.running.autograde",
            "omitted from nbgrader's steps",
            why,
            "nbgrader 0.9.6",
            proof,
        )
        for name, why, proof in (
            ("OverwriteKernelspec", "`repair` starts from the lab, which has the kernel", "266a9adcaeb7dae5"),
            ("OverwriteCells", "`autograde` puts the gradebook's cells over the submission's", "d3b9d631e3fabe00"),
            ("SaveAutoGrades", "`ClassGradebook.enter` writes all that it would", "7bf32441d4a181ac"),
            ("AssignLatePenalties", "`ClassGradebook.enter` does it, by its `_check_late_penalty`", "0659ea7ba1ca13ef"),
            ("CheckCellMetadata", "`repair` wrote the metadata; it takes a tenth of the time", "9aae619151a3f56b"),
        )
    ),
    Patch(
        "nbconvert.filters.markdown_mistune:IPythonRenderer._embed_image_or_attachment",
        "grading.intake.sanitise",
        "extended",
        "it abandons the whole page when one picture is missing",
        "nbconvert 7.17.2",
        "9b01d0f54e3904b8",
    ),
    Patch(
        "nbconvert.exporters:NotebookExporter._preprocessors",
        "grading.intake.repair",
        "read",
        "nothing else shows which of nbgrader's two passes an exporter belongs to",
        "nbconvert 7.17.2",
        "grading/tests/test_patches.py::test_an_exporter_knows_its_steps",
    ),
    # --- the library
    Patch(
        "torch.utils._python_dispatch:TorchDispatchMode._should_skip_dynamo",
        "llmcourse.checks.probes",
        "overridden in a class of ours",
        "otherwise torch imports its compiler, which takes seconds in each process",
        "torch 2.13.0",
        "2a02321cc3026328",
    ),
    Patch(
        "transformers:PreTrainedModel.is_quantized",
        "llmcourse.models.weights",
        "set, with hf_quantizer; config.quantization_config is deleted",
        "a model that was read from a GGUF file can't be saved otherwise: it claims that it is still quantised",
        "transformers 5.24.0",
        "lib/tests/test_pretrained.py::test_it_is_unpacked_once",
    ),
    Patch(
        "google.colab:_message.blocking_request",
        "llmcourse.work.colab",
        "called",
        "it is the only way to reach the notebook in the browser; a test can only call a stand-in",
        "Colab of August 2026",
        "lib/tests/test_work.py::test_colab_saves_the_lab_under_its_name",
    ),
)


def source(upstream: str) -> str:
    """The upstream source of "module:name"."""
    import importlib
    import inspect

    module, _, name = upstream.partition(":")
    thing = importlib.import_module(module)
    for part in name.split("."):
        thing = inspect.getattr_static(thing, part) if inspect.isclass(thing) else getattr(thing, part)
    return inspect.getsource(getattr(thing, "__func__", thing))


def fingerprint(text: str) -> str:
    """A hash of a source, the same whatever its white space."""
    import hashlib

    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


# --- replacements


def no_grammar_of_addresses() -> None:
    sys.modules.setdefault("rfc3987_syntax", None)  # None means: not installed


def newest_scheme_by_library() -> None:
    import nbgrader.api

    nbgrader.api.get_alembic_version = _newest_scheme


def _newest_scheme() -> str:
    """The schema version that nbgrader stamps on a new database."""
    from pathlib import Path

    import nbgrader.api
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(Path(nbgrader.api.__file__).with_name("alembic"))).get_current_head()


def pages_are_not_parsed_again() -> None:
    import nbconvert.exporters.html

    nbconvert.exporters.html.BeautifulSoup = _Unread


class _Unread:
    """Stands in for BeautifulSoup: finds nothing in the page, and leaves it unchanged."""

    def __init__(self, html: str, features: str):
        self.html = html

    def select(self, selector: str) -> list:
        return []

    def __str__(self) -> str:
        return self.html
