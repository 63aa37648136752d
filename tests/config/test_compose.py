"""The files that say how the site is run, read as their tools read them: there may be no engine to run them."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import promql_parser
import pytest
import yaml
from prometheus_client.registry import REGISTRY

from config import database, metrics
from tests.config import composed

PROJECT = database.PROJECT
GIVEN = dict.fromkeys(composed.names(), "given") | {"SITE_HOST": "tourism.example"}
SERVICES = composed.services(GIVEN)
OURS = [service for service in SERVICES.values() if service.is_ours]
MONITORING = PROJECT / "config" / "monitoring"
READS = re.compile(
    r"""\benv(?:\.\w+)?\(\s*"([A-Z][A-Z0-9_]+)"|environ(?:\.get\(|\[)\s*"([A-Z][A-Z0-9_]+)\""""
)
# Read for other ends than to run the site: by tests, by make, by pytest, by the system.
OTHERS = {
    "PATH",
    "HOST",
    "PORT",
    "PHOTOS",
    "DEBUG",
    "XDG_CACHE_HOME",
    "DJANGO_SETTINGS_MODULE",
    "POSTGRES_HOME",
}


def read_variables() -> set[str]:
    """The environment's variables that the code reads by name."""
    paths = [
        path
        for room in ("config", "retrieval/methods")
        for path in (PROJECT / room).rglob("*.py")
        if path.name != "test.py"
    ]
    return {first or second for path in paths for first, second in READS.findall(path.read_text())}


def program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def every(service: composed.Service):
    return pytest.param(service, id=service.name)


# ---- compose.yaml


@pytest.mark.parametrize("service", list(map(every, OURS)))
def test_what_a_service_of_ours_starts_is_there(service):
    first, *rest = service.command
    match first:
        case "python":
            assert find_spec(rest[rest.index("-m") + 1])
        case "gunicorn":
            settings, application = rest[rest.index("--config") + 1], rest[-1]
            assert find_spec(settings.removeprefix("python:"))
            assert find_spec(application)
        case "celery":
            assert find_spec(rest[rest.index("--app") + 1])
        case _:
            pytest.fail(f"{first} is not in the image")


def test_every_queue_has_a_worker_and_no_worker_has_a_queue_that_nobody_fills():
    from config.celery import QUEUES

    served = {
        service.command[service.command.index("--queues") + 1]
        for service in OURS
        if "--queues" in service.command
    }
    assert served == set(QUEUES)
    assert sum("beat" in service.command for service in OURS) == 1
    assert not any("--beat" in service.command for service in OURS)


@pytest.mark.parametrize("service", list(map(every, OURS)))
def test_what_a_service_is_given_is_read(service):
    assert set(service.environment) - {"DJANGO_SETTINGS_MODULE"} <= read_variables()


def test_every_variable_that_is_read_is_documented():
    documented = "".join(
        path.read_text()
        for path in (PROJECT / "README.md", PROJECT / ".env.example", *(PROJECT / "docs").glob("*.md"))
    )
    undocumented = {name for name in read_variables() - OTHERS if not re.search(rf"\b{name}\b", documented)}
    # _CLIENT_ID and _SECRET of two providers are put together from their names.
    assert undocumented == set()


def test_what_compose_wants_is_in_the_example_and_the_example_tells_no_secret():
    lines = [line for line in (PROJECT / ".env.example").read_text().splitlines() if line and line[0] != "#"]
    example = dict(line.split("=", 1) for line in lines)
    assert composed.names() - {"VERSION"} == set(example)
    assert {name for name, value in example.items() if value and not value.isdecimal()} == set()


def test_production_starts_with_what_compose_gives():
    given = dict.fromkeys(composed.names(), "0123456789abcdef" * 4) | {
        "SITE_HOST": "tourism.example",
        "EMAIL_URL": "smtp://mail.example",
        "SENTRY_DSN": "",
    }
    environment = composed.services(given)["web"].environment
    code = (
        "from django.conf import settings as s; "
        "print(s.ALLOWED_HOSTS, s.CELERY_BROKER_URL.partition('@')[2], s.CACHES['default']['BACKEND'])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == [
        "['tourism.example']",
        "queue:6379/0",
        "config.cache.PatientRedisCache",
    ]


@pytest.mark.parametrize("service", list(map(every, SERVICES.values())))
def test_every_service_is_guarded_and_bounded(service):
    asked = service.asked
    assert asked["read_only"] is True
    assert asked["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in asked["security_opt"]
    assert "privileged" not in asked
    if service.name != "prepare":
        assert asked["deploy"]["resources"]["limits"]["memory"]
        assert asked["restart"] == "unless-stopped"
    if not asked.get("profiles"):
        assert service.health or service.name == "prepare"


@pytest.mark.parametrize("service", list(map(every, SERVICES.values())))
def test_an_image_of_others_is_pinned_to_a_version(service):
    if not service.is_ours:
        assert re.search(r":v?\d+\.\d+\.\d+", service.image), service.image


def test_only_the_proxy_is_reached_from_the_world():
    published = {name for name, service in SERVICES.items() if service.asked.get("ports")}
    assert published == {"proxy", "grafana"}
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["grafana"].asked["ports"])
    for name in ("database", "queue", "storage"):
        assert SERVICES[name].asked["networks"] == ["inside"]


def test_nothing_runs_the_code_before_the_tables_are_there():
    for service in OURS:
        if service.name != "prepare":
            assert service.asked["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}
    for name, condition in SERVICES["prepare"].asked["depends_on"].items():
        assert condition == {"condition": "service_healthy"}
        assert SERVICES[name].health


def test_what_is_mounted_is_there():
    for service in SERVICES.values():
        for volume in service.asked.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (PROJECT / source).exists(), source


# ---- the image


def test_the_image_is_made_as_hadolint_likes_it_by_nobody_and_without_secrets():
    answer = subprocess.run([program("hadolint"), PROJECT / "Dockerfile"], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout
    last = (PROJECT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER \d+:\d+$", last, re.M)
    assert not re.search(
        r"^(?:ENV|ARG)\b.*(?:SECRET|PASSWORD|KEY)", (PROJECT / "Dockerfile").read_text(), re.M
    )


def test_only_what_is_named_goes_to_the_builder():
    lines = [line for line in (PROJECT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    taken = {line[1:] for line in lines if line.startswith("!")}
    assert {"manage.py", "accounts", "config", "places", "retrieval", "static", "templates"} <= taken
    assert not {".env", ".git", "tests", "var"} & taken
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", (PROJECT / "Dockerfile").read_text(), re.M))
    assert {name for line in copied for name in line.split()} == taken


# ---- the proxy


def test_the_proxys_file_is_as_caddy_reads_it():
    command = [program("caddy"), "validate", "--config", PROJECT / "config" / "proxy" / "Caddyfile"]
    answer = subprocess.run(
        command, env={"SITE_HOST": "tourism.example", "HOME": "/tmp"}, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr


# ---- what is watched


def exported() -> set[str]:
    """The names of all series that /metrics may hold."""
    names = {
        f"tourism_{name}"
        for name in re.findall(r'_gauge\(\s*"tourism_(\w+)"', Path(metrics.__file__).read_text())
    }
    for metric in REGISTRY.collect():
        if metric.type == "counter":
            names.add(f"{metric.name}_total")
        if metric.type == "histogram":
            names |= {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
    return names | {"up"}


def series(query: str) -> set[str]:
    """The names of the series that a query reads; raises ValueError where it is none."""
    query = query.replace("$__rate_interval", "1m")
    promql_parser.parse(query)
    words = re.sub(r'"[^"]*"|\{[^}]*\}|\b(?:by|on|without) \([^)]*\)', "", query)
    return {
        word
        for word in re.findall(r"\b[a-z_]{2,}\b(?!\s*\()", words)
        if word.startswith("tourism_") or word == "up"
    }


DASHBOARD = json.loads((MONITORING / "grafana" / "dashboards" / "tourism.json").read_text())


def test_every_panel_of_the_dashboard_asks_for_what_there_is():
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(queries) > 15
    for query in queries:
        assert series(query), query
        assert series(query) <= exported(), query
    # and nothing that is measured is left out of sight
    watched = set().union(*map(series, queries))
    assert {name for name in exported() if name.startswith("tourism_searches") or "queue" in name} <= watched


def test_the_dashboard_is_whole():
    assert DASHBOARD["uid"]
    assert DASHBOARD["id"] is None  # Grafana gives one
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    [source] = DASHBOARD["templating"]["list"]
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for asked in (panel, *panel.get("targets", [])):
            if panel["type"] != "row":
                assert asked["datasource"] == {"type": "prometheus", "uid": f"${{{source['name']}}}"}
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    taken = [
        (x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])
    ]
    assert len(taken) == len(set(taken))


def test_every_alert_asks_for_what_there_is_and_says_what_is_wrong():
    [group] = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    assert len(group["rules"]) > 5
    for rule in group["rules"]:
        assert series(rule["expr"]) <= exported(), rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_what_is_written_by_indentation_is_written_well():
    rules = "{extends: default, rules: {line-length: {max: 130}, document-start: disable}}"
    command = [program("yamllint"), "-d", rules, composed.FILE, MONITORING]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout
