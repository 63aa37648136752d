import json
from datetime import timedelta

import pytest
from django.utils import timezone

from places.models import Change, Landmark
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


@pytest.mark.parametrize(
    ("path", "most"), [("landmarks/", 2), ("images/", 2), ("provinces/", 3), ("landmarks/?near=10,106", 2)]
)
def test_a_list_takes_as_many_queries_for_ten_rows_as_for_one(get, path, most, django_assert_max_num_queries):
    def fill(count):
        for image in LandmarkImageFactory.create_batch(count, published=True):
            image.landmark.former_province = FormerProvinceFactory(province=image.landmark.province)
            image.landmark.latitude, image.landmark.longitude = 10.1, 106.1
            image.landmark.save()
        Change.objects.number()

    def queries() -> int:
        with django_assert_max_num_queries(most) as captured:
            assert get(path)["results"]
        return len(captured)

    fill(1)
    before = queries()
    fill(9)
    assert queries() == before
    assert len(get(path)["results"]) == 10


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
        "slug": "chua-cau", "url": "http://testserver/places/chua-cau/", "name": "Chùa Cầu", "name_vi": "Chùa Cầu",
        "name_en": "Covered Bridge", "other_names": ["Lai Viễn Kiều"],
        "province": {"slug": "da-nang", "name": "Đà Nẵng", "name_vi": "Đà Nẵng", "name_en": "Da Nang"}, "category": "bridge",
        "kind": "building", "latitude": 15.877, "longitude": 108.326, "unesco": "", "unesco_year": None,
        "wikidata_id": "", "distance_km": None,
    }  # fmt: skip
    del brief["distance_km"]
    assert get("landmarks/chua-cau/") == brief | {
        "former_province": {"name": "Quảng Nam", "name_vi": "Quảng Nam", "name_en": "Quang Nam"},
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


@pytest.mark.parametrize("query", [
        {"category": "volcano"}, {"kind": "volcano"}, {"unesco": "volcano"}, {"province": "atlantis"},
        {"region": "atlantis"}, {"has_photos": "maybe"}, {"ordering": "beauty"}, {"updated_since": "yesterday"},
        {"updated_since": "9999-12-31T23:59:59-23:00"}, {"bbox": "1,2,3"}, {"bbox": "105,20,104,21"},
        {"bbox": "179,10,-179,12"}, {"bbox": "nan,1,2,3"}, {"bbox": "105,20,inf,21"}, {"bbox": "a,b,c,d"},
        {"page_size": 0}, {"page_size": 201}, {"page_size": "many"}, {"page_size": "9" * 3000}, {"cursor": "nonsense"},
        {"fields": "slug,secret"}, {"near": "1e400,0"}, {"within_km": "1e9"},
    ])  # fmt: skip
def test_a_filter_that_does_not_exist_is_an_error_not_an_empty_list(client, query):
    response = client.get("/api/v1/landmarks/", query)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["field"] in query


def test_a_province_tells_what_it_was_before(get):
    province = ProvinceFactory(slug="ninh-binh")
    FormerProvinceFactory(name_vi="Hà Nam", name_en="Ha Nam", province=province)
    assert get("provinces/ninh-binh/")["former"] == [
        {"name": "Hà Nam", "name_vi": "Hà Nam", "name_en": "Ha Nam"}
    ]


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


# What is narrowed, sorted, left out


@pytest.fixture
def spread():
    """Three places from north to south: in the delta with a photo, on the coast, in the highlands."""
    delta = ProvinceFactory(slug="ha-noi", region="red_river_delta")
    coast = ProvinceFactory(slug="khanh-hoa", region="south_central_coast")
    north = LandmarkFactory(
        slug="north", name_vi="Bắc", name_en="Zulu", province=delta, latitude=21.0, longitude=105.8
    )
    LandmarkFactory(
        slug="south", name_vi="Nam", name_en="Alpha", province=coast, latitude=12.2, longitude=109.2
    )
    LandmarkFactory(slug="nowhere", name_vi="Đâu đó", name_en="Mike", province=None)
    LandmarkImageFactory(landmark=north, published=True, licence="CC0 1.0")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"region": "red_river_delta"}, {"north"}),
        ({"has_photos": "true"}, {"north"}),
        ({"has_photos": "false"}, {"south", "nowhere"}),
        ({"bbox": "105,20,106,22"}, {"north"}),
        ({"bbox": "-180,-90,180,90"}, {"north", "south"}),
        ({"bbox": "105.8,21,106,22"}, {"north"}),  # its edges are in it
        ({"bbox": "0,0,1,1"}, set()),
        ({"province": "khanh-hoa", "has_photos": "true"}, set()),
    ],
)
def test_landmarks_are_narrowed(get, spread, query, expected):
    assert set(slugs(get("landmarks/", **query))) == expected


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("slug", ["north", "nowhere", "south"]),
        ("-slug", ["south", "nowhere", "north"]),
        ("name_en", ["south", "nowhere", "north"]),
        ("-name_en", ["north", "nowhere", "south"]),
    ],
)
def test_landmarks_are_sorted_as_asked(get, spread, ordering, expected):
    assert slugs(get("landmarks/", ordering=ordering)) == expected


def test_what_was_asked_for_by_name_of_an_order_comes_before_how_near_it_is(get, spread):
    near = {"near": "20.9,105.8", "within_km": 2000}
    assert slugs(get("landmarks/", **near)) == ["north", "south"]
    assert slugs(get("landmarks/", **near, ordering="-slug")) == ["south", "north"]


@pytest.mark.parametrize(
    "query",
    [
        {"province": "ha-noi"},
        {"region": "red_river_delta"},
        {"category": "pagoda"},
        {"licence": "CC0 1.0"},
        {"is_rendered": "false"},
        {"landmark": "north"},
    ],
)
def test_photos_are_narrowed(get, spread, query):
    other = LandmarkImageFactory(
        published=True, landmark__category="bridge", landmark__province=None, is_rendered=True
    )
    found = [row["landmark"] for row in get("images/", **query)["results"]]
    assert found == ["north"]
    assert other.landmark.slug not in found


def test_photos_that_nobody_may_pass_on_are_not_told(get, client):
    image = LandmarkImageFactory(published=True, licence="Permission given")
    assert get("images/")["results"] == []
    assert client.get(f"/api/v1/images/{image.pk}/").status_code == 404


def test_provinces_and_categories_tell_how_much_there_is_of_them(get, spread):
    LandmarkFactory(province=None, category="bridge", merged_into=Landmark.objects.get(slug="north"))
    provinces = {
        row["slug"]: (row["landmark_count"], row["photo_count"]) for row in get("provinces/")["results"]
    }
    assert provinces == {"ha-noi": (1, 1), "khanh-hoa": (1, 0)}
    categories = {row["category"]: row for row in get("categories/")}
    assert list(categories) == Landmark.Category.values
    assert categories["pagoda"] == {
        "category": "pagoda", "name": "Chùa", "name_vi": "Chùa", "name_en": "Pagoda", "landmark_count": 3,
        "photo_count": 1,
    }  # fmt: skip
    assert categories["bridge"]["landmark_count"] == 0


def test_provinces_are_narrowed(get, spread):
    ProvinceFactory(slug="da-nang", is_city=True, region="south_central_coast")
    assert slugs(get("provinces/", is_city="true")) == ["da-nang"]
    assert slugs(get("provinces/", region="red_river_delta")) == ["ha-noi"]


def test_names_are_told_in_the_readers_language_and_in_both(client, spread):
    for language, name in (("vi", "Bắc"), ("en-GB,vi;q=0.5", "Zulu"), ("fr", "Bắc")):
        response = client.get("/api/v1/landmarks/north/", headers={"accept-language": language})
        told = response.json()
        assert (told["name"], told["name_vi"], told["name_en"]) == (name, "Bắc", "Zulu")
        assert response["Content-Language"] == ("en" if name == "Zulu" else "vi")
        assert "Accept-Language" in response["Vary"]


@pytest.mark.parametrize("path", ["landmarks/", "landmarks/north/", "landmarks/north/nearby/"])
def test_only_the_fields_asked_for_are_told(get, spread, path):
    told = get(path, fields="slug, name_en", within_km=3000)
    rows = told.get("results", [told])
    assert rows
    assert all(set(row) == {"slug", "name_en"} for row in rows)


def test_fields_asked_for_are_those_of_the_outermost(get, spread):
    [row, *_rest] = get("landmarks/", fields="province", ordering="slug")["results"]
    assert set(row["province"]) == {"slug", "name", "name_vi", "name_en"}


def test_a_field_that_there_is_not_is_refused_with_those_that_there_are_also_of_an_empty_list(client):
    response = client.get("/api/v1/landmarks/?fields=slug,secret", headers={"accept-language": "en"})
    [error] = response.json()["errors"]
    assert (error["field"], error["code"]) == ("fields", "unknown_field")
    assert "“secret”" in error["detail"]
    assert "name_vi" in error["detail"]


def test_the_neighbours_of_a_landmark_come_nearest_first_in_pages(get, client, spread):
    LandmarkFactory(slug="close", latitude=21.01, longitude=105.8)
    LandmarkFactory(slug="closer", latitude=21.005, longitude=105.8)
    first = get("landmarks/north/nearby/", page_size=1)
    assert slugs(first) == ["closer"]
    assert slugs(client.get(first["next"]).json()) == ["close"]
    assert client.get(first["next"]).json()["next"] is None
    assert slugs(get("landmarks/north/nearby/", within_km=2000)) == ["closer", "close", "south"]
    assert get("landmarks/nowhere/nearby/")["results"] == []
    assert client.get("/api/v1/landmarks/atlantis/nearby/").status_code == 404
    for wrong in ("-1", "far", "nan", "1e9", ""):
        assert client.get(f"/api/v1/landmarks/north/nearby/?within_km={wrong}").status_code == 400


def test_neighbours_are_read_in_as_many_queries_as_there_are_kinds_of_rows(
    get, spread, django_assert_num_queries
):
    LandmarkFactory.create_batch(5, latitude=21.01, longitude=105.8)
    Change.objects.number()
    with django_assert_num_queries(3):  # the version, the landmark, its neighbours
        assert len(get("landmarks/north/nearby/")["results"]) == 5


def test_a_merged_landmark_leads_to_the_other_and_to_its_neighbours(client):
    landmark = LandmarkFactory(slug="ngoc-son", former_slugs=["old"])
    for path in ("", "nearby/"):
        response = client.get(f"/api/v1/landmarks/old/{path}")
        assert response.status_code == 301
        assert response["Location"] == f"http://testserver/api/v1/landmarks/{landmark.slug}/{path}"


@pytest.mark.parametrize("pk", ["abc", "0", "-1", "9" * 40, "1e3", "%20", "１"])
def test_an_id_that_cannot_be_is_not_found(client, pk):
    assert client.get(f"/api/v1/images/{pk}/").status_code == 404


# What is not sent again


@pytest.mark.parametrize(
    "path", ["landmarks/", "landmarks/north/", "provinces/", "categories/", "landmarks/north/nearby/"]
)
def test_who_has_it_already_is_not_sent_it_again_until_the_catalogue_changes(
    client, spread, path, django_assert_num_queries
):
    Change.objects.number()
    first = client.get(f"/api/v1/{path}")
    tag = first["ETag"]
    assert first["Cache-Control"] == "max-age=60, public"
    with django_assert_num_queries(1):  # whatever the answer's size
        again = client.get(f"/api/v1/{path}", headers={"if-none-match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    LandmarkFactory()
    fresh = client.get(f"/api/v1/{path}", headers={"if-none-match": tag})
    assert fresh.status_code == 200
    assert fresh["ETag"] != tag


def test_what_nobody_sees_changes_nothing(client, spread):
    tag = client.get("/api/v1/landmarks/")["ETag"]
    north = Landmark.objects.get(slug="north")
    LandmarkImageFactory(landmark=north)  # a candidate
    north.save()
    assert client.get("/api/v1/landmarks/")["ETag"] == tag


def test_answers_that_differ_have_tags_that_differ(client, spread):
    tags = {
        client.get("/api/v1/landmarks/?page_size=1", headers={"accept-language": "vi"})["ETag"],
        client.get("/api/v1/landmarks/?page_size=1", headers={"accept-language": "en"})["ETag"],
        client.get("/api/v1/landmarks/?page_size=2", headers={"accept-language": "vi"})["ETag"],
        client.get("/api/v1/images/", headers={"accept-language": "vi"})["ETag"],
    }
    assert len(tags) == 4


def test_a_refusal_has_no_tag_and_is_kept_by_nobody(client):
    response = client.get("/api/v1/landmarks/?kind=volcano")
    assert "ETag" not in response
    assert "Cache-Control" not in response


def test_by_the_date_too_once_it_is_some_seconds_old(client, spread):
    Change.objects.number()
    assert "Last-Modified" not in client.get("/api/v1/landmarks/")  # within a second more may change
    Change.objects.update(numbered_at=timezone.now() - timedelta(minutes=5))
    dated = client.get("/api/v1/landmarks/")["Last-Modified"]
    assert client.get("/api/v1/landmarks/", headers={"if-modified-since": dated}).status_code == 304
    Landmark.objects.filter(slug="north").update(name_en="Yankee")
    assert client.get("/api/v1/landmarks/", headers={"if-modified-since": dated}).status_code == 200


def test_what_somebody_is_known_for_is_kept_by_them_alone(client, django_user_model):
    client.force_login(django_user_model.objects.create(email="an@example.org"))
    assert "private" in client.get("/api/v1/landmarks/")["Cache-Control"]
