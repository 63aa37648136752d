import json

import pytest

from tests.factories import FormerProvinceFactory, LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(client):
    def read(path: str, **query) -> dict:
        answer = client.get(f"/api/v1/{path}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return read


def slugs(answer: dict) -> list[str]:
    return [row["slug"] for row in answer["results"]]


@pytest.mark.parametrize("path", ["landmarks/", "images/", "provinces/"])
def test_a_list_takes_as_many_queries_for_ten_rows_as_for_one(get, path, django_assert_max_num_queries):
    def fill(count):
        for image in LandmarkImageFactory.create_batch(count, published=True):
            image.landmark.former_province = FormerProvinceFactory(province=image.landmark.province)
            image.landmark.save()

    def queries() -> int:
        with django_assert_max_num_queries(20) as captured:
            assert get(path)["results"]
        return len(captured)

    fill(1)
    before = queries()
    fill(9)
    assert queries() == before
    assert get(path)["count"] == 10


def test_a_landmark_is_told_in_brief_in_the_list_and_whole_by_itself(get):
    other = LandmarkFactory(slug="ho-tay")
    province = ProvinceFactory(slug="da-nang", name_vi="Đà Nẵng", name_en="Da Nang")
    former = FormerProvinceFactory(name_vi="Quảng Nam", name_en="Quang Nam", province=province)
    landmark = LandmarkFactory(
        slug="chua-cau", name_vi="Chùa Cầu", name_en="Covered Bridge", other_names=["Lai Viễn Kiều"],
        province=province, former_province=former, category="bridge", kind="building", latitude=15.877,
        longitude=108.326, description_vi="Cầu", description_en="Bridge",
    )  # fmt: skip
    landmark.overlaps_with.add(other)
    LandmarkImageFactory(landmark=landmark, published=True)
    LandmarkImageFactory(landmark=landmark)
    brief = next(row for row in get("landmarks/")["results"] if row["slug"] == "chua-cau")
    assert brief == {
        "slug": "chua-cau", "url": "http://testserver/places/chua-cau/", "name_vi": "Chùa Cầu",
        "name_en": "Covered Bridge", "other_names": ["Lai Viễn Kiều"],
        "province": {"slug": "da-nang", "name_vi": "Đà Nẵng", "name_en": "Da Nang"}, "category": "bridge",
        "kind": "building", "latitude": 15.877, "longitude": 108.326, "unesco": "", "unesco_year": None,
        "wikidata_id": "", "distance_km": None,
    }  # fmt: skip
    assert get("landmarks/chua-cau/") == brief | {
        "former_province": {"name_vi": "Quảng Nam", "name_en": "Quang Nam"},
        "description_vi": "Cầu",
        "description_en": "Bridge",
        "overlaps_with": ["ho-tay"],
        "photo_count": 1,
    }


def test_a_landmark_without_a_province_is_told_too(get):
    LandmarkFactory(slug="somewhere", province=None)
    assert get("landmarks/somewhere/")["province"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"province": "ha-noi"}, ["den-ngoc-son"]),
        ({"category": "temple"}, ["den-ngoc-son"]),
        ({"kind": "scene"}, ["vinh-ha-long"]),
        ({"unesco": "world_heritage"}, ["vinh-ha-long"]),
        ({"q": "ngọc sơn"}, ["den-ngoc-son"]),
        ({"q": "den ngoc"}, ["den-ngoc-son"]),
        ({"q": "Jade"}, ["den-ngoc-son"]),
        ({"q": "turtle"}, ["den-ngoc-son"]),
        ({"q": "ĐỀN"}, ["den-ngoc-son"]),
        ({"q": "nothing"}, []),
        ({"q": "%"}, []),
        ({"q": "?!"}, []),
        ({"province": "atlantis"}, []),
        ({"q": "den", "kind": "scene"}, []),
    ],
)
def test_landmarks_are_filtered(get, query, expected):
    LandmarkFactory(
        slug="den-ngoc-son", name_vi="Đền Ngọc Sơn", name_en="Temple of the Jade Mountain", category="temple",
        other_names=["Turtle temple"], province=ProvinceFactory(slug="ha-noi"),
    )  # fmt: skip
    LandmarkFactory(
        slug="vinh-ha-long",
        name_vi="Vịnh Hạ Long",
        name_en="Ha Long Bay",
        kind="scene",
        unesco="world_heritage",
    )
    assert slugs(get("landmarks/", **query)) == expected


@pytest.mark.parametrize("query", [{"category": "volcano"}, {"kind": "volcano"}, {"unesco": "volcano"}])
def test_a_filter_that_does_not_exist_is_an_error_not_an_empty_list(client, query):
    assert client.get("/api/v1/landmarks/", query).status_code == 400


def test_a_province_tells_what_it_was_before(get):
    province = ProvinceFactory(slug="ninh-binh")
    FormerProvinceFactory(name_vi="Hà Nam", name_en="Ha Nam", province=province)
    assert get("provinces/ninh-binh/")["former"] == [{"name_vi": "Hà Nam", "name_en": "Ha Nam"}]


def test_only_published_photos_are_told_with_whom_to_thank_and_where_they_lie(get, client):
    image = LandmarkImageFactory(
        published=True, author="An", taken_latitude=21.12345, taken_longitude=105.12345
    )
    hidden = LandmarkImageFactory()
    [told] = get("images/")["results"]
    assert (told["id"], told["author"], told["licence"]) == (image.pk, "An", "CC BY-SA 4.0")
    assert told["licence_url"].startswith("https://creativecommons.org/")
    assert told["credit_vi"] == "Ảnh: An, CC BY-SA 4.0, qua example.org"
    assert told["credit_en"] == "Photo: An, CC BY-SA 4.0, via example.org"
    assert told["photo"] == f"http://testserver{image.photo.url}"
    assert told["thumbnail"] == f"http://testserver{image.thumbnail.url}"
    assert client.get(f"/api/v1/images/{hidden.pk}/").status_code == 404
    assert "12345" not in json.dumps(get(f"images/{image.pk}/"))


def test_photos_are_filtered_by_landmark(get):
    image = LandmarkImageFactory(published=True)
    LandmarkImageFactory(published=True)
    assert [row["id"] for row in get("images/", landmark=image.landmark.slug)["results"]] == [image.pk]


@pytest.mark.parametrize("path", ["landmarks/", "images/", "provinces/"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_catalogue_is_read_only(client, path, method):
    assert getattr(client, method)(f"/api/v1/{path}").status_code in (403, 405)
