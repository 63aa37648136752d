import shutil
import subprocess

import pytest

from config import install


@pytest.fixture
def venv(tmp_path, monkeypatch):
    """A folder that stands for the virtual environment; no program is really run in it."""
    venv = tmp_path / ".venv"
    monkeypatch.setattr(install, "VENV", venv)
    monkeypatch.setattr(install, "PYTHON", venv / "bin" / "python")

    def run(command, *, check=False, **_options):
        words = [str(word) for word in command]
        if "venv" in words:
            shutil.rmtree(venv, ignore_errors=True)
            (venv / "bin").mkdir(parents=True)
            (venv / "bin" / "python").touch()
        elif not (venv / "bin" / "python").exists():
            raise FileNotFoundError
        if check and (venv.parent / "no network").exists():
            raise subprocess.CalledProcessError(1, words)
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(install.subprocess, "run", run)
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    return venv


@pytest.fixture
def requirements(tmp_path):
    (tmp_path / "requirements.txt").write_text("django==1\n")
    return tmp_path / "requirements.txt"


def test_what_an_included_file_asks_for_counts_too(tmp_path):
    (tmp_path / "base.txt").write_text("django==1\n")
    (tmp_path / "dev.txt").write_text("-r base.txt\npytest\n")
    before = install.fingerprint(tmp_path / "dev.txt")
    assert install.fingerprint(tmp_path / "dev.txt") == before
    (tmp_path / "base.txt").write_text("django==2\n")
    assert install.fingerprint(tmp_path / "dev.txt") != before


def test_it_installs_once_and_again_when_the_requirements_change_or_a_run_was_killed(
    venv, requirements, capsys
):
    install.install(requirements)
    assert "Installing" in capsys.readouterr().out

    install.install(requirements)
    assert capsys.readouterr().out == ""

    (venv / "witness").touch()
    requirements.write_text("django==2\n")
    install.install(requirements)
    assert "Installing" in capsys.readouterr().out
    assert (venv / "witness").exists()

    (venv / "installing").touch()
    install.install(requirements)
    assert "Installing" in capsys.readouterr().out
    assert not (venv / "witness").exists()  # begun anew, not built on what a killed run left
    assert not (venv / "installing").exists()


def test_an_install_that_fails_is_not_taken_for_done(venv, requirements, tmp_path, capsys):
    (tmp_path / "no network").touch()
    with pytest.raises(subprocess.CalledProcessError):
        install.install(requirements)
    assert not list(venv.glob("installed-*"))
    (tmp_path / "no network").unlink()
    capsys.readouterr()
    install.install(requirements)
    assert "Installing" in capsys.readouterr().out


def test_pips_settings_are_handed_to_uv(venv, requirements, monkeypatch):
    answers = {
        "config": "global.find-links='/wheels /more'\n:env:.find-links='/mine'\nglobal.index-url='https://index'\n",
        "--dry-run": "",
    }
    seen = {}

    def run(command, *, env=None, **_options):
        seen.update(env or {})
        said = next((text for word, text in answers.items() if word in map(str, command)), "")
        return subprocess.CompletedProcess(command, 0, stdout=said, stderr=said)

    monkeypatch.setattr(install.subprocess, "run", run)
    monkeypatch.setattr(install.subprocess, "call", lambda command, env: 0)
    for name in ("UV_FIND_LINKS", "UV_DEFAULT_INDEX"):
        monkeypatch.delenv(name, raising=False)
    assert install._install_with_uv(["--requirement", str(requirements)])
    assert seen["UV_FIND_LINKS"] == "/mine"
    assert seen["UV_DEFAULT_INDEX"] == "https://index"

    answers["--dry-run"] = " + nvidia-cublas==13.1\n + torch==2.13.0\n"
    assert not install._install_with_uv(["--requirement", str(requirements)])


def test_packages_of_weights_come_without_what_they_ask_for(venv, tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(install.shutil, "which", lambda name: "uv")
    monkeypatch.setattr(install, "_install_with_uv", lambda what: not commands.append(what))
    for name in ("requirements.txt", install.ALONE):
        (tmp_path / name).write_text("weights==1\n")
        install.install(tmp_path / name)
    assert [("--no-deps" in command) for command in commands] == [False, True]
