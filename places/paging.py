"""Lists in pages that hold together while the catalogue changes: each begins behind the row that the last ended with.

A page number counts rows, so that one new row shows another twice. A cursor holds the values that the list is sorted by,
of one row; nothing before that row is told again, nothing behind it is passed over. It is signed, so that no other
values come back in it.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.core import signing
from django.db.models import F, Q, QuerySet
from django.utils.encoding import escape_uri_path, force_str
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

FORWARD, BACK = 1, -1
PAGE, MOST = 50, 200
UNIQUE = {"pk", "id", "slug"}


class CursorPagination(BasePagination):
    """`cursor` is taken from the links of a page; `page_size` says how many rows, 200 at most."""

    signer_salt = "page"

    def paginate_queryset(self, queryset: QuerySet, request: Request, view=None) -> list:
        self.request = request
        keys = _keys(queryset)
        queryset = _told(queryset.order_by(*keys), keys)
        size = self._size(request)
        direction, values = self._asked(request, keys)
        rows = queryset if direction == FORWARD else queryset.reverse()
        if values is not None:
            rows = rows.filter(_behind(keys, values, direction))
        found = list(rows[: size + 1])
        has_more, page = len(found) > size, found[:size]
        if direction == BACK:
            page.reverse()
        came_from_before = values is not None and direction == FORWARD
        came_from_behind = values is not None and direction == BACK
        self._next = (
            self._link(keys, page, FORWARD) if has_more and direction == FORWARD or came_from_behind else None
        )
        self._previous = (
            self._link(keys, page, BACK) if has_more and direction == BACK or came_from_before else None
        )
        return page

    def get_paginated_response(self, data: list) -> Response:
        return Response({"next": self._next, "previous": self._previous, "results": data})

    def _size(self, request: Request) -> int:
        field = serializers.IntegerField(min_value=1, max_value=MOST)
        try:
            return field.run_validation(request.query_params.get("page_size", PAGE))
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"page_size": error.detail}) from error

    def _asked(self, request: Request, keys: list[str]) -> tuple[int, list | None]:
        token = request.query_params.get("cursor")
        if not token:
            return FORWARD, None
        try:
            direction, of, values = signing.loads(token, salt=self.signer_salt)
        except (signing.BadSignature, ValueError, TypeError):
            of = None
        if of != keys:
            words = _(
                "This is no cursor of this list. Take it from the links “next” and “previous” of a page."
            )
            raise serializers.ValidationError({"cursor": [words]}, code="bad_cursor")
        return direction, values

    def _link(self, keys: list[str], page: list, direction: int) -> str:
        """The address of the page behind this one, or before it."""
        if not page:  # what it began behind was the last there is, and is gone: from the other end
            return address(self.request, cursor=None)
        edge = page[-1] if direction == FORWARD else page[0]
        values = [_plain(_value(edge, key.lstrip("-"))) for key in keys]
        return address(self.request, cursor=signing.dumps([direction, keys, values], salt=self.signer_salt))

    def get_paginated_response_schema(self, schema: dict) -> dict:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link | {"description": "The page behind this one; null at the end."},
                "previous": link | {"description": "The page before this one; null at the beginning."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where the page begins: taken from the links of another page, never made up.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "How many rows a page has.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE},
            },
        ]


def address(request: Request, **changed: str | None) -> str:
    """The whole address that was asked for, with these parameters instead; without those that are None."""
    asked = request.query_params.copy()
    for name, value in changed.items():
        asked.pop(name, None)
        if value is not None:
            asked[name] = value
    path = request.build_absolute_uri(escape_uri_path(request.path))
    return f"{path}?{asked.urlencode()}" if asked else path


def _keys(queryset: QuerySet) -> list[str]:
    """The names that a list is sorted by, a minus before those that fall; the last of them tells all rows apart."""
    keys = [force_str(key) for key in queryset.query.order_by or queryset.model._meta.ordering]
    names = {key.lstrip("-") for key in keys}
    return keys if names & UNIQUE else [*keys, "pk"]


def _told(queryset: QuerySet, keys: list[str]) -> QuerySet:
    """With what is sorted by but not selected, which the next page has to begin behind."""
    names = {key.lstrip("-") for key in keys} & (
        set(queryset.query.annotations) - set(queryset.query.annotation_select)
    )
    return queryset.annotate(**{name: F(name) for name in names})


def _behind(keys: list[str], values: list, direction: int) -> Q:
    """The condition of rows that come after one with these values: equal in the first few, and beyond it in the next."""
    conditions, equal = [], Q()
    for key, value in zip(keys, values, strict=True):
        name = key.lstrip("-")
        rises = key.startswith("-") == (direction == BACK)
        conditions.append(equal & Q(**{f"{name}__{'gt' if rises else 'lt'}": value}))
        equal &= Q(**{name: value})
    return reduce(or_, conditions)


def _value(row: object, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def _plain(value: Any) -> Any:
    """As JSON holds it without loss; the column's field reads it back."""
    return (
        value
        if isinstance(value, bool | int | float | str)
        else value.isoformat()
        if hasattr(value, "isoformat")
        else str(value)
    )
