import pytest

from places import importers
from places.importers import google_landmarks
from places.models import LandmarkImage
from tests.factories import LandmarkFactory, drawn_photo

pytestmark = pytest.mark.django_db
ID = "abc0123456789def"


@pytest.fixture
def dataset(tmp_path):
    LandmarkFactory(slug="van-mieu", name_vi="Văn Miếu", name_en="Temple of Literature")
    (tmp_path / "train.csv").write_text(
        f"id,url,landmark_id\n{ID},http://x/1,7\nffff,http://x/2,7\neeee,http://x/3,8\n"
    )
    (tmp_path / "train_attribution.csv").write_text(
        "id,url,author,license,title\n"
        f"{ID},https://commons.wikimedia.org/wiki/File:1.jpg,An,https://creativecommons.org/licenses/by-sa/3.0/,x\n"
    )
    (tmp_path / "train_label_to_category.csv").write_text(
        "landmark_id,category\n"
        '7,"http://commons.wikimedia.org/wiki/Category:Temple_of_Literature,_Hanoi"\n'
        "8,http://commons.wikimedia.org/wiki/Category:Eiffel_Tower\n"
    )
    file = tmp_path / "train" / "a" / "b" / "c" / f"{ID}.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(drawn_photo(1, (160, 120)))
    return tmp_path


def test_landmarks_of_the_catalogue_are_known_by_their_category_and_photos_come_with_their_licence(dataset):
    report = importers.run(google_landmarks.read(dataset))
    assert (report.added, report.failed) == ([ID], [])
    image = LandmarkImage.objects.get(landmark__slug="van-mieu")
    assert (image.author, image.licence) == ("An", "CC BY-SA 3.0")
    assert image.missing_attribution == []


def test_a_table_of_ours_says_which_landmarks_are_meant(dataset):
    LandmarkFactory(slug="eiffel")
    (dataset / "landmarks.csv").write_text("landmark_id,landmark\n7,eiffel\n")
    importers.run(google_landmarks.read(dataset))
    assert LandmarkImage.objects.get().landmark.slug == "eiffel"


@pytest.mark.parametrize(
    ("address", "licence"),
    [
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "Public domain"),
        ("http://creativecommons.org/licenses/by/2.0/", "CC BY 2.0"),
        ("Copyrighted free use", "Copyrighted free use"),
    ],
)
def test_a_licence_is_named_by_its_address(address, licence):
    row = {"license": address, "author": "", "url": ""}
    assert google_landmarks._attribution(row).licence == licence


def test_nothing_known_is_said(dataset):
    (dataset / "train_label_to_category.csv").write_text("landmark_id,category\n")
    with pytest.raises(ValueError, match=r"landmarks\.csv"):
        google_landmarks.read(dataset)
