import io
import re
from dataclasses import asdict, replace

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation
from PIL import Image

from places.models import LandmarkImage
from retrieval import asking, corrections, indexing, methods, serving, tasks
from retrieval.models import Correction, DescribeFailure, LookAlike, NightlyTuning, ServableCheckpoint
from tests.factories import (
    CuratorFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    UserFactory,
    drawn_photo,
)
from tests.retrieval.test_views import answered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]

COVERAGE = reverse("admin:retrieval_descriptor_changelist")


@pytest.fixture
def queued(monkeypatch, client) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(tasks, "describe_missing_soon", lambda: messages.append("describe"))
    client.force_login(CuratorFactory())
    return messages


def test_coverage_shows_each_method_and_queues_what_is_missing(client, queued):
    indexing.describe_image(LandmarkImageFactory(published=True), names=["sir"])
    page = client.get(COVERAGE).content.decode()
    for method in methods.available().values():
        assert method.checkpoint.name in page
    response = client.post(reverse("admin:retrieval_descriptor_describe"), follow=True)
    assert response.status_code == 200
    assert queued == ["describe"]


def test_coverage_is_for_staff_with_the_right_to_see_it(client):
    assert client.get(COVERAGE).status_code == 302
    client.force_login(UserFactory(is_staff=True))
    assert client.get(COVERAGE).status_code == 403


def test_a_failed_description_can_be_tried_again(client, queued):
    failure = DescribeFailure.objects.create(
        image=LandmarkImageFactory(published=True), method="sir", version="v", reason="damaged"
    )
    address = reverse("admin:retrieval_describefailure_changelist")
    assert "damaged" in client.get(address).content.decode()
    client.post(address, {"action": "try_again", "_selected_action": [failure.pk]})
    assert not DescribeFailure.objects.exists()
    assert queued == ["describe"]


def test_searches_are_listed_and_shown_with_their_answers(client, queued):
    indexing.describe_image(image := LandmarkImageFactory(published=True, seed=1))
    query = asking.ask(drawn_photo(1), method="sir")
    tasks.answer_query(str(query.pk))
    assert str(image.landmark) in client.get(reverse("admin:retrieval_query_changelist")).content.decode()
    assert client.get(reverse("admin:retrieval_query_change", args=[query.pk])).status_code == 200


with translation.override("en"):
    CHECKPOINTS = reverse("admin:retrieval_servablecheckpoint_changelist")
BUNDLED = methods.find("cnn_irwnha").checkpoint


@pytest.fixture
def tuned() -> list[ServableCheckpoint]:
    """Two checkpoints that were tuned here; the bundled one serves."""
    return [
        ServableCheckpoint.objects.create(
            method="cnn_irwnha", name=name, facts=asdict(replace(BUNDLED, name=name))
        )
        for name in ("tuned in May", "tuned in June")
    ]


def act(client, action: str, *rows: ServableCheckpoint) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(CHECKPOINTS, chosen, follow=True).content.decode()


def now_serving() -> str:
    return serving.find("cnn_irwnha").checkpoint.name


def test_a_curator_lets_another_checkpoint_serve_and_goes_back(client, queued, tuned):
    assert "It serves from the next search on." in act(client, "serve", tuned[1])
    assert now_serving() == "tuned in June"
    assert queued == ["describe"]
    act(client, "serve", tuned[0])
    assert now_serving() == "tuned in May"
    assert "The bundled checkpoint serves" in act(client, "go_back", tuned[0])
    assert now_serving() == BUNDLED.name
    assert len(queued) == 3


def test_of_two_chosen_checkpoints_neither_begins_to_serve(client, queued, tuned):
    assert "Please choose one checkpoint." in act(client, "serve", *tuned)
    assert now_serving() == BUNDLED.name
    assert queued == []


def test_who_may_only_look_at_checkpoints_changes_none(client, queued, tuned):
    onlooker = UserFactory(is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_servablecheckpoint"))
    client.force_login(onlooker)
    assert "tuned in June" in client.get(CHECKPOINTS).content.decode()
    act(client, "serve", tuned[0])
    assert now_serving() == BUNDLED.name
    serving.serve(tuned[0])
    act(client, "go_back", tuned[0])
    assert now_serving() == "tuned in May"
    assert queued == []


def test_a_checkpoint_is_written_by_the_platform_alone(client, queued, tuned):
    assert client.get(reverse("admin:retrieval_servablecheckpoint_add")).status_code == 403
    address = reverse("admin:retrieval_servablecheckpoint_change", args=[tuned[0].pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"serving": "on"}).status_code == 403
    assert now_serving() == BUNDLED.name


NIGHTS = reverse("admin:retrieval_nightlytuning_changelist")
FIRST_NIGHT = reverse("admin:retrieval_nightlytuning_add")
NIGHT = reverse("admin:retrieval_nightlytuning_change", args=[1])


def test_nightly_tuning_is_one_switch(client, queued):
    client.post(FIRST_NIGHT, {"on": "on", "hour": 3})
    row = NightlyTuning.objects.get()
    assert (row.pk, row.on, row.hour) == (1, True, 3)
    assert client.get(FIRST_NIGHT).status_code == 403
    client.post(NIGHT, {"hour": 4})
    row.refresh_from_db()
    assert (row.on, row.hour) == (False, 4)
    assert client.post(NIGHT.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert NightlyTuning.objects.count() == 1


def test_a_day_has_24_hours_and_what_came_of_a_night_cannot_be_written(client, queued):
    NightlyTuning.objects.create(pk=1, hour=2, outcome="It won, and serves.")
    assert client.post(NIGHT, {"on": "on", "hour": 24}).status_code == 200
    client.post(NIGHT, {"on": "on", "hour": 23, "outcome": "It lost."})
    row = NightlyTuning.objects.get()
    assert (row.hour, row.outcome) == (23, "It won, and serves.")
    assert "It won, and serves." in client.get(NIGHT).content.decode()
    assert client.get(NIGHTS).status_code == 200


def test_the_switch_is_for_those_with_the_right_to_change_it(client, queued):
    NightlyTuning.objects.create(pk=1)
    client.force_login(UserFactory(is_staff=True))
    assert client.post(NIGHT, {"on": "on", "hour": 2}).status_code == 403
    assert not NightlyTuning.objects.get().on


with translation.override("en"):
    CORRECTIONS = reverse("admin:retrieval_correction_changelist")


def corrected(said: str = "wrong", **fields) -> Correction:
    """What a visitor said of an answer; its query has a box."""
    query = answered(
        LandmarkImageFactory(published=True), user=UserFactory(), left=100, top=50, right=300, bottom=150
    )
    return corrections.correct(query, said=said, **fields)


def judge(client, action: str, *rows: Correction) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(CORRECTIONS, chosen, follow=True).content.decode()


def test_the_queue_shows_what_was_answered_and_what_the_visitor_says_of_it(client, queued):
    temple = LandmarkFactory(name_vi="Văn Miếu", name_en="Temple of Literature")
    row = corrected("in_fact", landmark=temple, note="the gate")
    page = client.get(CORRECTIONS).content.decode()
    for said in (row.query.places.get().landmark.name_en, "It is in fact Temple of Literature", "the gate"):
        assert said in page
    assert reverse("admin:retrieval_correction_photo", args=[row.pk]).removeprefix("/en") in page
    assert client.get(reverse("admin:retrieval_correction_change", args=[row.pk])).status_code == 200


def test_a_curator_finds_corrections_true_or_not_and_puts_them_back(client, queued):
    true, false = corrected("right"), corrected()
    assert "1 correction changed." in judge(client, "find_true", true)
    judge(client, "find_false", false)
    for row, found in ((true, True), (false, False)):
        row.refresh_from_db()
        assert (row.is_true, row.handled_by.is_staff, row.handled_at is None) == (found, True, False)
    judge(client, "reopen", true, false)
    assert Correction.objects.filter(handled_at=None, handled_by=None, is_true=None).count() == 2


def test_the_queue_is_sieved_by_what_is_handled_and_begins_with_what_waits(client, queued):
    waiting, handled = corrected(note="still waiting"), corrected(note="long handled")
    judge(client, "find_true", handled)
    assert "long handled" not in client.get(CORRECTIONS, {"handled": "no"}).content.decode()
    assert "still waiting" not in client.get(CORRECTIONS, {"handled": "yes"}).content.decode()
    assert "still waiting" not in client.get(CORRECTIONS, {"said__exact": "right"}).content.decode()
    page = client.get(CORRECTIONS).content.decode()
    assert page.index(waiting.note) < page.index(handled.note)


def test_a_curator_sees_the_photo_asked_about_with_its_box(client, queued):
    row = corrected()
    address = reverse("admin:retrieval_correction_photo", args=[row.pk])
    response = client.get(address)
    assert "no-store" in response["Cache-Control"]
    picture = Image.open(io.BytesIO(response.content)).convert("L")
    assert picture.size == (400, 200)
    edge = [picture.getpixel((x, 51)) for x in range(110, 290)]
    assert min(edge) > 200
    row.query.photo.storage.delete(row.query.photo.name)
    assert client.get(address).status_code == 404


def test_corrections_are_for_staff_with_the_right_to_them(client, queued):
    row = corrected()
    photo = reverse("admin:retrieval_correction_photo", args=[row.pk])
    client.force_login(onlooker := UserFactory(is_staff=True))
    assert client.get(CORRECTIONS).status_code == 403
    assert client.get(photo).status_code == 403
    onlooker.user_permissions.add(Permission.objects.get(codename="view_correction"))
    client.force_login(onlooker)
    assert client.get(photo).status_code == 200
    judge(client, "find_true", row)
    row.refresh_from_db()
    assert row.is_true is None
    client.force_login(UserFactory())
    assert client.get(photo).status_code == 302


def test_a_visitors_words_are_rewritten_by_nobody(client, queued):
    row = corrected(note="as I said")
    with translation.override("en"):
        address = reverse("admin:retrieval_correction_change", args=[row.pk])
        assert client.get(reverse("admin:retrieval_correction_add")).status_code == 403
    assert client.post(address, {"note": "as they said", "said": "right"}).status_code == 403
    row.refresh_from_db()
    assert row.note == "as I said"


def test_the_queue_takes_a_fixed_number_of_queries(client, queued, django_assert_max_num_queries):
    client.get(CORRECTIONS)  # what waits is counted, and kept for a moment
    for _round in range(2):
        for _correction in range(3):
            corrected("right")
        with django_assert_max_num_queries(9):
            client.get(CORRECTIONS)


with translation.override("en"):
    LOOKALIKES = reverse("admin:retrieval_lookalike_changelist")


def alike(**fields) -> LookAlike:
    images = [LandmarkImageFactory(published=True, size=(64, 48)) for _side in range(2)]
    measured = {"confusions": 3, "photos": 40, "similarity": 0.8, "method": "cnn_irwnha", "version": "v"}
    return LookAlike.objects.create(
        first=images[0].landmark,
        second=images[1].landmark,
        first_image=images[0],
        second_image=images[1],
        **measured | fields,
    )


def page_of(pair: LookAlike) -> str:
    with translation.override("en"):
        return reverse("admin:retrieval_lookalike_change", args=[pair.pk])


def call_not_alike(client, *pairs: LookAlike) -> str:
    chosen = {"action": "not_alike", "_selected_action": [pair.pk for pair in pairs]}
    return client.post(LOOKALIKES, chosen, follow=True).content.decode()


def test_look_alikes_are_listed_with_both_photos_and_how_many_are_confused(client, queued):
    pair = alike()
    page = client.get(LOOKALIKES).content.decode()
    for said in (pair.first.name_en, pair.second.name_en, "3 of 40"):
        assert said in page
    for image in (pair.first_image, pair.second_image):
        assert image.thumbnail.url in page
    LandmarkImage.objects.filter(pk=pair.first_image_id).update(
        state=LandmarkImage.State.REJECTED, photo="", thumbnail=""
    )
    assert client.get(LOOKALIKES).status_code == 200


def test_look_alikes_are_sieved_by_whether_their_detail_is_written(client, queued):
    written, unwritten = alike(detail_en="A river."), alike()
    for value, shown, hidden in (("yes", written, unwritten), ("no", unwritten, written)):
        page = client.get(LOOKALIKES, {"detail": value}).content.decode()
        assert str(shown.pk) in re.findall(r"lookalike/(\d+)/change", page)
        assert str(hidden.pk) not in re.findall(r"lookalike/(\d+)/change", page)


def test_a_curator_writes_what_tells_a_pair_apart_and_changes_no_figure(client, queued):
    pair = alike()
    assert client.get(page_of(pair)).status_code == 200
    client.post(page_of(pair), {"detail_vi": "Có sông.", "detail_en": "A river.", "confusions": 30})
    pair.refresh_from_db()
    assert (pair.detail_vi, pair.detail_en, pair.dismissed, pair.confusions) == (
        "Có sông.", "A river.", False, 3,
    )  # fmt: skip
    client.post(page_of(pair), {"detail_vi": "", "detail_en": "", "dismissed": "on"})
    pair.refresh_from_db()
    assert (pair.detail, pair.dismissed) == ("", True)


def test_a_curator_says_that_pairs_are_not_alike(client, queued):
    chosen, other = [alike(), alike()], alike()
    assert "2 pairs are not alike." in call_not_alike(client, *chosen)
    assert list(LookAlike.objects.filter(dismissed=False)) == [other]


def test_look_alikes_are_for_staff_with_the_right_to_them_and_added_by_nobody(client, queued):
    pair = alike()
    with translation.override("en"):
        assert client.get(reverse("admin:retrieval_lookalike_add")).status_code == 403
    client.force_login(onlooker := UserFactory(is_staff=True))
    assert client.get(LOOKALIKES).status_code == 403
    onlooker.user_permissions.add(Permission.objects.get(codename="view_lookalike"))
    client.force_login(onlooker)
    assert client.get(LOOKALIKES).status_code == 200
    assert client.post(page_of(pair), {"detail_vi": "Có sông."}).status_code == 403
    call_not_alike(client, pair)
    pair.refresh_from_db()
    assert (pair.detail_vi, pair.dismissed) == ("", False)


def test_the_list_of_look_alikes_takes_a_fixed_number_of_queries(
    client, queued, django_assert_max_num_queries
):
    client.get(LOOKALIKES)  # what waits is counted, and kept for a moment
    for _round in range(2):
        for _pair in range(3):
            alike()
        with django_assert_max_num_queries(8):
            client.get(LOOKALIKES)
