"""What visitors say of their answers: kept by the rules, said on the page, and read by nobody else."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from places.models import Landmark, LandmarkImage
from retrieval import corrections
from retrieval.corrections import Said
from retrieval.models import Correction, Query
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.test_views import (
    answered,
    asked,
    sent,  # noqa: F401  (a fixture)
    text_of,
    visitors_search,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def temple() -> Landmark:
    return LandmarkFactory(slug="van-mieu", name_vi="Văn Miếu", name_en="Temple of Literature")


@pytest.fixture
def query(client) -> Query:
    """An answered search of the visitor behind the client."""
    return answered(LandmarkImageFactory(published=True), session_key=client.session.session_key)


def best_of(query: Query) -> Landmark:
    return query.places.first().landmark


def say(client: Client, query: Query, said: str, **fields):
    return client.post(f"/searches/{query.pk}/correction/", {"said": said} | fields)


def kept(said: str = Said.WRONG, **fields) -> Correction:
    return Correction.objects.create(**{"query": asked(), "session_key": "somebody", "said": said} | fields)


# What is kept


def test_what_is_right_is_kept_with_the_place_that_was_answered(query):
    correction = corrections.correct(query, said=Said.RIGHT)
    assert (correction.landmark, correction.session_key) == (best_of(query), query.session_key)


def test_a_place_said_to_be_in_fact_the_one_answered_is_right(query):
    assert corrections.correct(query, said=Said.IN_FACT, landmark=best_of(query)).said == Said.RIGHT


def test_saying_something_else_takes_the_place_of_what_was_said_and_opens_it_anew(query, temple):
    corrections.correct(query, said=Said.WRONG, note="not at all")
    corrections.handle(Correction.objects.all(), is_true=False, actor=CuratorFactory())
    corrections.correct(query, said=Said.IN_FACT, landmark=temple)
    correction = Correction.objects.get()
    assert (correction.said, correction.landmark, correction.note) == (Said.IN_FACT, temple, "")
    assert (correction.is_true, correction.handled_at, correction.handled_by) == (None, None, None)


def test_what_is_not_answered_takes_no_correction():
    for state in (Query.State.WAITING, Query.State.RUNNING):
        with pytest.raises(corrections.NotAnswered):
            corrections.correct(asked(state=state, session_key="somebody"), said=Said.WRONG)
    failed = asked(state=Query.State.FAILED, reason=Query.Reason.GAVE_UP, session_key="somebody")
    with pytest.raises(corrections.NotAnswered):
        corrections.correct(failed, said=Said.WRONG)


def test_an_answer_without_a_place_can_be_told_one_but_is_neither_right_nor_wrong(temple):
    nothing = answered(session_key="somebody")
    for said in (Said.RIGHT, Said.WRONG):
        with pytest.raises(corrections.NoPlaceAnswered):
            corrections.correct(nothing, said=said)
    assert corrections.correct(nothing, said=Said.IN_FACT, landmark=temple).landmark == temple


def test_a_landmark_goes_with_in_fact_and_with_nothing_else(query, temple):
    for said, landmark in ((Said.RIGHT, temple), (Said.WRONG, temple), (Said.IN_FACT, None)):
        with pytest.raises(ValueError, match=said):
            corrections.correct(query, said=said, landmark=landmark)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"session_key": ""}, "a_correction_is_an_accounts_or_a_sessions"),
        ({"user": UserFactory}, "a_correction_is_an_accounts_or_a_sessions"),
        ({"landmark": LandmarkFactory}, "what_is_only_wrong_names_no_landmark"),
        ({"is_true": True}, "a_handled_correction_is_found_true_or_not"),
        ({"handled_at": timezone.now}, "a_handled_correction_is_found_true_or_not"),
        ({"handled_by": UserFactory}, "a_handled_correction_is_found_true_or_not"),
    ],
)
def test_the_database_refuses_a_correction_that_makes_no_sense(fields, rule):
    made = {name: value() if callable(value) else value for name, value in fields.items()}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        kept(**made)


@pytest.mark.parametrize("who", [{"session_key": "somebody"}, {"session_key": "", "user": UserFactory}])
def test_a_visitor_corrects_an_answer_once(who):
    whom = {name: value() if callable(value) else value for name, value in who.items()}
    first = kept(**whom)
    with pytest.raises(IntegrityError, match="a_visitor_corrects_an_answer_once"), transaction.atomic():
        kept(query=first.query, **whom)


def test_deleting_a_search_deletes_its_correction(client, query):
    corrections.correct(query, said=Said.RIGHT)
    client.post(f"/searches/{query.pk}/delete/")
    assert not Correction.objects.exists()


def test_deleting_an_account_deletes_what_it_said():
    user = UserFactory()
    corrections.correct(answered(LandmarkImageFactory(published=True), user=user), said=Said.RIGHT)
    user.delete()
    assert not Correction.objects.exists()


def test_a_correction_outlives_the_landmark_that_it_names_and_the_curator_who_handled_it(
    client, query, temple
):
    corrections.correct(query, said=Said.IN_FACT, landmark=temple)
    curator = CuratorFactory()
    corrections.handle(Correction.objects.all(), is_true=True, actor=curator)
    temple.delete()
    curator.delete()
    correction = Correction.objects.get()
    assert (correction.landmark, correction.handled_by, correction.is_true) == (None, None, True)
    assert not Correction.objects.usable_as_truth().exists()
    assert "không còn trong danh mục" in text_of(client.get(f"/searches/{query.pk}/"))


def test_what_is_found_true_becomes_no_photo_of_the_catalogue_to_be_learned_from(query, temple):
    before = LandmarkImage.objects.count()
    corrections.correct(query, said=Said.IN_FACT, landmark=temple)
    corrections.handle(Correction.objects.all(), is_true=True, actor=CuratorFactory())
    assert LandmarkImage.objects.count() == before


# The answer's page


@pytest.mark.parametrize(
    ("prefix", "question", "sentence"),
    [("", "Đây có đúng không?", "Bạn đã nói: đúng"), ("/en", "Is this right?", "You said: this is right.")],
)
def test_the_answers_page_asks_its_owner_and_says_what_was_said(client, query, prefix, question, sentence):
    address = f"{prefix}/searches/{query.pk}/"
    assert question in text_of(client.get(address))
    response = client.post(f"{address}correction/", {"said": "right"})
    assert response["Location"] == f"{address}#correction"
    assert sentence in text_of(client.get(address))


def test_the_place_is_named_in_either_language(client, query, temple):
    for name in ("Văn Miếu", "temple of literature", "van mieu", "literature"):
        Correction.objects.all().delete()
        assert say(client, query, "in_fact", place=name, note="the gate").status_code == 302
        correction = Correction.objects.get()
        assert (correction.said, correction.landmark, correction.note) == ("in_fact", temple, "the gate")
    text = text_of(client.get(f"/en/searches/{query.pk}/"))
    assert "it is in fact Temple of Literature." in text
    assert "the gate" in text


def test_the_names_of_all_places_are_proposed_in_both_languages(client, query, temple):
    page = client.get(f"/searches/{query.pk}/").content.decode()
    assert '<option value="Văn Miếu">' in page
    assert '<option value="Temple of Literature">' in page


def test_of_places_that_share_a_name_one_is_chosen(client, query, temple):
    other = LandmarkFactory(slug="van-mieu-hue", name_vi="Văn Miếu", name_en="Temple of Literature")
    response = say(client, query, "in_fact", place="Văn Miếu", note="by the river")
    assert response.status_code == 400
    assert not Correction.objects.exists()
    page = response.content.decode()
    assert 'name="landmark" value="van-mieu"' in page
    assert 'name="landmark" value="van-mieu-hue"' in page
    assert 'value="by the river"' in page
    say(client, query, "in_fact", place="Văn Miếu", landmark="van-mieu-hue")
    assert Correction.objects.get().landmark == other


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"said": "in_fact", "place": "Eiffel"}, "Our catalogue has no place of this name."),
        ({"said": "in_fact", "place": " "}, "Please name the place."),
        ({"said": "in_fact", "landmark": "nowhere"}, "Select a valid choice"),
        ({"said": "in_fact", "place": "Pagoda", "note": "a" * 501}, "at most 500 characters"),
        ({"said": "perhaps"}, "Select a valid choice"),
        ({}, "This field is required."),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words(client, query, fields, message):
    response = client.post(f"/en/searches/{query.pk}/correction/", fields)
    assert response.status_code == 400
    assert message in text_of(response)
    assert not Correction.objects.exists()


def test_the_address_of_a_refusal_opened_again_leads_to_the_answer(client, query):
    assert client.get(f"/searches/{query.pk}/correction/")["Location"] == f"/searches/{query.pk}/"


def test_a_correction_is_changed_and_taken_back(client, query):
    say(client, query, "right")
    say(client, query, "wrong")
    assert Correction.objects.get().said == "wrong"
    assert client.get(f"/searches/{query.pk}/correction/delete/").status_code == 405
    client.post(f"/searches/{query.pk}/correction/delete/")
    client.post(f"/searches/{query.pk}/correction/delete/")
    assert not Correction.objects.exists()


def test_the_page_says_what_a_curator_found(client, query):
    say(client, query, "wrong")
    for is_true, sentence in ((True, "A curator agrees"), (False, "sees it otherwise")):
        corrections.handle(Correction.objects.all(), is_true=is_true, actor=CuratorFactory())
        assert sentence in text_of(client.get(f"/en/searches/{query.pk}/"))


def test_an_answer_without_a_place_asks_only_which_it_is(client, temple):
    nothing = visitors_search(client, state=Query.State.ANSWERED)
    page = client.get(f"/searches/{nothing.pk}/").content.decode()
    assert 'value="in_fact"' in page
    assert 'value="right"' not in page
    assert say(client, nothing, "wrong").status_code == 400
    assert say(client, nothing, "in_fact", place="Văn Miếu").status_code == 302


def test_an_answer_that_failed_or_is_awaited_takes_no_correction(client):
    failed = visitors_search(client, state=Query.State.FAILED, reason=Query.Reason.GAVE_UP)
    for query in (failed, visitors_search(client)):
        assert 'id="correction"' not in client.get(f"/searches/{query.pk}/").content.decode()
        assert say(client, query, "wrong").status_code == 404


def test_who_reads_a_shared_search_neither_corrects_it_nor_reads_what_its_owner_said(client):
    query = answered(LandmarkImageFactory(published=True), user=UserFactory(), shared=True)
    corrections.correct(query, said=Said.WRONG, note="my secret")
    page = client.get(f"/searches/{query.pk}/").content.decode()
    assert 'id="correction"' not in page
    assert "my secret" not in page
    assert say(client, query, "right").status_code == 404
    assert client.post(f"/searches/{query.pk}/correction/delete/").status_code == 404
    assert Correction.objects.get().said == "wrong"


def test_a_forged_correction_is_refused(query, client):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert say(strict, query, "right").status_code == 403


def test_what_a_visitor_said_is_the_accounts_once_they_log_in(client, query):
    say(client, query, "wrong")
    user = UserFactory(password="một mật khẩu dài")
    client.post("/accounts/login/", {"login": user.email, "password": "một mật khẩu dài"})
    assert "You said: this is wrong." in text_of(client.get(f"/en/searches/{query.pk}/"))
    say(client, query, "right")
    correction = Correction.objects.get()
    assert (correction.user, correction.session_key, correction.said) == (user, "", "right")


def test_the_owners_answer_page_takes_a_fixed_number_of_queries(client, query, django_assert_max_num_queries):
    say(client, query, "right")
    LandmarkFactory.create_batch(20)
    with django_assert_max_num_queries(10):
        client.get(f"/searches/{query.pk}/")
