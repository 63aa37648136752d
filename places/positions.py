"""A position as a visitor gives it: typed, or told by the browser."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SOUTH_WEST, NORTH_EAST = (6.0, 101.5), (24.0, 118.0)  # Vietnam with its sea and archipelagos
DECIMALS = 3  # about a hundred metres: enough to sort by distance, too little to find a door


@dataclass(frozen=True)
class Position:
    latitude: float
    longitude: float

    @property
    def in_vietnam(self) -> bool:
        """Whether it is in Vietnam or close to it."""
        return (
            SOUTH_WEST[0] <= self.latitude <= NORTH_EAST[0]
            and SOUTH_WEST[1] <= self.longitude <= NORTH_EAST[1]
        )


class PositionField(forms.CharField):
    """A latitude and a longitude in degrees, as in 21.028, 105.854, rounded; cleaned to a Position."""

    default_error_messages = {
        "not_a_position": _("Write latitude and longitude in degrees, as in 21.028, 105.854."),
        "not_in_vietnam": _("That position is not in Vietnam, and all our places are."),
    }

    def __init__(self, **kwargs) -> None:
        super().__init__(max_length=100, **kwargs)

    def to_python(self, value: object) -> Position | None:
        text = super().to_python(value)
        if not text:
            return None
        try:
            latitude, longitude = (round(float(part), DECIMALS) for part in text.replace(",", " ").split())
        except (ValueError, OverflowError) as error:
            raise ValidationError(self.error_messages["not_a_position"], code="not_a_position") from error
        position = Position(latitude, longitude)
        if not position.in_vietnam:
            raise ValidationError(self.error_messages["not_in_vietnam"], code="not_in_vietnam")
        return position

    def run_validators(self, value: Position | None) -> None:
        """The text's own, its length above all, have nothing to say of a position."""


@dataclass(frozen=True)
class Area:
    """A box on the map, in degrees."""

    west: float
    south: float
    east: float
    north: float


class AreaField(forms.CharField):
    """west, south, east, north in degrees, as GeoJSON has them; cleaned to an Area. None goes over the 180th meridian."""

    default_error_messages = {
        "not_an_area": _("Write west, south, east, north in degrees, as in 105.7,20.9,106.0,21.1."),
        "not_on_earth": _("Longitudes lie in -180..180 and latitudes in -90..90."),
        "turned_round": _("West must be less than east, and south less than north."),
    }

    def __init__(self, **kwargs) -> None:
        super().__init__(max_length=200, **kwargs)

    def to_python(self, value: object) -> Area | None:
        text = super().to_python(value)
        if not text:
            return None
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError as error:
            raise self._refused("not_an_area") from error
        # Written so that NaN fails.
        if not all(-180 <= edge <= 180 for edge in (west, east)) or not all(
            -90 <= edge <= 90 for edge in (south, north)
        ):
            raise self._refused("not_on_earth")
        if west >= east or south >= north:
            raise self._refused("turned_round")
        return Area(west, south, east, north)

    def _refused(self, code: str) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code)

    def run_validators(self, value: Area | None) -> None:
        """As for a position."""
