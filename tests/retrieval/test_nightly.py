import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from retrieval import nightly
from retrieval.models import NightlyTuning

pytestmark = pytest.mark.django_db

TWO_O_CLOCK = datetime(2026, 3, 9, 2, 20, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def night(monkeypatch):
    """Gives the commands started when tunings are looked for at this moment."""
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_options: started.append(command))

    def look(at: datetime) -> list[list[str]]:
        monkeypatch.setattr(timezone, "now", lambda: at)
        before = len(started)
        assert nightly.tune_if_due() == (len(started) > before)
        return started[before:]

    return look


def test_a_tuning_starts_once_a_night(night):
    NightlyTuning.objects.create(pk=1, on=True, hour=2)
    (command,) = night(TWO_O_CLOCK)
    assert command[:3] == ["nice", "-n", "19"]
    assert command[-2:] == ["tune_to_catalogue", "--nightly"]
    assert NightlyTuning.objects.get().started_at == TWO_O_CLOCK
    assert night(TWO_O_CLOCK + timedelta(minutes=1)) == []
    assert night(TWO_O_CLOCK + timedelta(minutes=39)) == []
    assert len(night(TWO_O_CLOCK + timedelta(days=1, minutes=-15))) == 1


@pytest.mark.parametrize("hours", [-1, 1, 12])
def test_at_another_hour_no_tuning_starts(night, hours):
    NightlyTuning.objects.create(pk=1, on=True, hour=2)
    assert night(TWO_O_CLOCK + timedelta(hours=hours)) == []
    assert NightlyTuning.objects.get().started_at is None


def test_the_hour_is_that_of_the_place_and_not_of_greenwich(night):
    NightlyTuning.objects.create(pk=1, on=True, hour=TWO_O_CLOCK.astimezone(UTC).hour)
    assert night(TWO_O_CLOCK.astimezone(UTC)) == []
    NightlyTuning.objects.update(hour=2)
    assert len(night(TWO_O_CLOCK.astimezone(UTC))) == 1


def test_where_nobody_has_switched_it_on_no_tuning_starts(night):
    assert night(TWO_O_CLOCK) == []
    NightlyTuning.objects.create(pk=1, on=False, hour=2)
    assert night(TWO_O_CLOCK) == []
