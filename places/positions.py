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
