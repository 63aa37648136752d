"""compose.yaml as it is read with an environment: what each service runs, with what, and how it is asked if it is well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from config import database

FILE = database.PROJECT / "compose.yaml"
NAME = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?P<rest>:[-?][^}]*)?\})")


@dataclass(frozen=True)
class Service:
    name: str
    image: str
    command: list[str]
    environment: dict[str, str]
    asked: dict[str, Any]  # everything else that the file says

    @property
    def is_ours(self) -> bool:
        return "build" in self.asked

    @property
    def health(self) -> list[str]:
        """The command of its health check, to be run beside it; empty where it has none."""
        kind, *command = self.asked.get("healthcheck", {}).get("test") or [""]
        return ["sh", "-c", *command] if kind == "CMD-SHELL" else command


def names() -> set[str]:
    """What the file takes from the environment."""
    return {found["name"] for found in NAME.finditer(FILE.read_text()) if found["name"]}


def services(given: dict[str, str]) -> dict[str, Service]:
    """All services by name. Raises KeyError where a required value is not given."""

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return NAME.sub(_instead, value)
        if isinstance(value, dict):
            return {name: filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [filled(each) for each in value]
        return value

    def _instead(found: re.Match) -> str:
        if not found["name"]:
            return "$"
        rest = found["rest"] or ""
        if rest.startswith(":-"):
            return given.get(found["name"]) or rest[2:]
        return given[found["name"]]

    read = filled(yaml.safe_load(FILE.read_text())["services"])
    return {
        name: Service(
            name,
            image=asked.get("image", ""),
            command=[str(word) for word in asked.get("command", [])],
            environment={key: str(value) for key, value in asked.get("environment", {}).items()},
            asked=asked,
        )
        for name, asked in read.items()
    }
