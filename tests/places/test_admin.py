import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from PIL import Image

from places.models import CurationEvent, Landmark, LandmarkImage
from tests.factories import (
    CuratorFactory,
    FormerProvinceFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    UserFactory,
    drawn_photo,
)

pytestmark = pytest.mark.django_db
PHOTOS = "places_landmarkimage"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def curator():
    return CuratorFactory()


@pytest.fixture
def desk(curator) -> Client:
    client = Client()
    client.force_login(curator)
    return client


def page(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


@pytest.fixture
def queries_of(desk, django_assert_max_num_queries):
    """How many queries a page takes."""

    def count(address: str) -> int:
        with django_assert_max_num_queries(200) as captured:
            assert desk.get(address).status_code == 200
        return len(captured)

    return count


@pytest.mark.parametrize("model", ["province", "landmark"])
def test_a_list_takes_as_many_queries_for_ten_rows_as_for_one(queries_of, desk, model):
    def fill(count):
        for image in LandmarkImageFactory.create_batch(count):
            FormerProvinceFactory(province=image.landmark.province)

    fill(2)
    address = page(f"places_{model}_changelist")
    queries_of(address)  # what is cached between requests is
    before = queries_of(address)
    fill(5)
    assert queries_of(address) == before


@pytest.mark.parametrize("model", ["province", "landmark", "landmarkimage"])
def test_the_pages_to_add_and_to_change_open(desk, model):
    image = LandmarkImageFactory(published=True)
    FormerProvinceFactory(province=image.landmark.province)
    row = {"province": image.landmark.province, "landmark": image.landmark, "landmarkimage": image}[model]
    assert desk.get(page(f"places_{model}_add")).status_code == 200
    assert desk.get(page(f"places_{model}_change", row.pk)).status_code == 200


def test_landmarks_are_found_without_their_accents(desk):
    found = LandmarkFactory(slug="den-ngoc-son", name_vi="Đền Ngọc Sơn")
    LandmarkFactory()
    answer = desk.get(page("places_landmark_changelist"), {"q": "den ngoc"})
    assert list(answer.context["cl"].queryset) == [found]


def test_an_uploaded_photo_goes_through_the_one_door(desk, curator):
    landmark = LandmarkFactory()
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.5, 0.0), 3: "E", 4: (105.0, 51.0, 0.0)})
    file = SimpleUploadedFile("whatever.txt", drawn_photo(1, exif=exif))
    answer = desk.post(page(f"{PHOTOS}_add"), {"landmark": landmark.pk, "author": "An", "file": file})
    image = LandmarkImage.objects.get()
    assert answer.status_code == 302
    assert (image.landmark, image.author, image.contributed_by) == (landmark, "An", curator)
    assert (image.state, image.taken_latitude) == ("candidate", pytest.approx(21.025))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"hello", "not a photo that we can read"),
        (drawn_photo(1)[:20_000], "damaged or cut short"),
        (drawn_photo(2), "in the catalogue already"),
    ],
    ids=["text", "truncated", "duplicate"],
)
def test_an_upload_that_is_refused_says_why(desk, data, told):
    LandmarkImageFactory(data=drawn_photo(2))
    file = SimpleUploadedFile("photo.jpg", data)
    answer = desk.post(page(f"{PHOTOS}_add"), {"landmark": LandmarkFactory().pk, "file": file})
    assert told in answer.content.decode()
    assert LandmarkImage.objects.count() == 1


def test_a_published_photo_keeps_its_attribution_and_a_free_licence(desk):
    image = LandmarkImageFactory(published=True, author="An")
    told = {"author": "", "licence": "CC0", "licence_url": "", "source_url": "https://example.org/"}
    told["seen"] = 0
    assert (
        "A published photo needs it." in desk.post(page(f"{PHOTOS}_change", image.pk), told).content.decode()
    )
    unfree = told | {"author": "Bình", "licence": "cc-by-nc-2.0"}
    assert "not free: CC BY-NC 2.0" in desk.post(page(f"{PHOTOS}_change", image.pk), unfree).content.decode()
    assert desk.post(page(f"{PHOTOS}_change", image.pk), told | {"author": "Bình"}).status_code == 302
    image.refresh_from_db()
    assert (image.author, image.licence, image.state) == ("Bình", "CC0 1.0", "published")
    assert image.licence_url == "https://creativecommons.org/publicdomain/zero/1.0/"


def test_state_and_landmark_change_by_acts_alone(desk):
    image = LandmarkImageFactory()
    told = {"state": "published", "landmark": LandmarkFactory().pk, "seen": 0}
    assert desk.post(page(f"{PHOTOS}_change", image.pk), told).status_code == 302
    before = image.landmark
    image.refresh_from_db()
    assert (image.state, image.landmark) == ("candidate", before)


def test_photos_are_not_deleted_but_rejected(desk):
    assert desk.post(page(f"{PHOTOS}_delete", LandmarkImageFactory().pk), {"post": "yes"}).status_code == 403


def test_the_position_where_a_photo_was_taken_is_shown_to_curators(desk):
    image = LandmarkImageFactory(taken_latitude=21.02534, taken_longitude=105.85)
    assert "21.02534" in desk.get(page(f"{PHOTOS}_change", image.pk)).content.decode()


def test_an_unpublished_photo_is_previewed_to_curators_alone(desk):
    address = page(f"{PHOTOS}_preview", LandmarkImageFactory(size=(1000, 500)).pk)
    answer = desk.get(address)
    assert answer["Content-Type"] == "image/webp"
    assert "private" in answer["Cache-Control"]
    visitor, staff = Client(), Client()
    visitor.force_login(UserFactory())
    staff.force_login(UserFactory(is_staff=True))  # without a permission
    assert Client().get(address).status_code == 302
    assert visitor.get(address).status_code == 302
    assert staff.get(address).status_code == 403


def test_a_preview_whose_original_is_gone_is_not_found(desk):
    image = LandmarkImageFactory()
    image.original.storage.delete(image.original.name)
    assert desk.get(page(f"{PHOTOS}_preview", image.pk)).status_code == 404
    assert desk.get(page(f"{PHOTOS}_preview", 0)).status_code == 404


def test_what_a_curator_edits_is_known_to_the_loader_of_the_catalogue(desk):
    landmark = LandmarkFactory()
    told = {"slug": landmark.slug, "name_vi": "Mới", "name_en": "New", "kind": "scene"}
    fact = {"kind": "price", "text_vi": "Miễn phí.", "text_en": "Free.", "checked_on": "2026-03-04"}
    inline = {"facts-TOTAL_FORMS": 1, "facts-INITIAL_FORMS": 0}
    inline |= {f"facts-0-{name}": value for name, value in fact.items()}
    assert desk.post(page("places_landmark_change", landmark.pk), told | inline).status_code == 302
    assert Landmark.objects.get().name_vi == "Mới"
    assert str(landmark.facts.get().checked_on) == "2026-03-04"
    assert LogEntry.objects.get(action_flag=CHANGE).object_id == str(landmark.pk)


def test_acts_of_curation_are_read_only(desk):
    event = CurationEvent.objects.create(image=LandmarkImageFactory(), verb="publish")
    assert desk.get(page("places_curationevent_add")).status_code == 403
    assert desk.post(page("places_curationevent_delete", event.pk), {"post": "yes"}).status_code == 403
