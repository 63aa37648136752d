"""Photos of which nobody has said which place they show: they wait, and are told apart from all others."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import translation

from places import contributing, curation, importers, ingest
from places.importers import folder
from places.models import Contribution, Landmark, LandmarkImage
from tests.factories import (
    THANKS,
    CuratorFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    UserFactory,
    drawn_photo,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/en/places/contribute/"
SAID = {"author": "Lan Phạm", "licence": "CC BY 4.0", "note": "", "may_license": "on"}


@pytest.fixture
def unlabelled() -> LandmarkImage:
    return LandmarkImageFactory(landmark=None)


def files(*seeds: int) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"{seed}.jpg", drawn_photo(seed, (160, 120))) for seed in seeds]


def test_a_photo_is_kept_without_a_place_and_says_so(unlabelled):
    assert ingest.add(drawn_photo(5, (160, 120)), landmark=None).landmark is None
    assert LandmarkImage.objects.unlabelled().count() == 2
    with translation.override("en"):
        assert str(unlabelled) == f"a place not known yet #{unlabelled.pk}"
    with translation.override("vi"):
        assert str(unlabelled) == f"nơi chưa rõ tên #{unlabelled.pk}"


def test_the_database_publishes_nothing_without_a_place(unlabelled):
    with pytest.raises(IntegrityError, match="what_is_published_shows_a_landmark"), transaction.atomic():
        LandmarkImage.objects.filter(pk=unlabelled.pk).update(state="published", photo="p", thumbnail="t")


def test_a_curator_is_told_that_the_place_is_missing(unlabelled):
    with translation.override("vi"):
        [(refused, reason)] = curation.publish([unlabelled]).refused
    assert (refused, str(reason)) == (unlabelled, "Chưa rõ ảnh chụp địa điểm nào.")
    unlabelled.refresh_from_db()
    assert (unlabelled.state, unlabelled.events.count()) == ("candidate", 0)


def test_once_it_is_moved_to_a_place_it_can_be_published(unlabelled):
    place = LandmarkFactory(slug="found")
    [moved] = curation.move([unlabelled], landmark=place).done
    assert (moved.landmark, moved.events.get().detail) == (place, "– → found")
    assert curation.publish([unlabelled]).done == [unlabelled]


def test_it_can_be_turned_down(unlabelled):
    assert curation.reject([unlabelled], reason="nothing to see").done == [unlabelled]


# Importing


def test_photos_beside_the_folders_wait_without_a_place(tmp_path):
    for number, name in enumerate(("1.jpg", "2.JPG", "temple/3.jpg")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(drawn_photo(number, (160, 120)))
    for name in ("README.txt", "croissant.json", ".hidden.jpg"):
        (tmp_path / name).write_text("nothing to see")
    report = importers.run(folder.read(tmp_path), defaults=importers.Attribution(**THANKS))
    assert report.added == ["1.jpg", "2.JPG", "temple/3.jpg"]
    assert [waiting.name for waiting in report.waiting] == ["1.jpg", "2.JPG"]
    assert (report.landmarks, report.failed) == (["temple"], [])
    assert LandmarkImage.objects.unlabelled().waiting().count() == 2
    assert importers.run(folder.read(tmp_path)).present == report.added


def test_the_table_may_say_what_a_photo_beside_the_folders_shows(tmp_path):
    (tmp_path / "1.jpg").write_bytes(drawn_photo(1, (160, 120)))
    (tmp_path / "2.jpg").write_bytes(drawn_photo(2, (160, 120)))
    (tmp_path / "images.csv").write_text("path,landmark,author\n1.jpg,Chùa Cầu,An\n2.jpg,,Bình\n")
    importers.run(folder.read(tmp_path), defaults=importers.Attribution(**THANKS))
    place = Landmark.objects.get()
    said = LandmarkImage.objects.order_by("author").values_list("author", "landmark", "state")
    assert list(said) == [("An", place.pk, "published"), ("Bình", None, "candidate")]


def test_a_dry_run_tells_of_them_and_the_command_gives_them_a_place(tmp_path, capsys):
    (tmp_path / "1.jpg").write_bytes(drawn_photo(1, (160, 120)))
    call_command("import_images", "folder", tmp_path, "--dry-run")
    assert "1 photos added" in capsys.readouterr().out
    LandmarkFactory(slug="temple")
    call_command("import_images", "folder", tmp_path, "--landmark", "temple")
    assert LandmarkImage.objects.get().landmark.slug == "temple"


def test_what_has_a_place_is_not_taken_again_without_one(tmp_path):
    data = drawn_photo(1, (160, 120))
    ingest.add(data, landmark=LandmarkFactory())
    (tmp_path / "1.jpg").write_bytes(data)
    [skipped] = importers.run(folder.read(tmp_path)).skipped
    assert skipped.name == "1.jpg"


# Contributing


@pytest.fixture
def visitor(client):
    client.force_login(UserFactory())
    return client


def test_a_visitor_offers_photos_without_knowing_the_place(visitor):
    answer = visitor.post(ADDRESS, SAID | {"photos": files(1, 2)}, follow=True)
    assert answer.redirect_chain == [("/en/places/contributions/", 302)]
    assert Contribution.objects.filter(image__landmark=None, image__state="candidate").count() == 2
    assert answer.content.decode().count("Its place is being looked for") == 2


def test_a_form_that_arrives_twice_is_received_once(visitor):
    for _time in range(2):
        answer = visitor.post(ADDRESS, SAID | {"photos": files(1)})
        assert answer.status_code == 302
    assert Contribution.objects.count() == 1


def test_the_details_of_such_a_photo_can_be_put_right_and_it_can_be_withdrawn(visitor):
    visitor.post(ADDRESS, SAID | {"photos": files(1)})
    photo = LandmarkImage.objects.get()
    page = visitor.get(f"/en/places/contributions/{photo.pk}/")
    assert "Its place is being looked for" in page.content.decode()
    contributing.withdraw(photo.contribution)
    assert not LandmarkImage.objects.exists()


def test_the_form_says_in_either_language_that_the_place_is_found_by_a_curator(visitor):
    assert "A curator finds out which place the photo shows." in visitor.get(ADDRESS).content.decode()
    page = visitor.get("/places/contribute/").content.decode()
    assert "Biên tập viên tìm xem ảnh chụp địa điểm nào." in page
    assert "None" not in page


def test_whoever_is_not_logged_in_is_asked_to(client):
    assert client.get(ADDRESS).status_code == 302


# The desk


def test_the_desk_lists_and_adds_photos_without_a_place(client, unlabelled):
    client.force_login(CuratorFactory())
    LandmarkImageFactory()
    wall = client.get("/en/admin/places/landmarkimage/?only=unplaced")
    assert wall.context["page"].photos == [unlabelled]
    assert client.get(f"/en/admin/places/landmarkimage/{unlabelled.pk}/change/").status_code == 200
    answer = client.post(
        "/en/admin/places/landmarkimage/add/",
        {
            "file": files(9)[0],
            "landmark": "",
            "author": "",
            "licence": "",
            "licence_url": "",
            "source_url": "",
        },
    )
    assert answer.status_code == 302
    assert LandmarkImage.objects.unlabelled().count() == 2
