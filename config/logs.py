"""What is written to the log: one line a record, with the ids by which lines belong together, and nobody's secrets.

Loaded by gunicorn before there is a Django.
"""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")
task_id: ContextVar[str] = ContextVar("task_id", default="")
user_id: ContextVar[str] = ContextVar("user_id", default="")
IDS = {"request_id": request_id, "task_id": task_id, "user_id": user_id}
# What else a record may tell by `extra`; anything that is not named here stays out, as Django's whole request does.
FACTS = ("method", "view", "status", "seconds")

HIDDEN = "…"
# Keys of partners, what is sent as one, passwords in addresses of servers, links that are keys, people's addresses.
SECRETS = [
    (re.compile(r"\bvtr_[A-Za-z0-9_-]+"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|token|apikey)(\s+|=)[A-Za-z0-9._~+/=-]{8,}"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(://[^\s:/@]*):[^\s@/]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(/(?:confirm-email|reset/key|shared)/)[^\s/\"'?]+"), rf"\1{HIDDEN}"),
    (
        re.compile(r"(?i)([?&](?:x-amz-[a-z-]+|signature|awsaccesskeyid|key|token)=)[^\s&\"']+"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
]


def scrub(words: str) -> str:
    """The same without what nobody may read there."""
    for secret, instead in SECRETS:
        words = secret.sub(instead, words)
    return words


def settings(*, level: str, form: str) -> dict:
    """Logging's configuration. level: the lowest that is written. form: "json" or "line"."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"ids": {"()": Ids}},
        "formatters": {"json": {"()": JsonLine}, "line": {"()": Line}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ["ids"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Their own lines say no more than ours of each request; what went wrong still reaches us.
            "gunicorn.error": {"handlers": [], "propagate": True},
            "gunicorn.access": {"handlers": [], "propagate": False},
            "django.server": {"handlers": [], "propagate": False},
            "botocore": {"level": "WARNING"},
            # A line for each task that is sent, and one for each that arrives; who ended how stays.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.worker.request": {"level": "WARNING"},
        },
    }


class Ids(logging.Filter):
    """Gives each record the ids of what it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, variable in IDS.items():
            if not hasattr(record, name):
                setattr(record, name, variable.get())
        return True


class JsonLine(JsonFormatter):
    """A record as one line of JSON: time, level, logger, message, ids, facts, traceback."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
            timestamp="time",
            json_ensure_ascii=False,
        )

    def process_log_record(self, log_data: dict) -> dict:
        kept = {"time", "level", "logger", "message", "traceback", *IDS, *FACTS}
        return {name: value for name, value in log_data.items() if name in kept and value not in ("", None)}

    def jsonify_log_record(self, log_data: dict) -> str:
        return super().jsonify_log_record(scrubbed(log_data))


class Line(logging.Formatter):
    """A record for people: the same words, and the ids behind them."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        ids = " ".join(f"{name}={value}" for name in IDS if (value := getattr(record, name, "")))
        return super().formatMessage(record) + (f" [{ids}]" if ids else "")

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def scrubbed(value: object):
    """All words in it scrubbed, however deep."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {name: scrubbed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(each) for each in value]
    return value
