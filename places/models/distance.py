"""Distances on Earth in PostgreSQL's words: the extension earthdistance, which measures along a sphere."""

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, FloatField, Func, Value


class PointOnEarth(Func):
    """A latitude and a longitude as the point that distances are measured between; NULL where either is."""

    function = "ll_to_earth"
    output_field = models.Field()


class Metres(Func):
    function = "earth_distance"
    output_field = FloatField()


class AroundPoint(Func):
    """The centre, the metres and a point: whether that may lie within so many metres, as an index can tell.

    It is a box, so a little of what lies farther is in it too.
    """

    output_field = models.BooleanField()

    def as_sql(self, compiler, connection, **context) -> tuple[str, list]:
        *box, point = self.get_source_expressions()
        around, values = compiler.compile(Func(*box, function="earth_box"))
        inside, point_values = compiler.compile(point)
        return f"({around} @> {inside})", [*values, *point_values]


POSITION = PointOnEarth(F("latitude"), F("longitude"))
POSITION_INDEX = GistIndex(POSITION, name="landmarks_by_position")


def point(latitude: float, longitude: float) -> PointOnEarth:
    return PointOnEarth(Value(latitude, FloatField()), Value(longitude, FloatField()))
