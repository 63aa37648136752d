"""Photos are offered by programs as they are by people, with a key that may."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import keys
from places import contributing, curation
from places.models import Contribution, LandmarkImage
from tests.factories import CuratorFactory, LandmarkFactory, UserFactory, drawn_photo

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/contributions/"
SAID = {"author": "Lan Phạm", "licence": "CC BY 4.0", "note": "in March", "may_license": "true"}


@pytest.fixture
def lan():
    return UserFactory(email="lan@example.org")


def client_of(user, *scopes: str) -> Client:
    token = keys.issue(user, name="program", scopes=scopes or ["contribute"]).token
    return Client(headers={"authorization": f"Bearer {token}", "accept-language": "en"})


@pytest.fixture
def program(lan) -> Client:
    LandmarkFactory(slug="here")
    return client_of(lan)


def send(client: Client, seed: int = 1, **said):
    photo = SimpleUploadedFile("photo.jpg", drawn_photo(seed, (320, 240)), "image/jpeg")
    return client.post(ADDRESS, SAID | {"photo": photo, "landmark": "here"} | said)


def test_what_is_sent_waits_with_all_that_publishing_needs(program, lan):
    answer = send(program)
    image = LandmarkImage.objects.get()
    told = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"http://testserver{ADDRESS}{image.pk}/")
    assert told.pop("offered_at")
    assert told == {
        "id": image.pk, "url": answer["Location"], "landmark": "here", "author": "Lan Phạm",
        "licence": "CC BY 4.0", "note": "in March", "state": "candidate", "reason": "",
    }  # fmt: skip
    assert (image.contributed_by, image.missing_attribution) == (lan, [])
    assert image.contribution.may_license


def test_the_place_may_be_unknown(program):
    photo = SimpleUploadedFile("photo.jpg", drawn_photo(1, (320, 240)))
    assert program.post(ADDRESS, SAID | {"photo": photo}).json()["landmark"] is None


def test_sent_twice_it_is_one(program):
    assert [send(program).status_code for _time in range(2)] == [201, 201]
    assert LandmarkImage.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"may_license": "false"}, "may_license"),
        ({"licence": "all rights reserved"}, "licence"),
        ({"landmark": "nowhere"}, "landmark"),
        ({"landmark": "here\0"}, "landmark"),
        ({"author": ""}, "author"),
        ({"photo": SimpleUploadedFile("photo.jpg", b"no photo")}, "photo"),
        ({"photo": SimpleUploadedFile("photo.jpg", b"")}, "photo"),
        ({"note": "n" * 301}, "note"),
    ],
    ids=[
        "not theirs",
        "no free licence",
        "no such place",
        "no text",
        "nobody",
        "no photo",
        "nothing",
        "too long a note",
    ],
)
def test_what_cannot_be_kept_is_a_problem_of_its_field(program, said, field):
    answer = send(program, **said)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not LandmarkImage.objects.exists()


def test_so_many_a_day_as_on_the_site(program, monkeypatch):
    monkeypatch.setattr(contributing, "MOST_A_DAY", 1)
    assert [send(program, seed).status_code for seed in (1, 2)] == [201, 400]
    assert LandmarkImage.objects.count() == 1


def test_what_became_of_each_is_told_to_its_contributor_alone(program):
    first, second = (send(program, seed).json()["id"] for seed in (1, 2))
    curator = CuratorFactory()
    curation.publish([LandmarkImage.objects.get(pk=first)], actor=curator)
    curation.reject([LandmarkImage.objects.get(pk=second)], reason="Too small.", actor=curator)
    told = [(each["id"], each["state"], each["reason"]) for each in program.get(ADDRESS).json()["results"]]
    assert told == [(second, "rejected", "Too small."), (first, "published", "")]
    other = client_of(UserFactory())
    assert other.get(ADDRESS).json()["results"] == []
    assert (
        other.get(f"{ADDRESS}{first}/").status_code == other.delete(f"{ADDRESS}{first}/").status_code == 404
    )
    assert Contribution.objects.count() == 2


def test_one_that_waits_is_erased_when_it_is_taken_back_and_a_published_one_is_shown_no_more(program):
    first, second = (send(program, seed).json()["id"] for seed in (1, 2))
    curation.publish([LandmarkImage.objects.get(pk=first)], actor=CuratorFactory())
    assert [program.delete(f"{ADDRESS}{pk}/").status_code for pk in (first, second)] == [204, 204]
    assert [(image.pk, image.state) for image in LandmarkImage.objects.all()] == [(first, "rejected")]


def test_a_number_that_no_photo_has_is_not_found(program):
    assert program.get(f"{ADDRESS}{10**17}/").status_code == 404


def test_a_list_takes_the_same_number_of_queries_however_long_it_is(program):
    counts = []
    for seed in (1, 2, 3):
        send(program, seed)
        with CaptureQueriesContext(connection) as asked:
            program.get(ADDRESS)
        counts.append(len(asked))
    assert counts[1] == counts[2]
