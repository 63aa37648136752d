"""Errors sent to whoever looks after the site, by Sentry's protocol: what broke and where, never with what or for whom."""

from __future__ import annotations

from typing import Any

import sentry_sdk

from config import logs

# What a report may tell of a request; its address, form, photos, cookies and keys stay here.
TOLD_OF_A_REQUEST = {"method"}


def start(address: str, *, environment: str, **options) -> None:
    """Report to this DSN from now on. options: others of sentry_sdk.init."""
    sentry_sdk.init(
        dsn=address,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,  # a photo is one
        max_request_body_size="never",
        max_breadcrumbs=20,
        traces_sample_rate=0.0,
        before_send=cleaned,
        before_breadcrumb=cleaned,
        **options,
    )


def cleaned(event: Any, hint: object = None) -> Any:
    """A report, or a step that led to it, without what nobody may read there."""
    if request := event.get("request"):
        event["request"] = {name: value for name, value in request.items() if name in TOLD_OF_A_REQUEST}
    if user := event.get("user"):
        event["user"] = {"id": user["id"]} if "id" in user else {}
    event.pop("server_name", None)
    for name in ("data", "extra"):
        event.pop(name, None)
    if "exception" in event or "logentry" in event:
        event["tags"] = {name: variable.get() for name, variable in logs.IDS.items() if variable.get()}
    return logs.scrubbed(event)
