import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from places.merging import merge
from retrieval import announcing, search, tasks
from retrieval.models import Hit, Query, RankedPlace, WorkerPulse
from tests.factories import (
    FormerProvinceFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    ProvinceFactory,
    UserFactory,
    drawn_photo,
)

pytestmark = pytest.mark.django_db
BOX = {"left": "0.25", "top": "0.5", "right": "0.75", "bottom": "1"}


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[str]:
    """The messages that went to the queue."""
    messages: list[str] = []
    monkeypatch.setattr(tasks.answer_query, "delay", messages.append)
    monkeypatch.setattr(tasks.describe_missing, "delay", lambda: None)
    return messages


def asked(**fields) -> Query:
    return Query.objects.create(
        **{
            "method": "delf",
            "width": 400,
            "height": 200,
            "photo": ContentFile(drawn_photo(1, (400, 200)), name="photo.jpg"),
        }
        | fields
    )


def answered(*images, **fields) -> Query:
    """A search that found these photos, the first of them best, and their places."""
    query = asked(state=Query.State.ANSWERED, version="delf-v1", seconds={"describing": 0.31}, **fields)
    for rank, image in enumerate(images):
        Hit.objects.create(query=query, image=image, rank=rank, similarity=0.9 - rank / 10, inliers=40 - rank)
        RankedPlace.objects.create(
            query=query,
            landmark=image.landmark,
            rank=rank,
            share=0.5,
            votes=3,
            best_similarity=0.9 - rank / 10,
            best_inliers=40 - rank,
        )
    return query


def visitors_search(client: Client, **fields) -> Query:
    """A search of the visitor behind this client, who has no account."""
    session = client.session
    session.save()
    client.cookies["sessionid"] = session.session_key
    return asked(session_key=session.session_key, **fields)


def send(client: Client, *, data: bytes | None = None, address: str = "/searches/new/", **fields):
    photo = SimpleUploadedFile("photo.jpg", drawn_photo(1, (400, 200)) if data is None else data)
    return client.post(address, {"photo": photo, "method": "sir"} | fields)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# Asking


@pytest.mark.parametrize(("address", "question"), [("/", "Đây là đâu?"), ("/en/", "Where is this?")])
def test_the_home_page_asks_for_a_photo_in_both_languages(client, address, question):
    response = client.get(address)
    assert response.status_code == 200
    assert question in text_of(response)
    assert not response.cookies.get("sessionid")  # nobody is followed for looking


def test_a_photo_becomes_a_search_of_the_visitors_session(client, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = send(client, **BOX)
    query = Query.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/searches/{query.pk}/"
    assert (query.left, query.top, query.right, query.bottom) == (100, 100, 300, 200)
    assert query.session_key == client.session.session_key
    assert sent == [str(query.pk)]
    assert client.get(response["Location"]).status_code == 200


def test_filters_are_kept_with_the_search(client):
    ProvinceFactory(slug="hue")
    send(client, province="hue", category="tomb")
    query = Query.objects.get()
    assert (query.province.slug, query.category) == ("hue", "tomb")


def test_an_account_owns_what_it_asks(client):
    user = UserFactory()
    client.force_login(user)
    send(client)
    assert Query.objects.get().user == user


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"data": b"not a photo"}, 415, "không phải là ảnh"),
        ({"data": b""}, 415, "không phải là ảnh"),
        ({"data": drawn_photo(1)[:3000]}, 400, "bị hỏng"),
        ({"method": "magic"}, 400, "Không có phương pháp nào"),
        ({"method": ""}, 400, "Vui lòng chọn một phương pháp"),
        ({"left": "0.2", "top": "0.2", "right": "1.5", "bottom": "0.9"}, 400, "Khung nằm ngoài ảnh"),
        ({"left": "0.5", "top": "0.1", "right": "0.5", "bottom": "0.9"}, 400, "Khung nằm ngoài ảnh"),
        ({"left": "0.5"}, 400, "Khung chưa đủ"),
        ({"photo": ""}, 400, "chọn một tấm ảnh"),
    ],
)
def test_a_bad_question_is_refused_in_words(client, fields, status, message):
    response = send(client, **fields)
    assert response.status_code == status
    assert message in text_of(response)
    assert not Query.objects.exists()


def test_a_refusal_keeps_the_method_and_the_filters(client):
    response = send(client, data=b"not a photo", method="delf", category="tomb")
    assert 'value="delf" checked' in response.content.decode()
    assert '<option value="tomb" selected>' in response.content.decode()


def test_a_refusal_is_english_on_english_pages(client):
    assert "not a photo" in text_of(send(client, data=b"no", address="/en/searches/new/"))


def test_too_large_a_file_is_refused_before_it_is_read(client, settings):
    settings.PHOTO_MAX_BYTES = 1000
    response = send(client)
    assert response.status_code == 413
    assert "Ảnh nặng hơn" in text_of(response)


def test_the_address_of_a_refusal_opened_again_leads_home(client):
    assert client.get("/searches/new/")["Location"] == "/"


# Reading


def test_the_answer_is_the_place_first_and_is_not_said_to_be_certain(client):
    place = LandmarkFactory(name_vi="Văn Miếu", name_en="Temple of Literature")
    image = LandmarkImageFactory(landmark=place, published=True)
    query = answered(image, shared=True)
    for address, sentence, name, thanks in (
        (
            f"/searches/{query.pk}/",
            "Gần giống nhất",
            "Văn Miếu",
            "Ảnh: An Nguyễn , CC BY-SA 4.0 , qua example.org",
        ),
        (
            f"/en/searches/{query.pk}/",
            "Closest match",
            "Temple of Literature",
            "Photo: An Nguyễn , CC BY-SA 4.0 , via example.org",
        ),
    ):
        text = text_of(client.get(address))
        assert text.index(sentence) < text.index(name, text.index(sentence)) < text.index("An Nguyễn")
        assert thanks in text
        assert "delf-v1" in text


def test_the_box_is_drawn_on_the_visitors_photo(client):
    query = answered(
        LandmarkImageFactory(published=True), shared=True, left=100, top=50, right=300, bottom=150
    )
    page = client.get(f"/searches/{query.pk}/").content.decode()
    assert 'd="M100 50H300V150H100z"' in page
    assert 'name="left" value="0.25"' in page  # the form for another search starts from it


def test_a_failed_search_says_why(client):
    query = asked(state=Query.State.FAILED, reason=Query.Reason.NOTHING_DESCRIBED, shared=True)
    assert "Kho ảnh chưa có ảnh nào" in text_of(client.get(f"/searches/{query.pk}/"))


def test_an_empty_answer_is_not_an_error(client):
    query = answered(shared=True, category="tomb")
    response = client.get(f"/searches/{query.pk}/")
    assert response.status_code == 200
    assert "Hãy thử bỏ bộ lọc" in text_of(response)


def test_the_answers_page_takes_a_fixed_number_of_queries(client, django_assert_num_queries):
    before = FormerProvinceFactory()
    few, many = (
        answered(
            *LandmarkImageFactory.create_batch(n, published=True, landmark__former_province=before),
            shared=True,
        )
        for n in (2, 20)
    )
    for query in (few, many):
        with django_assert_num_queries(7):
            client.get(f"/searches/{query.pk}/")


# Waiting


def progress(client: Client, query: Query, **parameters):
    return client.get(f"/searches/{query.pk}/progress/", parameters, headers={"HX-Request": "true"})


def test_the_page_says_when_no_worker_runs(client):
    query = asked(shared=True)
    assert "Chưa có tiến trình xử lý nào chạy" in text_of(client.get(f"/searches/{query.pk}/"))
    WorkerPulse.objects.create(name="worker", at=timezone.now())
    assert "Chưa có tiến trình xử lý nào chạy" not in text_of(progress(client, query))
    WorkerPulse.objects.update(at=timezone.now() - timedelta(minutes=1))
    assert "Chưa có tiến trình xử lý nào chạy" in text_of(progress(client, query))


def test_the_stage_is_shown_and_only_what_changed_is_sent(client):
    query = asked(state=Query.State.RUNNING, stage=Query.Stage.SEARCHING, shared=True)
    response = progress(client, query)
    assert 'aria-current="step">Tìm trong kho ảnh' in response.content.decode()
    seen = re.search(r"seen=([\w-]+)", response.content.decode())[1]
    assert progress(client, query, seen=seen).status_code == 204
    Query.objects.update(stage=Query.Stage.VERIFYING)
    assert progress(client, query, seen=seen).status_code == 200


def test_an_answer_that_comes_while_the_page_asks_is_sent_at_once(client, monkeypatch):
    query = asked(state=Query.State.RUNNING, stage=Query.Stage.SEARCHING, shared=True)
    seen = re.search(r"seen=([\w-]+)", progress(client, query).content.decode())[1]

    def wait_for(name, *, happened, seconds):
        assert (name, happened()) == (query.announced_as, False)
        search.fail(query, reason=Query.Reason.UNREADABLE)
        return happened()

    monkeypatch.setattr(announcing, "wait_for", wait_for)
    response = progress(client, query, seen=seen)
    assert response.status_code == 200
    assert "hx-get" not in response.content.decode()


def test_a_method_that_does_not_verify_has_no_such_step(client):
    assert "So kỹ" in text_of(progress(client, asked(shared=True, method="delf")))
    passing = asked(shared=True, method="sir", state=Query.State.RUNNING, stage=Query.Stage.VERIFYING)
    page = progress(client, passing).content.decode()
    assert "So kỹ" not in page
    assert 'aria-current="step">Tìm trong kho ảnh' in page  # it does not fall back


def test_once_answered_the_fragment_is_the_answer_and_polls_no_more(client):
    query = answered(LandmarkImageFactory(published=True), shared=True)
    response = progress(client, query)
    assert "Gần giống nhất" in text_of(response)
    assert "hx-get" not in response.content.decode()


def test_the_fragments_address_alone_leads_to_the_page(client):
    query = asked(shared=True)
    assert client.get(f"/searches/{query.pk}/progress/")["Location"] == f"/searches/{query.pk}/"


def test_a_page_that_waits_for_a_search_deleted_meanwhile_is_told_kindly(client):
    query = visitors_search(client)
    Query.objects.all().delete()
    response = progress(client, query)
    assert response.status_code == 404
    assert "Lượt tìm này không còn nữa" in text_of(response)
    assert "hx-get" not in response.content.decode()  # and asks no more


# Whose it is


@pytest.mark.parametrize("part", ["", "progress/", "photo/", "thumbnail/"])
def test_nobody_reads_anothers_search(client, part):
    strangers = [asked(user=UserFactory()), asked(session_key="somebody"), asked()]
    client.force_login(UserFactory())
    for query in strangers:
        response = client.get(f"/searches/{query.pk}/{part}", headers={"HX-Request": "true"})
        assert response.status_code == 404
    assert client.get(f"/searches/{uuid.uuid4()}/{part}", headers={"HX-Request": "true"}).status_code == 404


@pytest.mark.parametrize("part", ["share/", "star/", "title/", "repeat/", "delete/"])
def test_a_shared_search_is_read_by_all_and_changed_by_none_but_its_owner(client, part):
    query = asked(user=UserFactory(), shared=True)
    assert client.get(f"/searches/{query.pk}/").status_code == 200
    client.post(f"/searches/{query.pk}/{part}", {"shared": "0", "starred": "1", "title": "mine"})
    query = Query.objects.get()
    assert (query.shared, query.starred, query.title) == (True, False, "")


def test_an_owner_shares_and_ends_sharing(client):
    query = visitors_search(client)
    stranger = Client()
    client.post(f"/searches/{query.pk}/share/", {"shared": "1"})
    assert stranger.get(f"/searches/{query.pk}/").status_code == 200
    client.post(f"/searches/{query.pk}/share/", {"shared": "0"})
    assert stranger.get(f"/searches/{query.pk}/").status_code == 404


def test_a_search_is_deleted_with_its_photo(client, django_capture_on_commit_callbacks):
    query = visitors_search(client)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/searches/{query.pk}/delete/")
    assert not Query.objects.exists()
    assert not query.photo.storage.exists(query.photo.name)


def test_the_photo_is_streamed_to_its_reader_and_kept_by_no_shared_cache(client):
    query = visitors_search(client)
    response = client.get(f"/searches/{query.pk}/photo/")
    assert response["Content-Type"] == "image/jpeg"
    assert "private" in response["Cache-Control"]
    assert b"".join(response.streaming_content) == drawn_photo(1, (400, 200))
    assert client.get(f"/searches/{query.pk}/thumbnail/")["Content-Type"] == "image/webp"


def test_a_photo_that_is_gone_is_not_found(client):
    query = visitors_search(client)
    query.photo.storage.delete(query.photo.name)
    for part in ("photo/", "thumbnail/"):
        assert client.get(f"/searches/{query.pk}/{part}").status_code == 404
    response = client.post(f"/searches/{query.pk}/again/", {"method": "sir"})
    assert response.status_code == 400
    assert "không còn" in text_of(response)


# Again


def test_the_same_photo_is_searched_again_by_another_method_and_box(client):
    query = visitors_search(client, category="tomb")
    response = client.post(f"/searches/{query.pk}/again/", {"method": "cnn_irwnha"} | BOX)
    again = Query.objects.exclude(pk=query.pk).get()
    assert response["Location"] == f"/searches/{again.pk}/"
    assert (again.method, again.left, again.category) == ("cnn_irwnha", 100, "tomb")
    assert again.session_key == query.session_key


def test_searching_a_shared_photo_again_makes_a_search_of_ones_own(client):
    query = asked(user=UserFactory(), shared=True)
    client.post(f"/searches/{query.pk}/again/", {"method": "sir"})
    again = Query.objects.exclude(pk=query.pk).get()
    assert (again.user, again.session_key, again.shared) == (None, client.session.session_key, False)


def test_a_bad_second_question_keeps_the_page_and_says_why(client):
    query = visitors_search(client)
    for fields in ({"method": "magic"}, {"method": "sir"} | BOX | {"right": "9"}):
        response = client.post(f"/searches/{query.pk}/again/", fields)
        assert response.status_code == 400
    assert "Khung nằm ngoài ảnh" in text_of(response)
    assert client.get(f"/searches/{query.pk}/again/")["Location"] == f"/searches/{query.pk}/"


def test_an_answer_that_names_a_place_which_was_merged_since_keeps_its_photo_and_leads_to_the_other(client):
    image, into = LandmarkImageFactory(published=True, landmark__slug="twice"), LandmarkFactory(slug="once")
    query = answered(image, shared=True)
    merge(image.landmark, into=into)
    page = client.get(f"/searches/{query.pk}/").content.decode()
    assert 'href="/places/twice/"' in page
    assert client.get("/places/twice/")["Location"] == "/places/once/"
    assert query.weighed_places()[0].hit.image == image
