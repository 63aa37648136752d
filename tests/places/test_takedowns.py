"""What people ask to be taken down or put right, and how it is decided."""

import uuid

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError
from django.test import Client
from django.utils import translation

from places import curation, takedowns
from places.models import CurationEvent, LandmarkImage, TakedownRequest
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, UserFactory

pytestmark = pytest.mark.django_db

FORM = "/en/places/takedown/"
SENT = "/en/places/takedown/sent/"
DESK = "/en/admin/places/takedownrequest/"


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet():
    cache.clear()
    with translation.override("en"):
        yield


@pytest.fixture
def image() -> LandmarkImage:
    return LandmarkImageFactory(published=True, landmark__slug="here", landmark__name_en="Temple")


@pytest.fixture
def curator():
    return CuratorFactory()


@pytest.fixture
def desk(curator) -> Client:
    client = Client()
    client.force_login(curator)
    return client


def told(image: LandmarkImage | None = None, **said) -> dict:
    return {
        "key": str(uuid.uuid4()),
        "about": f"/places/photos/{image.pk}/" if image else "/places/here/",
        "reason": "shows_me",
        "explanation": "I stand before the gate.",
        "name": "Minh",
        "email": "minh@example.org",
        "is_true": "on",
    } | said


def asked(image: LandmarkImage | None, **said) -> TakedownRequest:
    """A request in the queue, as somebody reading English sent it."""
    fields = told(image, language="en") | said
    del fields["is_true"]
    return TakedownRequest.objects.create(**fields, image=image, landmark=image and image.landmark)


@pytest.fixture
def act(desk, django_capture_on_commit_callbacks):
    """A curator's act upon requests, and the letters it sends."""

    def done(action: str, *requests: TakedownRequest, answer: str = ""):
        data = {"action": action, "answer": answer, "_selected_action": [one.pk for one in requests]}
        with django_capture_on_commit_callbacks(execute=True):
            return desk.post(DESK, data, follow=True)

    return done


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# ---- asking


def test_a_report_goes_into_the_queue_and_is_confirmed_in_its_senders_language(
    client, image, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/places/takedown/", told(image))
    assert answer.url == "/places/takedown/sent/"
    assert client.get(answer.url).status_code == 200
    kept = TakedownRequest.objects.open().get()
    assert (kept.image, kept.landmark, kept.language) == (image, image.landmark, "vi")
    [letter] = mail.outbox
    assert letter.to == ["minh@example.org"]
    assert letter.subject == f"Chúng tôi đã nhận báo cáo số {kept.pk} của bạn"
    assert "Kính gửi Minh," in letter.body
    assert "Trong ảnh có tôi" in letter.body


def test_a_report_sent_twice_is_kept_and_confirmed_once(client, image, django_capture_on_commit_callbacks):
    form = told(image)
    with django_capture_on_commit_callbacks(execute=True):
        answers = [client.post(FORM, form) for _time in range(2)]
    assert [answer.url for answer in answers] == [SENT, SENT]
    assert TakedownRequest.objects.count() == len(mail.outbox) == 1


def test_a_place_can_be_reported_too(client, image):
    client.post(FORM, told(about="https://example.org/en/places/here/"))
    kept = TakedownRequest.objects.get()
    assert (kept.image, kept.landmark) == (None, image.landmark)


def test_the_form_knows_what_it_is_about_and_who_is_logged_in(client, image):
    client.force_login(UserFactory(first_name="Minh", email="minh@example.org"))
    page = client.get(f"{FORM}?photo={image.pk}").content.decode()
    for known in (f"http://testserver/en/places/photos/{image.pk}/", "Minh", "minh@example.org"):
        assert f'value="{known}"' in page
    assert image.thumbnail.url in page


def test_the_credit_of_every_photo_leads_to_the_form(client, image):
    assert f'href="{FORM}?photo={image.pk}"' in client.get("/en/places/here/").content.decode()


@pytest.mark.parametrize(
    "about", ["{pk}", "#{pk}", " /en/places/photos/{pk}/ ", "http://x/media/photos/{sha}.jpg"]
)
def test_a_photo_is_found_by_its_number_its_page_and_its_file(image, about):
    sha = f"{image.sha256[:2]}/{image.sha256[2:4]}/{image.sha256}"
    assert takedowns.find(about.format(pk=image.pk, sha=sha)) == image


@pytest.mark.parametrize(
    "about", ["", "x", "999999", "9" * 40, "/places/photos/999999/", "/places/nowhere/", "-1", "٣" * 9]
)
def test_what_is_not_ours_is_not_found(image, about):
    assert takedowns.find(about) is None


@pytest.mark.parametrize("state", ["candidate", "rejected"])
def test_a_photo_that_is_not_shown_is_as_unknown_as_none(client, state):
    image = LandmarkImageFactory(state=state)
    answers = [client.post(FORM, told(about=about)) for about in (f"#{image.pk}", "#999999")]
    for answer in answers:
        assert answer.status_code == 400
        assert "We show no photo or place under this address." in answer.content.decode()
        assert "I stand before the gate." in answer.content.decode()  # nothing is lost
    assert client.get(f"{FORM}?photo={image.pk}").status_code == 200
    assert not TakedownRequest.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {"reason": ""}, {"reason": "spite"}, {"explanation": ""}, {"explanation": "x" * 5001}, {"name": " "},
        {"name": "x" * 300}, {"email": "nobody"}, {"is_true": ""}, {"key": ""}, {"key": "x"}, {"name": "a\0b"},
    ],
)  # fmt: skip
def test_what_is_missing_is_said(client, image, said):
    answer = client.post(FORM, told(image, **said))
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == said.keys()
    assert not TakedownRequest.objects.exists()


def test_a_machine_that_fills_in_all_fields_is_told_nothing(client, image):
    assert client.post(FORM, told(image, website="https://spam.example")).url == SENT
    assert not TakedownRequest.objects.exists()


def test_nobodys_mailbox_is_filled_through_us(client, image):
    for _time in range(takedowns.MOST_A_DAY):
        assert client.post(FORM, told(image)).status_code == 302
    answer = client.post(FORM, told(image, email="MINH@example.org"))
    assert answer.status_code == 400
    assert "we take no more for now" in answer.content.decode()
    assert TakedownRequest.objects.count() == takedowns.MOST_A_DAY


def test_one_network_address_sends_only_so_many(client, image, monkeypatch):
    monkeypatch.setattr("places.views.takedowns.MOST_AN_HOUR", 2)
    codes = [client.post(FORM, told(image, email=f"a{n}@example.org")).status_code for n in range(3)]
    assert codes == [302, 302, 400]
    elsewhere = client.post(FORM, told(image, email="b@example.org"), REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 302


def test_a_letter_that_cannot_go_out_loses_no_report(
    client, image, monkeypatch, django_capture_on_commit_callbacks
):
    def away(*_args, **_kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(FORM, told(image)).url == SENT
    assert TakedownRequest.objects.open().count() == 1


# ---- deciding


def test_a_photo_is_withdrawn_and_the_request_accepted_in_one_act(act, image, curator, client):
    request = asked(image, language="vi")
    answer = act("withdraw_and_accept", request, answer="Xin lỗi bạn.")
    assert messages_of(answer) == ["1 request decided."]
    request.refresh_from_db()
    image.refresh_from_db()
    assert (request.state, request.handled_by, request.answer) == ("accepted", curator, "Xin lỗi bạn.")
    assert request.handled_at
    assert (image.state, image.state_reason) == ("rejected", "Withdrawn after a report.")
    event = CurationEvent.objects.first()
    assert (event.verb, event.actor) == ("reject", curator)
    [letter] = mail.outbox
    assert letter.subject == f"Báo cáo số {request.pk} của bạn: quyết định của chúng tôi"
    assert "Ảnh đã được gỡ" in letter.body
    assert "Xin lỗi bạn." in letter.body


def test_if_the_withdrawal_fails_nothing_is_decided_and_nobody_written_to(image, curator, monkeypatch):
    request = asked(image)

    def broken(*_args, **_kwargs):
        raise OSError

    monkeypatch.setattr(curation, "reject", broken)
    with pytest.raises(OSError):  # noqa: PT011
        takedowns.accept(request, answer="", actor=curator, withdraw=True)
    request.refresh_from_db()
    assert request.state == "open"
    assert mail.outbox == []


def test_what_was_put_right_is_accepted_without_a_withdrawal(act, image):
    act("accept", asked(image), answer="The author is named now.")
    image.refresh_from_db()
    assert image.state == "published"
    assert "We have put right what you reported." in mail.outbox[0].body
    assert "The author is named now." in mail.outbox[0].body


def test_a_request_about_no_photo_withdraws_nothing_and_stays_open(act):
    request = asked(None)
    answer = act("withdraw_and_accept", request)
    assert any("It is about no photo that is shown." in words for words in messages_of(answer))
    request.refresh_from_db()
    assert request.state == "open"
    assert mail.outbox == []


def test_declining_needs_a_reason_and_tells_it(act, image):
    request = asked(image)
    assert messages_of(act("decline", request)) == ["Say why: fill in the answer to the sender."]
    act("decline", request, answer="The licence allows it.")
    request.refresh_from_db()
    image.refresh_from_db()
    assert (request.state, image.state) == ("declined", "published")
    assert "The licence allows it." in mail.outbox[0].body


def test_what_one_curator_has_decided_another_does_not_decide_again(act, image, curator):
    request = asked(image)
    act("decline", request, answer="No.")
    assert not takedowns.accept(request, answer="", actor=curator, withdraw=True)
    assert messages_of(act("withdraw_and_accept", request)) == ["0 requests decided."]
    image.refresh_from_db()
    assert image.state == "published"
    assert len(mail.outbox) == 1


def test_the_queue_takes_a_fixed_number_of_queries(desk, django_assert_max_num_queries):
    def queries() -> int:
        with django_assert_max_num_queries(100) as captured:
            assert desk.get(f"{DESK}?state__exact=open").status_code == 200
        return len(captured)

    def fill(number: int) -> None:
        for image in LandmarkImageFactory.create_batch(number, published=True):
            asked(image)

    fill(2)
    queries()  # what is cached between requests is
    few = queries()
    fill(5)
    assert queries() == few


def test_curators_note_beside_a_request_and_change_nothing_that_was_said(desk, image):
    request = asked(image)
    page = f"{DESK}{request.pk}/change/"
    assert "I stand before the gate." in desk.get(page).content.decode()
    desk.post(page, {"note": "asked the museum", "explanation": "forged", "state": "accepted"})
    request.refresh_from_db()
    assert (request.note, request.explanation, request.state) == (
        "asked the museum", "I stand before the gate.", "open",
    )  # fmt: skip
    assert desk.get(f"{DESK}add/").status_code == 403


def test_a_request_outlives_the_photo_it_is_about(image):
    request, about = asked(image), f"/places/photos/{image.pk}/"
    image.delete()
    request.refresh_from_db()
    assert (request.image, request.about) == (None, about)


def test_what_is_decided_says_when(image):
    with pytest.raises(IntegrityError, match="what_is_decided_says_when"):
        TakedownRequest.objects.create(
            key=uuid.uuid4(), language="en", state="accepted", landmark=LandmarkFactory()
        )
