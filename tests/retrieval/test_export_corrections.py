import csv
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from PIL import Image

from places.models import Landmark
from retrieval import corrections
from retrieval.corrections import Said
from retrieval.evaluation import datasets
from retrieval.models import Correction, Query
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, drawn_photo
from tests.retrieval.test_views import answered

pytestmark = pytest.mark.django_db
SIZE = (400, 200)


@pytest.fixture
def temple() -> Landmark:
    return LandmarkFactory(slug="van-mieu", name_vi="Văn Miếu", name_en="Temple of Literature")


def corrected(seed: int, landmark: Landmark, *, is_true: bool | None = True, **fields) -> Query:
    """A search with a picture of its own, said to show a landmark, and what a curator found of that."""
    photo = ContentFile(drawn_photo(seed, SIZE), name="photo.jpg")
    query = answered(LandmarkImageFactory(published=True), session_key="somebody", photo=photo, **fields)
    row = corrections.correct(query, said=Said.IN_FACT, landmark=landmark)
    if is_true is not None:
        corrections.handle(Correction.objects.filter(pk=row.pk), is_true=is_true, actor=CuratorFactory())
    return query


def photos_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.glob("*/*")}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_a_curator_found_true_is_written_a_folder_per_landmark(tmp_path, temple, capsys):
    theirs = corrected(1, temple)
    right = answered(LandmarkImageFactory(published=True), session_key="somebody")
    corrections.correct(right, said=Said.RIGHT)
    wrong = answered(LandmarkImageFactory(published=True), session_key="somebody")
    corrections.correct(wrong, said=Said.WRONG)
    corrections.handle(
        Correction.objects.filter(query__in=[right, wrong]), is_true=True, actor=CuratorFactory()
    )
    corrected(2, temple, is_true=False)
    corrected(3, temple, is_true=None)

    call_command("export_corrections", tmp_path / "asked")
    expected = {
        f"van-mieu/{theirs.pk}.jpg": "van-mieu",
        f"{right.places.get().landmark.slug}/{right.pk}.jpg": right.places.get().landmark.slug,
    }
    assert photos_in(tmp_path / "asked") == set(expected)
    told = {row["path"]: row["landmark"] for row in rows_of(tmp_path / "asked" / "images.csv")}
    assert told == expected
    assert "Written: 2 photos of 2 landmarks; 0 removed." in capsys.readouterr().out


def test_what_is_written_asks_of_a_catalogue_in_an_evaluation(tmp_path, temple):
    beside, elsewhere = LandmarkFactory(slug="ho-van"), LandmarkFactory(slug="far-away")
    temple.overlaps_with.add(beside)
    query = corrected(1, temple)
    stranger = corrected(2, elsewhere)
    call_command("export_corrections", tmp_path / "asked")
    for number, folder in enumerate(("van_mieu", "van_mieu", "ho_van")):
        path = tmp_path / "catalogue" / folder / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn_photo(10 + number, SIZE))

    found = datasets.from_folder(tmp_path / "catalogue", queries=tmp_path / "asked")
    [asked] = found.queries
    assert asked.path.stem == str(query.pk)
    shown = {found.landmarks[index] for index in asked.truth.ok}
    assert shown == {"van-mieu"}
    assert {found.landmarks[index] for index in asked.truth.junk} == {"ho-van"}
    assert [path.stem for path in found.outside] == [str(stranger.pk)]


def test_a_photo_asked_with_a_box_is_cut_to_it(tmp_path, temple):
    query = corrected(1, temple, left=100, top=50, right=300, bottom=150)
    call_command("export_corrections", tmp_path)
    with Image.open(tmp_path / "van-mieu" / f"{query.pk}.jpg") as picture:
        assert picture.size == (200, 100)


def test_a_photo_asked_with_twice_counts_once(tmp_path, temple):
    first = corrected(1, temple)
    corrected(1, temple)
    call_command("export_corrections", tmp_path)
    assert photos_in(tmp_path) == {f"van-mieu/{first.pk}.jpg"}


def test_a_later_run_follows_what_was_deleted_and_changed(tmp_path, temple, capsys):
    gone, moved, stays = (corrected(seed, temple) for seed in (1, 2, 3))
    call_command("export_corrections", tmp_path)
    path = f"van-mieu/{gone.pk}.jpg"
    gone.delete()
    other = LandmarkFactory(slug="khue-van-cac")
    Correction.objects.filter(query=moved).update(landmark=other)
    call_command("export_corrections", tmp_path, "--dry-run")
    assert "Would write: 2 photos of 2 landmarks; 2 removed." in capsys.readouterr().out
    assert path in photos_in(tmp_path)
    call_command("export_corrections", tmp_path)
    assert photos_in(tmp_path) == {f"khue-van-cac/{moved.pk}.jpg", f"van-mieu/{stays.pk}.jpg"}
    Query.objects.all().delete()
    call_command("export_corrections", tmp_path)
    assert photos_in(tmp_path) == set()
    assert rows_of(tmp_path / "images.csv") == []


def test_a_search_whose_photo_is_gone_is_named_and_holds_up_none(tmp_path, temple, capsys):
    lost, kept = corrected(1, temple), corrected(2, temple)
    lost.photo.storage.delete(lost.photo.name)
    call_command("export_corrections", tmp_path)
    assert photos_in(tmp_path) == {f"van-mieu/{kept.pk}.jpg"}
    assert f"{lost.pk}: its photo is gone." in capsys.readouterr().err


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path, temple):
    photo = tmp_path / "van-mieu" / "mine.jpg"
    photo.parent.mkdir()
    photo.write_bytes(b"mine")
    with pytest.raises(CommandError, match="holds something else"):
        call_command("export_corrections", tmp_path)
    assert photo.read_bytes() == b"mine"


def test_a_dry_run_writes_nothing(tmp_path, temple):
    corrected(1, temple)
    call_command("export_corrections", tmp_path / "asked", "--dry-run")
    assert not (tmp_path / "asked").exists()


def test_a_place_that_was_merged_since_counts_as_the_other(tmp_path, temple):
    theirs = corrected(1, LandmarkFactory(slug="twice", merged_into=temple))
    call_command("export_corrections", tmp_path / "asked")
    assert photos_in(tmp_path / "asked") == {f"van-mieu/{theirs.pk}.jpg"}
