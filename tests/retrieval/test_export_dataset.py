import csv

import pytest
from django.core.management import CommandError, call_command

from places import curation, ingest
from retrieval.evaluation.datasets.folder import from_folder
from tests.factories import LandmarkFactory, drawn_photo

pytestmark = pytest.mark.django_db
THANKS = {"author": "An", "licence": "CC0", "source_url": "https://a.example/1"}


@pytest.fixture
def catalogue():
    for number in range(8):
        landmark = LandmarkFactory(slug=f"place-{number}", kind="building")
        curation.publish(
            [
                ingest.add(drawn_photo(10 * number + n, (160, 120)), landmark=landmark, **THANKS)
                for n in range(2)
            ]
        )


def test_the_splits_written_are_those_that_the_evaluation_deals(catalogue, tmp_path, capsys):
    call_command("export_dataset", str(tmp_path / "out"))
    assert "16 photos of 8 landmarks" in capsys.readouterr().out
    with open(tmp_path / "out" / "landmarks.csv", newline="") as file:
        written = {row["landmark"]: row["split"] for row in csv.DictReader(file)}
    for split in ("train", "choose", "test"):
        evaluated = {query.landmark for query in from_folder(tmp_path / "out", split=split).queries}
        assert evaluated == {landmark for landmark, its in written.items() if its == split}


def test_the_command_says_why_it_cannot_write(tmp_path):
    with pytest.raises(CommandError):
        call_command("export_dataset", str(tmp_path / "out"))
