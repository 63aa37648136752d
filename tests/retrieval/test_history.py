import json
import uuid

import pytest
from django.test import Client

from retrieval.models import Query
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.test_views import (
    answered,
    asked,
    sent,  # noqa: F401  (a fixture)
    text_of,
    visitors_search,
)

pytestmark = pytest.mark.django_db
IS, ONE_OF, UNKNOWN = Query.Verdict.IS, Query.Verdict.ONE_OF, Query.Verdict.UNKNOWN


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


def found(*names: str, **fields) -> Query:
    """A search whose answer ranks places of these names."""
    images = [
        LandmarkImageFactory(
            landmark=LandmarkFactory(name_vi=name, slug=f"place-{uuid.uuid4()}"), published=True
        )
        for name in names
    ]
    return answered(*images, **fields)


def listed(client: Client, prefix: str = "", **filters) -> list[Query]:
    return list(client.get(f"{prefix}/searches/", filters).context["page"])


# The list


def test_the_history_lists_ones_own_searches_with_their_best_place(client, user):
    mine = found("Chùa Cầu", user=user)
    asked(user=UserFactory())
    asked(user=user, part_of=mine)
    assert listed(client) == [mine]
    assert "Chùa Cầu" in text_of(client.get("/searches/"))


def test_the_history_takes_a_fixed_number_of_queries(client, user, django_assert_num_queries):
    for _round in range(2):
        for number in range(3):
            found("Chùa Cầu", "Văn Miếu", user=user, starred=bool(number), title="Huế" * number)
        for filters in ({}, {"q": "Chùa", "answer": "is", "starred": "on"}):
            with django_assert_num_queries(6 if not filters else 4):
                client.get("/searches/", filters)


def test_the_history_has_pages_that_keep_the_filter(client, user):
    for _search in range(25):
        asked(user=user, starred=True)
    page = client.get("/searches/?starred=on&order=oldest")
    assert "Trang 1 / 2" in text_of(page)
    assert 'href="?starred=on&amp;order=oldest&amp;page=2"' in page.content.decode()
    assert len(listed(client, starred="on", page=2)) == 1


def test_a_visitor_without_searches_sees_an_invitation(client):
    asked(session_key="")  # asked by a program without a session: nobody's
    assert "Chưa có gì ở đây" in text_of(client.get("/searches/"))


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_history_is_filtered_by_its_answer(client, user, prefix):
    one = found("Chùa Cầu", user=user, verdict=IS)
    several = found("Văn Miếu", "Hồ Gươm", user=user, verdict=ONE_OF)
    none = found("Ga Huế", user=user, verdict=UNKNOWN)
    failed = asked(user=user, state="failed", reason="gave_up")
    for answer, expected in (("is", one), ("one_of", several), ("unknown", none), ("failed", failed)):
        assert listed(client, prefix, answer=answer) == [expected]
    assert listed(client, prefix, order="oldest") == [one, several, none, failed]
    assert listed(client, prefix) == [failed, none, several, one]


def test_the_history_is_filtered_by_method_and_star(client, user):
    first, second = asked(user=user, method="sir"), asked(user=user, method="delf", starred=True)
    assert listed(client, method="sir") == [first]
    assert listed(client, starred="on") == [second]
    assert listed(client, method="sir", starred="on") == []
    assert "Không lượt tìm nào" in text_of(client.get("/searches/?method=sir&starred=on"))


def test_words_are_looked_for_in_own_titles_and_in_the_places_that_an_answer_names(client, user):
    named = found("Chùa Cầu", "Văn Miếu", user=user, verdict=IS)
    one_of = found("Hồ Gươm", "Văn Miếu", user=user, verdict=ONE_OF)
    found("Văn Miếu", user=user, verdict=UNKNOWN)
    titled = asked(user=user, title="Đi Văn Miếu với mẹ")
    assert listed(client, q="chùa") == [named]
    assert listed(client, q="Văn Miếu") == [titled, one_of]
    assert listed(client, q="với mẹ") == [titled]


@pytest.mark.parametrize(
    "filters", [{"answer": "perhaps"}, {"method": "magic"}, {"order": "x"}, {"q": "\0"}, {"page": "x"}]
)
def test_a_filter_that_is_not_understood_is_left_out(client, user, filters):
    search = asked(user=user)
    assert listed(client, **filters) == [search]


# Stars and titles


def test_a_star_is_given_and_taken_and_twice_is_once(client, user):
    search = asked(user=user)
    for starred in ("1", "1", "0", "0"):
        response = client.post(
            f"/searches/{search.pk}/star/", {"starred": starred, "next": "/searches/?starred=on"}
        )
        assert response["Location"] == "/searches/?starred=on"
        search.refresh_from_db()
        assert search.starred is (starred == "1")


def test_with_htmx_only_the_star_comes_back(client, user):
    search = asked(user=user)
    response = client.post(
        f"/en/searches/{search.pk}/star/", {"starred": "1"}, headers={"HX-Request": "true"}
    )
    content = response.content.decode()
    assert 'aria-pressed="true"' in content
    assert 'value="0"' in content
    assert "<html" not in content


@pytest.mark.parametrize(
    ("sent_title", "kept"),
    [
        ("  Hè 2025 ở Huế ", "Hè 2025 ở Huế"),
        ("شارع قديم", "شارع قديم"),
        ("   ", ""),
        ("", ""),
        ("x" * 200, "x" * 200),
        ("x" * 300, "before"),
        ("a\0b", "before"),
    ],
)
def test_a_search_is_renamed(client, user, sent_title, kept):
    search = asked(user=user, title="before")
    response = client.post(f"/searches/{search.pk}/title/", {"title": sent_title}, follow=True)
    assert response.redirect_chain == [("/searches/", 302)]
    search.refresh_from_db()
    assert search.title == kept
    assert ("note--error" in response.content.decode()) is (kept == "before")


def test_too_long_a_title_is_refused_in_the_readers_language(client, user):
    search = asked(user=user)
    for prefix, words in (
        ("", "Tên riêng dài tối đa 200 ký tự."),
        ("/en", "A title has 200 characters at most."),
    ):
        response = client.post(
            f"{prefix}/searches/{search.pk}/title/",
            {"title": "x" * 300, "next": f"{prefix}/searches/"},
            follow=True,
        )
        assert words in text_of(response)


def test_a_title_is_shown_as_it_reads_and_never_as_markup(client, user):
    asked(user=user, title="<b>شارع</b>")
    page = client.get("/searches/").content.decode()
    assert '<h2 class="searched__answer" dir="auto">&lt;b&gt;شارع&lt;/b&gt;</h2>' in page


# Again


def test_a_search_is_repeated_with_its_photo_method_and_box(client, user):
    search = asked(
        user=user, method="sir", left=100, top=50, right=300, bottom=150, category="tomb", starred=True
    )
    response = client.post(f"/searches/{search.pk}/repeat/")
    again = Query.objects.exclude(pk=search.pk).get()
    assert response["Location"] == f"/searches/{again.pk}/"
    for name in ("user", "method", "left", "top", "right", "bottom", "category", "width"):
        assert getattr(again, name) == getattr(search, name)
    assert again.photo.name != search.photo.name
    assert not again.starred


def test_what_cannot_be_repeated_says_why(client, user):
    old = asked(user=user, method="forgotten")
    response = client.post(f"/searches/{old.pk}/repeat/", follow=True)
    assert "Phương pháp này không còn nữa" in text_of(response)
    search = asked(user=user)
    search.photo.storage.delete(search.photo.name)
    response = client.post(f"/searches/{search.pk}/repeat/", follow=True)
    assert "không còn" in text_of(response)
    assert Query.objects.count() == 2


# Deleted meanwhile


@pytest.mark.parametrize("act", ["star", "title", "repeat", "delete"])
@pytest.mark.parametrize(("prefix", "words"), [("", "không còn nữa"), ("/en", "no longer there")])
def test_a_search_that_another_tab_deleted_is_told_kindly(client, user, act, prefix, words):
    search = asked(user=user)
    other_tab = Client()
    other_tab.force_login(user)
    other_tab.post(f"{prefix}/searches/{search.pk}/delete/")
    response = client.post(
        f"{prefix}/searches/{search.pk}/{act}/",
        {"starred": "1", "title": "x", "next": f"{prefix}/searches/"},
        follow=True,
    )
    assert response.status_code == 200
    assert words in text_of(response)


def test_with_htmx_the_list_is_loaded_anew_where_a_search_is_gone(client, user):
    address = f"/searches/{uuid.uuid4()}/star/"
    response = client.post(address, {"next": "/searches/?page=2"}, headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == "/searches/?page=2"


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_no_form_leads_off_the_site(client, user, address):
    search = asked(user=user)
    response = client.post(f"/searches/{search.pk}/star/", {"starred": "1", "next": address})
    assert response["Location"] == "/searches/"


def test_all_ones_searches_are_deleted_and_no_others(client):
    visitors_search(client)
    visitors_search(client, private=True)
    other = asked(session_key="somebody")
    assert client.get("/searches/delete/").status_code == 405
    for _click in range(2):
        assert client.post("/searches/delete/").status_code == 302
    assert Query.objects.get() == other


# Taken along


def exported(client: Client) -> dict:
    response = client.get("/searches/export/")
    assert response.streaming
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert "no-store" in response["Cache-Control"]
    return json.loads(b"".join(response.streaming_content))


def test_the_export_holds_all_that_one_asked_and_nothing_else(client, user):
    search = found(
        "Chùa Cầu", user=user, verdict=IS, title="Hè", starred=True, left=1, top=2, right=30, bottom=40
    )
    search.places.update(probability=0.75)
    view, beside = asked(user=user, part_of=search), asked(user=user, beside=search)
    asked(user=user, private=True)
    asked(user=UserFactory(), shared=True)
    asked(session_key="somebody")
    records = {record["id"]: record for record in exported(client)["searches"]}
    assert set(records) == {str(search.pk), str(view.pk), str(beside.pk)}
    record = records[str(search.pk)]
    assert (record["title"], record["starred"], record["box"]) == ("Hè", True, [1, 2, 30, 40])
    assert (record["method"], record["verdict"], record["state"]) == ("delf", "is", "answered")
    assert record["asked_at"]
    [place] = record["places"]
    assert (place["name_vi"], place["probability"]) == ("Chùa Cầu", 0.75)
    assert records[str(view.pk)]["further_view_of"] == str(search.pk)
    assert records[str(beside.pk)]["same_photo_as"] == str(search.pk)


def test_an_export_of_nothing_is_a_document_too(client):
    assert exported(client)["searches"] == []


def test_the_export_tells_no_position_and_no_session(client, user):
    place = LandmarkFactory(latitude=16.4637, longitude=107.5909)
    answered(LandmarkImageFactory(landmark=place, published=True), user=user, session_key="secret-key")
    text = json.dumps(exported(client))
    for told in ("16.46", "107.59", "latitude", "secret-key", user.email):
        assert told not in text


def test_the_export_reads_in_few_queries_however_long_it_is(client, user, django_assert_num_queries):
    for _round in range(2):
        for _search in range(3):
            found("Chùa Cầu", user=user)
        with django_assert_num_queries(4):
            exported(client)


# How long it is kept


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_page_says_how_long_things_are_kept(client, settings, prefix):
    settings.SEARCHES_KEPT_DAYS, settings.VISITORS_SEARCHES_KEPT_DAYS = 123, 45
    settings.PRIVATE_SEARCHES_KEPT_MINUTES = 6
    text = text_of(client.get(f"{prefix}/searches/"))
    for number in ("123", "45", " 6 "):
        assert number in text
    settings.SEARCHES_KEPT_DAYS = settings.VISITORS_SEARCHES_KEPT_DAYS = 0
    text = text_of(client.get(f"{prefix}/searches/"))
    assert text.count("until you delete them" if prefix else "cho đến khi bạn xóa") >= 2
