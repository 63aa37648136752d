"""Photos that visitors offer, and what becomes of them."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from places import contributing, curation, ingest, storage
from places.models import Contribution, CurationEvent, LandmarkImage
from tests.factories import (
    THANKS,
    CuratorFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    UserFactory,
    drawn_photo,
)

pytestmark = pytest.mark.django_db

SAID = {"author": "Lan Phạm", "licence": "CC BY 4.0", "note": "in March", "may_license": "on"}
ADDRESS = "/en/places/here/contribute/"
OWN = "/en/places/contributions/"


@pytest.fixture
def place():
    return LandmarkFactory(slug="here", name_en="Temple", name_vi="Đền")


@pytest.fixture
def lan():
    return UserFactory(first_name="Lan", email="lan@example.org")


@pytest.fixture
def visitor(lan, place) -> Client:
    client = Client()
    client.force_login(lan)
    return client


def file(seed: int = 1, name: str = "photo.jpg", **save) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, drawn_photo(seed, (320, 240), **save))


def send(visitor: Client, *files: SimpleUploadedFile, **said):
    return visitor.post(ADDRESS, SAID | {"photos": list(files)} | said, follow=True)


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# ---- offering


def test_what_is_sent_waits_as_a_candidate_with_all_that_publishing_needs(visitor, lan, place):
    answer = send(visitor, file(1), file(2))
    assert answer.redirect_chain == [(OWN, 302)]
    assert messages_of(answer) == ["Thank you. 2 photos wait for a curator now."]
    images = LandmarkImage.objects.order_by("pk")
    assert [(image.state, image.landmark, image.contributed_by) for image in images] == [
        ("candidate", place, lan)
    ] * 2
    first = images[0]
    assert (first.author, first.licence) == ("Lan Phạm", "CC BY 4.0")
    assert first.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert first.source_url == f"http://testserver/places/photos/{first.pk}/"
    assert first.contribution.note == "in March"


def test_a_curator_publishes_a_contribution_in_one_act(visitor, client):
    send(visitor, file())
    image = LandmarkImage.objects.get()
    assert client.get(f"/places/photos/{image.pk}/").status_code == 404
    outcome = curation.publish([image], actor=CuratorFactory())
    assert outcome.done == [image]
    page = client.get(image.source_url.removeprefix("http://testserver"))
    assert page.status_code == 200
    for words in ("Lan Phạm", "CC BY 4.0", "Đền"):
        assert words in page.content.decode()


def test_what_the_camera_noted_stays_with_the_original(visitor):
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.5, 0.0), 3: "E", 4: (105.0, 51.0, 0.0)})
    send(visitor, file(exif=exif))
    image = LandmarkImage.objects.get()
    assert (image.taken_latitude, image.taken_longitude) == (21.025, 105.85)
    assert Image.open(io.BytesIO(storage.original_bytes(image))).getexif()
    preview = visitor.get(f"{OWN}{image.pk}/photo/")
    assert not Image.open(io.BytesIO(preview.content)).getexif()
    curation.publish([image])
    image.refresh_from_db()
    with image.photo.open() as served:
        assert not Image.open(served).getexif()
    page = visitor.get(f"/en/places/photos/{image.pk}/").content.decode()
    assert "21.025" not in page
    assert "105.85" not in page


def test_sending_the_form_twice_keeps_each_photo_once_and_says_so_alike(visitor):
    answers = [send(visitor, file()) for _time in range(2)]
    assert [answer.redirect_chain for answer in answers] == [[(OWN, 302)]] * 2
    assert LandmarkImage.objects.count() == 1


def test_what_is_refused_is_told_per_file_and_what_is_taken_stays_taken(visitor):
    elsewhere = LandmarkFactory(name_en="Elsewhere")
    known = ingest.add(drawn_photo(5, (320, 240)), landmark=elsewhere, **THANKS)
    waiting = ingest.add(drawn_photo(6, (320, 240)), landmark=elsewhere)
    turned_down = ingest.add(drawn_photo(7, (320, 240)), landmark=elsewhere)
    curation.publish([known])
    curation.reject([turned_down], reason="secret words")
    answer = send(
        visitor,
        file(1),
        SimpleUploadedFile("words.jpg", b"no photo"),
        SimpleUploadedFile("empty.jpg", b""),
        file(5, "known.jpg"),
        file(6, "waiting.jpg"),
    )
    assert answer.status_code == 200
    assert dict(answer.context["received"].refused).keys() == {
        "words.jpg", "empty.jpg", "known.jpg", "waiting.jpg",
    }  # fmt: skip
    page = answer.content.decode()
    assert "in the catalogue already, at Elsewhere" in page
    assert "waits for a curator" in page
    assert messages_of(answer) == ["Thank you. 1 photo waits for a curator now."]
    assert {*LandmarkImage.objects.all()} > {known, waiting}
    refused = send(visitor, file(7, "again.jpg"))
    assert refused.status_code == 400
    assert "turned down or withdrawn" in refused.content.decode()
    assert "secret words" not in refused.content.decode()


def test_a_photo_that_one_has_offered_for_another_place_is_not_taken_for_received(visitor, lan):
    ingest.add(drawn_photo(1, (320, 240)), landmark=LandmarkFactory(), contributed_by=lan)
    assert send(visitor, file(1)).status_code == 400


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"author": ""}, "This field is required."),
        ({"author": "x" * 301}, "at most 300 characters"),
        ({"licence": ""}, "Please choose a licence."),
        ({"licence": "All rights reserved"}, "Select a valid choice"),
        ({"may_license": ""}, "We can only show photos that you may license."),
        ({"photos": []}, "Please choose a photo first."),
    ],
)
def test_what_is_missing_is_said_and_nothing_else_is_lost(visitor, said, words):
    answer = send(visitor, file(), **said)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page
    assert "Please choose the files again" in page
    for name, kept in {"author": "Lan Phạm", "note": "in March"}.items():
        if name not in said:
            assert f'value="{kept}"' in page
    if "licence" not in said:
        assert 'value="CC BY 4.0" aria-describedby="licence-2-means" required checked' in page
    assert not LandmarkImage.objects.exists()


def test_more_photos_than_may_come_at_once_are_refused_together(visitor):
    answer = send(visitor, *(file(seed, f"{seed}.jpg") for seed in range(6)))
    assert answer.status_code == 400
    assert "Please send 5 photos at most at once." in answer.content.decode()
    assert not LandmarkImage.objects.exists()


def test_nobody_offers_more_in_a_day_than_curators_can_look_at(visitor, monkeypatch):
    monkeypatch.setattr(contributing, "MOST_A_DAY", 2)
    send(visitor, file(1))
    answer = send(visitor, file(2), file(3, "third.jpg"))
    assert dict(answer.context["received"].refused) == {
        "third.jpg": "You can offer 2 photos a day. Please send this one tomorrow."
    }
    assert LandmarkImage.objects.count() == 2


def test_a_file_larger_than_allowed_is_refused(visitor, settings):
    settings.PHOTO_MAX_BYTES = 1000
    answer = send(visitor, file())
    assert answer.status_code == 400
    assert answer.context["received"].refused


def test_a_name_in_another_script_and_direction_is_kept_and_set_apart(visitor):
    send(visitor, file(), author="ليلى حسن " + "ا" * 280)
    image = LandmarkImage.objects.get()
    assert image.author.startswith("ليلى")
    assert f"<bdi>{image.author}</bdi>" in visitor.get(OWN).content.decode()


def test_contributing_asks_for_an_account_and_comes_back(client, place, lan):
    answer = client.get("/places/here/contribute/")
    assert answer.url == "/accounts/login/?next=/places/here/contribute/"
    back = client.post(answer.url, {"login": lan.email, "password": "secret"}, follow=True)
    assert back.redirect_chain[-1][0] == "/places/here/contribute/"
    assert 'value="Lan"' in back.content.decode()


def test_where_addresses_must_be_confirmed_nobody_contributes_before(client, place, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client.post("/accounts/signup/", {"email": "new@example.org", "password1": "a-long-secret-1"})
    assert client.get("/places/here/contribute/").url.startswith("/accounts/login/")


def test_a_place_that_does_not_exist_takes_no_photos(visitor):
    assert visitor.get("/places/nowhere/contribute/").status_code == 404


# ---- following


def test_each_state_is_told_with_its_reason_and_its_page(visitor, place):
    send(visitor, file(1), file(2), file(3))
    waiting, published, rejected = LandmarkImage.objects.order_by("pk")
    curation.publish([published])
    curation.reject([rejected], reason="blurred")
    page = visitor.get(OWN).content.decode()
    for words in ("Waits for a curator", "Published", "Not shown", "blurred"):
        assert words in page
    assert f'href="/en/places/photos/{published.pk}/"' in page
    assert f'href="/en/places/contributions/{waiting.pk}/"' in page
    assert f'href="/en/places/contributions/{published.pk}/"' not in page


def test_the_list_takes_a_fixed_number_of_queries(visitor, django_assert_max_num_queries):
    def queries() -> int:
        with django_assert_max_num_queries(50) as captured:
            visitor.get(OWN)
        return len(captured)

    send(visitor, file(1))
    few = queries()
    send(visitor, *(file(seed) for seed in range(2, 6)))
    visitor.get(OWN)
    assert queries() == few


def test_a_decision_is_news_until_it_has_been_looked_at(client, visitor, lan):
    send(visitor, file(1), file(2))
    assert not Contribution.objects.decided_unseen()
    curation.publish([LandmarkImage.objects.first()])
    told = client.post("/en/accounts/login/", {"login": lan.email, "password": "secret"}, follow=True)
    assert "A curator has looked at 1 of your photos: see “My photos”." in messages_of(told)
    assert '<b class="state__new">' in visitor.get(OWN).content.decode()
    assert '<b class="state__new">' not in visitor.get(OWN).content.decode()
    assert not Contribution.objects.decided_unseen()


def test_a_photo_that_waits_is_seen_by_its_contributor_and_curators_alone(visitor, client):
    send(visitor, file())
    address = f"/places/contributions/{LandmarkImage.objects.get().pk}/photo/"
    assert visitor.get(address)["Content-Type"] == "image/webp"
    assert "private" in visitor.get(address)["Cache-Control"]
    assert client.get(address).status_code == 404
    client.force_login(UserFactory())
    assert client.get(address).status_code == 404
    client.force_login(CuratorFactory())
    assert client.get(address).status_code == 200


def test_the_preview_of_a_photo_whose_file_is_gone_is_not_found(visitor):
    send(visitor, file())
    image = LandmarkImage.objects.get()
    image.original.storage.delete(image.original.name)
    assert visitor.get(f"/places/contributions/{image.pk}/photo/").status_code == 404


# ---- putting right and withdrawing


def test_what_is_said_of_a_photo_that_waits_is_put_right(visitor):
    send(visitor, file())
    address = f"{OWN}{LandmarkImage.objects.get().pk}/"
    assert 'value="CC BY 4.0" aria-describedby="licence-2-means" required checked' in (
        visitor.get(address).content.decode()
    )
    visitor.post(address, {"author": "L. Phạm", "licence": "CC0 1.0", "note": "in May"})
    image = LandmarkImage.objects.get()
    assert (image.author, image.licence) == ("L. Phạm", "CC0 1.0")
    assert image.licence_url == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert image.contribution.note == "in May"
    assert visitor.post(address, {"author": ""}).status_code == 400


def test_what_is_said_of_a_published_photo_stays(visitor):
    send(visitor, file())
    image = LandmarkImage.objects.get()
    curation.publish([image])
    answer = visitor.post(f"{OWN}{image.pk}/", SAID | {"author": "X"}, follow=True)
    assert answer.redirect_chain == [(OWN, 302)]
    assert messages_of(answer)[-1].startswith("This photo does not wait any more")
    assert not contributing.put_right(
        image.contribution, author="X", licence=contributing.LICENCES["CC0 1.0"], note=""
    )
    image.refresh_from_db()
    assert image.author == "Lan Phạm"


def test_one_that_waits_is_erased_with_its_file(visitor, django_capture_on_commit_callbacks):
    send(visitor, file())
    image = LandmarkImage.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        visitor.post(f"{OWN}{image.pk}/withdraw/")
    assert not LandmarkImage.objects.exists()
    assert not image.original.storage.exists(image.original.name)
    again = visitor.post(f"{OWN}{image.pk}/withdraw/", follow=True)  # pressed twice
    assert again.redirect_chain == [(OWN, 302)]
    assert send(visitor, file()).redirect_chain == [(OWN, 302)]  # it may be offered anew


def test_copies_of_an_erased_photo_keep_together(visitor):
    send(visitor, file())
    first = LandmarkImage.objects.get()
    second, third = LandmarkImageFactory.create_batch(2, near_duplicate_of=first)
    visitor.post(f"{OWN}{first.pk}/withdraw/")
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.near_duplicate_of, third.near_duplicate_of) == (None, second)


def test_a_published_one_is_shown_no_more_and_the_act_is_noted(visitor, client, lan):
    send(visitor, file())
    image = LandmarkImage.objects.get()
    curation.publish([image])
    visitor.post(f"{OWN}{image.pk}/withdraw/")
    image.refresh_from_db()
    assert (image.state, image.state_reason) == ("rejected", contributing.WITHDRAWN)
    assert not image.photo
    event = CurationEvent.objects.first()
    assert (event.verb, event.actor, event.detail) == ("reject", lan, contributing.WITHDRAWN)
    gone = client.get(f"/places/photos/{image.pk}/")
    assert gone.status_code == 410
    assert "không còn được đăng" in gone.content.decode()
    assert "Tác giả đã rút ảnh." in visitor.get("/places/contributions/").content.decode()
    assert not Contribution.objects.decided_unseen()  # no news to the one who did it


def test_one_turned_down_by_a_curator_cannot_be_looked_up(visitor, client):
    send(visitor, file())
    image = LandmarkImage.objects.get()
    curation.reject([image], reason="blurred")
    assert client.get(f"/places/photos/{image.pk}/").status_code == 404
    contributing.withdraw(image.contribution)
    image.refresh_from_db()
    assert image.state_reason == "blurred"


def test_nobody_touches_what_others_have_offered(visitor, client):
    send(visitor, file())
    image = LandmarkImage.objects.get()
    client.force_login(UserFactory())
    client.post(f"{OWN}{image.pk}/withdraw/")
    client.post(f"{OWN}{image.pk}/", SAID | {"author": "Thief"})
    image.refresh_from_db()
    assert image.author == "Lan Phạm"
    assert client.get(OWN).context["page"].paginator.count == 0


def test_after_an_account_is_deleted_its_published_photos_stay_under_the_name_given(visitor, lan, client):
    send(visitor, file())
    image = LandmarkImage.objects.get()
    curation.publish([image])
    lan.delete()
    image.refresh_from_db()
    assert image.contributed_by is None
    assert "Lan Phạm" in client.get(f"/places/photos/{image.pk}/").content.decode()


def test_a_curator_reads_the_contributors_note_beside_the_photo(visitor, client):
    send(visitor, file())
    client.force_login(CuratorFactory())
    page = client.get(f"/en/admin/places/landmarkimage/{LandmarkImage.objects.get().pk}/change/")
    assert "in March" in page.content.decode()
