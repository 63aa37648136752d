"""The client as pip takes it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import vietnam_tourism
from config.partners import wheel


def test_pip_installs_it(tmp_path: Path):
    packed = wheel.pack()
    path = tmp_path / packed.name
    path.write_bytes(packed.content)
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target", str(target)]
    subprocess.run([*pip, str(path)], check=True, capture_output=True)
    told = subprocess.run(
        [sys.executable, "-c", "import vietnam_tourism as v; print(v.__file__, v.__version__)"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(target)},
        text=True,
        capture_output=True,
        check=True,
    )
    place, version = told.stdout.split()
    assert Path(place).is_relative_to(target)
    assert version == packed.version == vietnam_tourism.__version__
    assert (target / "vietnam_tourism" / "py.typed").exists()


def test_the_same_files_are_the_same_wheel():
    assert wheel.pack() == wheel.pack()


def test_it_says_what_it_needs_and_holds_nothing_else():
    with zipfile.ZipFile(io.BytesIO(wheel.pack().content)) as archive:
        info = f"vietnam_tourism-{wheel.version()}.dist-info"
        metadata = archive.read(f"{info}/METADATA").decode()
        assert "Requires-Dist: httpx" in metadata
        assert "Requires-Python: >=3.11" in metadata
        suffixes = {Path(name).suffix for name in archive.namelist() if name.startswith("vietnam_tourism/")}
        assert suffixes == {".py", ".typed"}
        assert "MIT" in archive.read(f"{info}/licenses/LICENSE").decode()
