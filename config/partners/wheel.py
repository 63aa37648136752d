"""The Python client as a wheel, so that `pip install` takes it from this site; it is packed when somebody asks for it."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

PACKAGE = "vietnam_tourism"
PACKED_AT = (2026, 1, 1, 0, 0, 0)  # the same files are the same wheel
NEEDS = "httpx>=0.27,<1"


@dataclass(frozen=True)
class Wheel:
    """version: of the client; name: of the file, which pip reads much from."""

    version: str
    name: str
    content: bytes


def folder() -> Path:
    return Path(settings.BASE_DIR) / "static" / "partners" / PACKAGE


def version() -> str:
    found = re.search(r'^__version__ = "(.+)"$', (folder() / "__init__.py").read_text(), re.M)
    assert found is not None
    return found[1]


def name() -> str:
    return f"{PACKAGE}-{version()}-py3-none-any.whl"


def pack() -> Wheel:
    """All of it, in memory: some fifty kilobytes."""
    info = f"{PACKAGE}-{version()}.dist-info"
    files = {
        f"{PACKAGE}/{path.name}": path.read_bytes()
        for path in sorted(folder().iterdir())
        if path.suffix == ".py" or path.name == "py.typed"
    }
    files[f"{info}/METADATA"] = _metadata().encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: vietnam-tourism\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{info}/licenses/LICENSE"] = (Path(settings.BASE_DIR) / "LICENSE").read_bytes()
    record = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            member = zipfile.ZipInfo(path, PACKED_AT)
            member.external_attr = 0o644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return Wheel(version(), name(), packed.getvalue())


def _metadata() -> str:
    lines = (
        "Metadata-Version: 2.4",
        f"Name: {PACKAGE.replace('_', '-')}",
        f"Version: {version()}",
        "Summary: A client for the API of Vietnam Tourism Retrieval",
        "License-Expression: MIT",
        "License-File: LICENSE",
        "Requires-Python: >=3.11",
        f"Requires-Dist: {NEEDS}",
    )
    return "\n".join(lines) + "\n"


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
