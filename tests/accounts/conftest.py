import pytest

from accounts import limits


@pytest.fixture(autouse=True)
def _clock_that_stands_still(monkeypatch) -> None:
    """What is counted is counted by the clock of a test's one transaction, however slow the machine is."""
    monkeypatch.setattr(limits, "COUNT", limits.COUNT.replace("clock_timestamp()", "now()"))
