"""Acts that are taken back, acts on what somebody else has changed, and near-duplicates kept and set apart."""

import threading

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import translation

from places import curation, storage
from places.models import CurationEvent, LandmarkImage
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def curator():
    return CuratorFactory(first_name="Lan")


@pytest.fixture
def photo():
    """A published photo."""
    return LandmarkImageFactory(published=True, size=(600, 400))


def fresh(image: LandmarkImage) -> LandmarkImage:
    return LandmarkImage.objects.get(pk=image.pk)


def last(image: LandmarkImage) -> CurationEvent:
    return CurationEvent.objects.filter(image=image).first()


def taken_back(*images: LandmarkImage, actor) -> curation.Outcome:
    return curation.undo([last(image) for image in images], actor=actor)


def served(image: LandmarkImage) -> bool:
    names = storage.photo_path(image, ""), storage.thumbnail_path(image, "")
    return all(default_storage.exists(name) for name in names)


def test_a_rejection_taken_back_publishes_the_photo_again_by_the_same_files(
    photo, curator, django_capture_on_commit_callbacks
):
    before = photo.photo.read()
    with django_capture_on_commit_callbacks(execute=True):
        curation.reject([photo], reason="blurred", actor=curator)
    assert not served(photo)
    taken_back(photo, actor=curator)
    again = fresh(photo)
    assert (again.state, again.state_reason) == ("published", "")
    assert again.photo.read() == before
    assert served(photo)
    assert last(photo).verb == "undo"
    assert last(photo).undoes.verb == "reject"


def test_a_publishing_taken_back_withdraws_the_photo(curator, django_capture_on_commit_callbacks):
    image = LandmarkImageFactory()
    curation.publish([image], actor=curator)
    with django_capture_on_commit_callbacks(execute=True):
        taken_back(image, actor=curator)
    assert fresh(image).state == "candidate"
    assert not fresh(image).photo
    assert not served(image)


def test_a_rejection_of_one_that_had_been_rejected_for_another_reason_gives_the_first_reason_back(curator):
    image = LandmarkImageFactory(state="rejected", state_reason="too small")
    curation.publish([image], actor=curator)
    taken_back(image, actor=curator)
    assert (fresh(image).state, fresh(image).state_reason) == ("rejected", "too small")


def test_a_move_taken_back_leads_to_what_the_place_has_become(photo, curator):
    home, elsewhere = photo.landmark, LandmarkFactory()
    curation.move([photo], landmark=elsewhere, actor=curator)
    taken_back(photo, actor=curator)
    assert fresh(photo).landmark == home
    curation.move([photo], landmark=elsewhere, actor=curator)
    home.merged_into = LandmarkFactory()
    home.save()
    taken_back(photo, actor=curator)
    assert fresh(photo).landmark == home.merged_into


def test_what_is_said_of_an_author_is_in_the_history_and_can_be_taken_back(photo, curator):
    curation.credit(photo, told={"author": "Bình", "licence": photo.licence}, actor=curator)
    event = last(photo)
    assert (event.before, event.after) == ({"author": "An Nguyễn"}, {"author": "Bình"})
    taken_back(photo, actor=curator)
    assert fresh(photo).author == "An Nguyễn"


def test_a_published_photo_keeps_its_attribution_and_a_free_licence(photo, curator):
    outcome = curation.credit(photo, told={"licence": "cc-by-nc-2.0"}, actor=curator)
    assert "CC BY-NC 2.0" in str(outcome.refused[0][1])
    outcome = curation.credit(photo, told={"author": ""}, actor=curator)
    assert "Missing: author." in str(outcome.refused[0][1])
    assert fresh(photo).author == "An Nguyễn"


def test_samples_are_published_photos_and_no_others(photo, curator):
    waiting = LandmarkImageFactory()
    outcome = curation.offer([photo, waiting], actor=curator)
    assert outcome.done == [photo]
    assert fresh(photo).is_sample
    assert not fresh(waiting).is_sample
    curation.offer_no_longer([photo], actor=curator)
    taken_back(photo, actor=curator)
    assert fresh(photo).is_sample


def test_an_act_on_many_is_taken_back_for_each_on_which_nobody_acted_since(curator):
    images = LandmarkImageFactory.create_batch(3)
    batch = curation.reject(images, reason="blurred", actor=curator).batch
    other = CuratorFactory(first_name="Minh")
    curation.publish(images[:1], actor=other)
    outcome = curation.undo(CurationEvent.objects.filter(batch=batch), actor=curator)
    assert outcome.done == images[1:]
    [(refused, reason)] = outcome.refused
    assert refused == images[0]
    assert str(reason).startswith("Changed meanwhile by Minh at ")
    assert str(reason).endswith(": published. It was left so.")
    assert fresh(images[0]).state == "published"


def test_an_undoing_can_be_taken_back_but_nothing_twice(photo, curator):
    curation.reject([photo], reason="blurred", actor=curator)
    rejection = last(photo)
    taken_back(photo, actor=curator)
    assert curation.undo([rejection], actor=curator).done == []
    taken_back(photo, actor=curator)
    assert fresh(photo).state == "rejected"


def test_lines_of_history_of_before_there_was_undo_say_so(photo, curator):
    event = CurationEvent.objects.create(image=photo, verb="publish")
    [(_image, reason)] = curation.undo([event], actor=curator).refused
    assert "before acts could be taken back" in str(reason)


def test_an_undoing_that_cannot_publish_any_more_is_refused(photo, curator):
    curation.reject([photo], reason="blurred", actor=curator)
    photo.original.storage.delete(photo.original.name)
    [(_image, reason)] = taken_back(photo, actor=curator).refused
    assert "cannot be read" in str(reason)
    assert fresh(photo).state == "rejected"


def test_who_saw_an_older_version_is_told_who_did_what_and_overwrites_nothing(curator):
    image, other = LandmarkImageFactory(), CuratorFactory(first_name="Minh")
    curation.reject([image], reason="blurred", actor=other)
    outcome = curation.publish([image], actor=curator, seen={image.pk: 0})
    [(_image, reason)] = outcome.refused
    assert isinstance(reason, curation.Overtaken)
    assert "Minh" in str(reason)
    assert "rejected" in str(reason)
    assert fresh(image).state == "rejected"
    assert curation.publish([image], actor=curator, seen={image.pk: last(image).pk}).done == [image]


def test_one_is_kept_of_near_duplicates_and_the_others_are_rejected_in_one_act(curator):
    keep, head, stranger = LandmarkImageFactory.create_batch(3)
    follower = LandmarkImageFactory(near_duplicate_of=stranger)
    LandmarkImage.objects.filter(pk=keep.pk).update(near_duplicate_of=head)
    outcome = curation.keep_only(keep, of=[keep, head, stranger], actor=curator)
    assert {*outcome.done} == {head, stranger, follower}
    assert fresh(keep).state == "candidate"
    assert (fresh(head).state, fresh(head).near_duplicate_of) == ("rejected", None)
    assert fresh(stranger).state_reason == f"Near-duplicate of #{keep.pk}"
    assert fresh(stranger).near_duplicate_of == fresh(follower).near_duplicate_of == head
    assert fresh(follower).state == "candidate"
    curation.undo(CurationEvent.objects.filter(batch=outcome.batch), actor=curator)
    assert [fresh(image).state for image in (head, stranger, follower)] == ["candidate"] * 3
    assert [fresh(image).near_duplicate_of for image in (head, stranger, follower)] == [None, None, stranger]


def test_of_two_that_keep_each_other_only_the_first_is_heard(curator):
    one, two = LandmarkImageFactory.create_batch(2)
    curation.keep_only(one, of=[one, two], actor=curator)
    with pytest.raises(curation.Refused, match="turned down itself"):
        curation.keep_only(two, of=[one, two], actor=curator)
    assert fresh(one).state == "candidate"


def test_one_that_is_no_near_duplicate_leaves_its_group_and_another_leads_it(curator):
    head = LandmarkImageFactory()
    second, third = LandmarkImageFactory.create_batch(2, near_duplicate_of=head)
    batch = curation.set_apart(head, actor=curator).batch
    assert [fresh(image).near_duplicate_of for image in (head, second, third)] == [None, None, second]
    curation.undo(CurationEvent.objects.filter(batch=batch), actor=curator)
    assert [fresh(image).near_duplicate_of for image in (head, second, third)] == [None, head, head]
    curation.set_apart(third, actor=curator)
    assert fresh(third).near_duplicate_of is None


def test_a_group_that_others_have_joined_since_is_not_torn_by_an_undoing(curator):
    head = LandmarkImageFactory()
    second = LandmarkImageFactory(near_duplicate_of=head)
    curation.set_apart(second, actor=curator)
    LandmarkImageFactory(near_duplicate_of=second)
    [(_image, reason)] = taken_back(second, actor=curator).refused
    assert "have joined its group" in str(reason)


def test_a_photo_put_by_half_is_made_anew(photo, curator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        curation.reject([photo], reason="blurred", actor=curator)
    name = storage.photo_path(photo, "").replace("photos/", "ready/")
    data = storage.private().open(name).read()
    with storage.private().open(name, "wb") as file:
        file.write(data[: len(data) // 2])
    taken_back(photo, actor=curator)
    assert len(fresh(photo).photo.read()) > len(data) // 2


def test_what_was_put_by_of_a_photo_goes_with_it():
    image = LandmarkImageFactory()
    storage.prepare(image)
    names = [
        f"ready/{image.sha256[:2]}/{image.sha256[2:4]}/{image.sha256}.{ending}" for ending in ("jpg", "webp")
    ]
    assert all(storage.private().exists(name) for name in names)
    storage.forget(image)
    assert not any(storage.private().exists(name) for name in [*names, image.original.name])


def test_of_a_published_photo_nothing_stays_put_by():
    image = LandmarkImageFactory()
    copies = storage.prepare(image)
    curation.publish([image])
    assert fresh(image).photo.read() == copies.photo
    assert not storage.private().exists(storage.photo_path(image, "").replace("photos/", "ready/"))


@pytest.mark.parametrize("number", [1, 30])
def test_an_act_takes_as_many_queries_for_thirty_as_for_one(
    django_assert_num_queries, curator, number, monkeypatch
):
    monkeypatch.setattr("retrieval.tasks._enqueue_describing", lambda: None)
    images, landmark = LandmarkImageFactory.create_batch(number), LandmarkFactory()
    with django_assert_num_queries(6):  # savepoint and its release, rows, their last acts, update, history
        curation.move(images, landmark=landmark, actor=curator)
    with django_assert_num_queries(6):
        curation.publish(images, actor=curator)


@pytest.mark.django_db(transaction=True)
def test_of_two_curators_at_the_same_moment_the_second_is_told(curator):
    image, other = LandmarkImageFactory(), CuratorFactory(first_name="Minh")
    outcomes, started = [], threading.Event()

    def second() -> None:
        started.set()
        try:
            outcomes.append(curation.publish([image], actor=curator, seen={image.pk: 0}))
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        curation.reject([image], reason="blurred", actor=other, seen={image.pk: 0})
        thread.start()
        started.wait()
        thread.join(0.5)
        assert not outcomes  # it waits for the first
    thread.join()
    [(_image, reason)] = outcomes[0].refused
    assert reason.event.actor == other
    assert (fresh(image).state, CurationEvent.objects.count()) == ("rejected", 1)


def test_a_licence_is_kept_as_all_photos_under_it_say_it_with_its_address(photo, curator):
    curation.credit(
        photo, told={"licence": "Creative Commons Attribution 4.0", "licence_url": ""}, actor=curator
    )
    assert fresh(photo).licence == "CC BY 4.0"
    assert fresh(photo).licence_url == "https://creativecommons.org/licenses/by/4.0/"


def test_holding_a_photo_can_be_taken_back(photo, curator):
    curation.hold([photo], actor=curator)
    assert fresh(photo).state == "held"
    assert not fresh(photo).photo
    taken_back(photo, actor=curator)
    assert fresh(photo).state == "published"
    assert fresh(photo).photo
