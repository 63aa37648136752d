"""The curators' desk over what the platform knows, measures and is told, a file for each subject."""

from . import (  # noqa: F401
    checkpoints,
    corrections,
    describing,
    effects,
    lookalikes,
    measuring,
    offers,
    searches,
)
