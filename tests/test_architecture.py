"""Who may import whom, and how the house is laid out: checked on the source, and on a loaded site."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ("accounts", "config", "places", "retrieval")
TOP_LEVEL = {*ROOMS, "docs", "static", "templates", "tests", "var"}  # docs: what the README is too short for
DRAWERS = {"utils", "util", "helpers", "helper", "common", "core", "services", "misc"}
LONGEST_FILE = 500

NETWORKS = {
    "torch",
    "torchvision",
    "tensorflow",
    "keras",
    "openvino",
    "retrieval.methods.aliked_network",
    "retrieval.methods.backbones",
    "retrieval.methods.lightglue_network",
    "retrieval.methods.pooling",
    "retrieval.methods.official.cirtorch_network",
    "retrieval.methods.official.trunks",
}
PICTURES = {"numpy", "cv2", "PIL", "pillow_heif", "simplejpeg"}
# What is not Django's may import these alone, besides Python's own modules.
PURE = {
    "retrieval.methods": PICTURES | NETWORKS | {"retrieval.methods"},
    "retrieval.ranking": {"numpy", "cv2", "retrieval.ranking", "retrieval.methods.base"},
    "retrieval.answering": {"numpy", "retrieval.answering", "retrieval.methods", "retrieval.ranking"},
    "retrieval.evaluation": PICTURES
    | {"retrieval.evaluation", "retrieval.answering", "retrieval.methods", "retrieval.ranking"},
    "retrieval.training": PICTURES
    | NETWORKS
    | {"retrieval.training", "retrieval.methods", "retrieval.ranking", "retrieval.evaluation"},
}
NEVER = {
    "accounts": {"places", "retrieval", "config"},
    "places": {"retrieval", "config"},
    "retrieval": {"accounts", "config"},
}
# In the rest of retrieval each imports what stands before it; what is not named is a door, and stands last.
ORDER = [
    {"models", "locks", "commits", "announcing", "decoding"},
    {"pulse", "serving", "retention", "catalogue_folder", "keeping", "limits", "signed_addresses", "dataset"},
    {"index", "webhooks"},
    {"indexing", "search", "lookalikes", "place_accuracy"},
    {"calibrating", "guessing", "coverage", "effects"},
    {"tuning", "nightly", "batches"},
    {"tasks"},
    {"asking"},
]
# Who alone may import a thing.
RESERVED = {
    "celery": {"retrieval.tasks", "retrieval.pulse", "config.celery"},
    "kombu": {"retrieval.tasks", "config.celery", "config.database_queue"},
    "config.celery": {"retrieval.tasks", "config.health", "config.metrics"},
    "pgvector": {"retrieval.index", "retrieval.models"},  # for the column's class
}
# Where a network may be imported at the top of a file; elsewhere only inside the function that needs it.
BUILDS_NETWORKS = {
    "retrieval.methods.aliked_network",
    "retrieval.methods.backbones",
    "retrieval.methods.lightglue_network",
    "retrieval.methods.pooling",
    "retrieval.methods.official.cirtorch_network",
    "retrieval.methods.official.trunks",
    "retrieval.training",
}


@dataclass(frozen=True)
class Import:
    module: str
    name: str
    line: int
    on_load: bool  # executed when the module is loaded, not only when a function is called


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path, source: str) -> Iterator[Import]:
    """All imports of a file, relative ones resolved; `from a import b` gives a.b, since b may be a module.

    Those for the type checker alone are left out.
    """
    module = module_name(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def visit(node: ast.AST, on_load: bool) -> Iterator[Import]:
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                for child in node.orelse:
                    yield from visit(child, on_load)
                return
            case ast.Import():
                for alias in node.names:
                    yield Import(module, alias.name, node.lineno, on_load)
            case ast.ImportFrom():
                base = node.module or ""
                if node.level:
                    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                    base = ".".join([*parents, *([base] if base else [])])
                for alias in node.names:
                    yield Import(module, f"{base}.{alias.name}", node.lineno, on_load)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield Import(module, name, node.lineno, on_load)
        inner = on_load and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inner)

    yield from visit(ast.parse(source), on_load=True)


def step(module: str) -> int:
    """Where a module of retrieval that is not in a pure room stands in its order."""
    first = module.split(".")[1] if "." in module else ""
    return next((place for place, names in enumerate(ORDER) if first in names), len(ORDER))


def fault(found: Import) -> str | None:
    """Why this import may not be, or None."""
    module, name = found.module, found.name
    for thing, owners in RESERVED.items():
        if within(name, thing) and not within(module, *owners):
            return f"only {' and '.join(sorted(owners))} may"
    pure = next((room for room in PURE if within(module, room)), None)
    if within(name, *NETWORKS):
        if pure not in ("retrieval.methods", "retrieval.training"):
            return "a network belongs to retrieval.methods"
        if found.on_load and not within(module, *BUILDS_NETWORKS):
            return "a network is imported inside the function that needs it"
    if pure:
        standard = name.split(".")[0] in sys.stdlib_module_names
        return None if standard or within(name, *PURE[pure]) else f"{pure} may not"
    room = module.split(".")[0]
    if within(name, *NEVER.get(room, ())) and name not in RESERVED and not within(name, *RESERVED):
        return f"{room} may not"
    if room == "retrieval" and within(name, "retrieval") and not within(name, *PURE):
        here, there = step(module), step(name)
        same_file = within(name, ".".join(module.split(".")[:2]))  # or the same folder of models
        if there > here or (there == here < len(ORDER) and not same_file):
            return "leftward only: models, index, indexing and search, tasks, then the doors"
    return None


def sources(root: Path) -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(root)


def forbidden_imports(root: Path) -> list[str]:
    """Every import under a project's folder that the table does not allow, with its file, line and reason."""
    return [
        f"{path}:{found.line}: {found.module} imports {found.name}: {reason}"
        for path in sources(root)
        for found in imports_of(path, (root / path).read_text())
        if (reason := fault(found))
    ]


def test_every_room_imports_only_what_it_may():
    assert forbidden_imports(PROJECT) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("retrieval/methods/sir.py", "from django.conf import settings"),
        ("retrieval/methods/sir.py", "import places.models"),
        ("retrieval/methods/sir.py", "from ..models import Query"),
        ("retrieval/methods/sir.py", "from .. import index"),
        ("retrieval/methods/sir.py", "from retrieval.ranking import rerank"),
        ("retrieval/methods/sir.py", "import requests"),
        ("retrieval/methods/sir.py", "import torch"),
        ("retrieval/methods/sir.py", "try:\n    import openvino\nexcept ImportError:\n    pass"),
        ("retrieval/methods/sir.py", "from .backbones import efficientnet_lite2"),
        ("retrieval/methods/sir.py", "from importlib import import_module\nimport_module('celery')"),
        ("retrieval/ranking/voting.py", "def vote():\n    import torch"),
        ("retrieval/ranking/voting.py", "from retrieval.methods.sir import Sir"),
        ("retrieval/ranking/voting.py", "from retrieval.answering import answer"),
        ("retrieval/methods/sir.py", "from retrieval.answering import approaches"),
        ("retrieval/answering/approaches.py", "from retrieval import serving"),
        ("retrieval/answering/approaches.py", "from retrieval.evaluation import benchmark"),
        ("retrieval/answering/approaches.py", "def load():\n    import torch"),
        ("retrieval/answering/bundled.py", "from django.conf import settings"),
        ("retrieval/evaluation/metrics.py", "from django.db import models"),
        ("retrieval/training/projections.py", "from accounts.models import User"),
        ("accounts/views.py", "from places.models import Landmark"),
        ("accounts/views.py", "def view():\n    from retrieval import tasks"),
        ("places/curation.py", "from retrieval.signals import heard"),
        ("places/ingest.py", "from celery import shared_task"),
        ("places/ingest.py", "import torch"),
        ("retrieval/models.py", "from . import index"),
        ("retrieval/index.py", "from .search import answer"),
        ("retrieval/index.py", "def late():\n    from . import tasks"),
        ("retrieval/search.py", "from . import indexing"),
        ("retrieval/search.py", "from . import lookalikes"),
        ("retrieval/search.py", "from pgvector.django import CosineDistance"),
        ("retrieval/tasks.py", "from .views import home"),
        ("retrieval/tasks.py", "from accounts.models import User"),
        ("retrieval/views.py", "from celery import current_app"),
        ("retrieval/views.py", "from config.celery import app"),
        ("retrieval/views.py", "def home():\n    import torch"),
        ("retrieval/management/commands/describe_images.py", "from pgvector.django import HnswIndex"),
        ("config/urls.py", "import openvino"),
    ],
)
def test_a_planted_forbidden_import_is_found_and_named(tmp_path, path, source):
    planted = tmp_path / path
    planted.parent.mkdir(parents=True)
    planted.write_text(source)
    [violation] = forbidden_imports(tmp_path)
    assert violation.startswith(f"{path}:")
    assert module_name(Path(path)) in violation


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("retrieval/methods/sir.py", "import json\nimport numpy as np\nfrom .base import Method"),
        ("retrieval/methods/sir.py", "def build():\n    import torch\n    from .backbones import Pooled"),
        ("retrieval/methods/sir.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
        ("retrieval/methods/backbones.py", "import torch"),
        ("retrieval/ranking/voting.py", "from retrieval.methods.base import Description"),
        (
            "retrieval/answering/approaches.py",
            "from retrieval import methods\nfrom retrieval.ranking import Ranked",
        ),
        ("retrieval/evaluation/benchmark.py", "from retrieval.answering import answer"),
        ("retrieval/search.py", "from retrieval import answering"),
        ("retrieval/index.py", "from pgvector.django import CosineDistance\nfrom .models import Descriptor"),
        ("retrieval/search.py", "from . import index, methods\nfrom places.models import Landmark"),
        ("retrieval/tasks.py", "from config.celery import app\nfrom . import indexing, search"),
        ("retrieval/views.py", "from . import tasks\nfrom .forms import SearchForm"),
        ("retrieval/management/commands/describe_images.py", "from retrieval import indexing, methods"),
        ("config/urls.py", "from places.api import LandmarkViewSet"),
    ],
)
def test_an_import_that_the_table_allows_is_no_violation(tmp_path, path, source):
    planted = tmp_path / path
    planted.parent.mkdir(parents=True)
    planted.write_text(source)
    assert forbidden_imports(tmp_path) == []


def test_the_web_process_loads_no_network():
    code = (
        "import sys, config.wsgi\n"
        "from django.urls import get_resolver\n"
        "assert get_resolver().reverse_dict is not None\n"
        "print(*sorted({'torch', 'torchvision', 'tensorflow', 'keras', 'openvino'} & set(sys.modules)))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, text=True, capture_output=True)
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.split() == []


def written_files(root: Path) -> Iterator[Path]:
    """What somebody has to read: neither data, nor pictures, nor what others wrote."""
    for top in sorted(TOP_LEVEL - {"var"}):
        for path in sorted((root / top).rglob("*")):
            if not {"vendor", "migrations", "__pycache__"} & set(path.parts) and path.is_file():
                yield path.relative_to(root)


def test_no_file_is_longer_than_a_reader_can_hold():
    long = {
        str(path): lines
        for path in written_files(PROJECT)
        if path.suffix in {".py", ".html", ".css", ".js", ".txt"}
        and (lines := len((PROJECT / path).read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_file_or_folder_is_a_drawer_for_odds_and_ends():
    parts = ((path, part.split(".")[0]) for path in written_files(PROJECT) for part in path.parts)
    assert [str(path) for path, name in parts if name in DRAWERS] == []


def test_the_top_folders_are_the_rooms_of_the_house():
    found = {path.name for path in PROJECT.iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert found <= TOP_LEVEL
    assert set(ROOMS) <= found


def test_retrieval_is_no_more_than_its_rooms():
    assert (PROJECT / "retrieval" / "__init__.py").read_text() == ""
