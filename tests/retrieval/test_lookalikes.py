"""Look-alikes: found in the index, told apart by curators, shown with an answer."""

import re

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import translation

from places import curation
from places.models import Landmark, LandmarkImage
from retrieval import index, lookalikes, methods
from retrieval.lookalikes import Kept, NothingDescribed, dismiss, find, keep
from retrieval.methods.base import Description
from retrieval.models import Descriptor, LookAlike
from retrieval.serializers.answers import LookAlikeSerializer
from tests.factories import LandmarkFactory, LandmarkImageFactory
from tests.retrieval.index.test_index import GEM, direction

pytestmark = pytest.mark.django_db


def photo_at(degrees: float, landmark: Landmark, **fields) -> LandmarkImage:
    """A published photo, described: the similarity of two is the cosine of the angle between them."""
    image = LandmarkImageFactory(published=True, landmark=landmark, size=(64, 48), **fields)
    assert index.put(image, method=GEM, description=Description(direction(np.radians(degrees))))
    return image


@pytest.fixture
def caves() -> list[Landmark]:
    """Phong Nha and Thiên Đường, two caves that are confused, and a tower far from both."""
    names = [("phong-nha", "Phong Nha"), ("thien-duong", "Thiên Đường"), ("tower", "Tháp")]
    landmarks = [LandmarkFactory(slug=slug, name_vi=name, name_en=f"{name} (en)") for slug, name in names]
    for angles, landmark in zip(([0, 30, 40], [44, 60, 70], [150, 155]), landmarks, strict=True):
        for angle in angles:
            photo_at(angle, landmark)
    return landmarks


def pair_of(first: Landmark, second: Landmark, **fields) -> LookAlike:
    given = {
        "confusions": 3,
        "photos": 40,
        "similarity": 0.8,
        "method": "cnn_irwnha",
        "version": "v",
    } | fields
    return LookAlike.objects.create(first=first, second=second, **given)


def found_anew() -> Kept:
    return keep(find(method=GEM))


# Finding


def test_a_pair_is_found_with_its_figures_and_the_photos_most_alike(caves):
    [pair] = find(method=GEM)
    assert (pair.first, pair.second, pair.confusions, pair.photos) == (*caves[:2], 2, 6)
    assert pair.similarity == pytest.approx(np.cos(np.radians(4)), abs=1e-6)
    assert (pair.method, pair.version) == (GEM.name, GEM.checkpoint.name)
    nearest = [
        list(landmark.images.order_by("pk"))[place] for landmark, place in ((caves[0], 2), (caves[1], 0))
    ]
    assert [pair.first_image, pair.second_image] == nearest


def test_landmarks_that_overlap_are_no_look_alikes(caves):
    caves[1].overlaps_with.add(caves[0])
    assert find(method=GEM) == []


def test_what_is_not_published_is_not_looked_at(caves):
    LandmarkImage.objects.filter(landmark=caves[1]).update(
        state=LandmarkImage.State.REJECTED, photo="", thumbnail=""
    )
    assert find(method=GEM) == []


def test_of_near_duplicates_one_is_looked_at(caves):
    original = LandmarkImage.objects.filter(landmark=caves[0]).last()
    for _copy in range(3):
        photo_at(40, caves[0], near_duplicate_of=original)
    [pair] = find(method=GEM)
    assert (pair.confusions, pair.photos) == (2, 6)


@pytest.mark.parametrize(("beside", "is_found"), [(14, True), (25, False)])
def test_one_confusion_counts_where_it_is_a_twentieth_of_the_photos(beside, is_found):
    one, other = LandmarkFactory(), LandmarkFactory()
    photo_at(100, one)  # nearest to 97 of the other; all the rest is nearest to its own
    photo_at(95, other)
    photo_at(97, other)
    for number in range(beside):
        photo_at(number / 10, one)
    assert bool(find(method=GEM)) == is_found


def test_only_the_method_asked_for_and_what_serves_of_it_is_read(caves):
    Descriptor.objects.update(version="an older checkpoint")
    with pytest.raises(NothingDescribed):
        find(method=GEM)
    with pytest.raises(NothingDescribed):
        find(method=methods.find("sir"))


def test_finding_takes_a_fixed_number_of_queries(caves, django_assert_num_queries):
    with django_assert_num_queries(5):
        find(method=GEM)


# Keeping


def test_what_curators_said_survives_and_what_is_measured_is_renewed(caves):
    assert found_anew() == Kept(added=1, again=0, removed=0)
    LookAlike.objects.update(detail_vi="Phong Nha có sông.", confusions=0)
    assert found_anew() == Kept(added=0, again=1, removed=0)
    pair = LookAlike.objects.get()
    assert (pair.detail_vi, pair.confusions, pair.dismissed) == ("Phong Nha có sông.", 2, False)
    dismiss(LookAlike.objects.all())
    found_anew()
    assert LookAlike.objects.get().dismissed


def test_a_pair_no_longer_confused_goes_unless_something_was_said_of_it(caves):
    tower = caves[2]
    pair_of(caves[0], tower)
    written = pair_of(caves[1], tower, detail_en="The tower stands on a hill.")
    dismissed = pair_of(tower, LandmarkFactory(), dismissed=True)
    assert found_anew() == Kept(added=1, again=2, removed=1)
    written.refresh_from_db()
    assert (written.confusions, written.photos, written.detail_en) == (0, 5, "The tower stands on a hill.")
    dismissed.refresh_from_db()
    assert (dismissed.confusions, dismissed.photos, dismissed.first_image) == (0, 0, None)


def test_what_is_written_between_finding_and_keeping_is_not_lost(caves):
    pair_of(caves[0], caves[1])
    pair_of(caves[0], caves[2])
    found = find(method=GEM)
    LookAlike.objects.update(detail_vi="Vừa viết.")
    keep(found)
    assert list(LookAlike.objects.values_list("detail_vi", flat=True)) == ["Vừa viết."] * 2


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"turned": True}, "of_two_lookalikes_the_older_landmark_stands_first"),
        ({"twice": True}, "a_pair_of_lookalikes_is_one_row"),
        ({"confusions": 5, "photos": 4}, "no_more_photos_are_confused_than_were_looked_at"),
    ],
)
def test_the_database_refuses_a_pair_that_makes_no_sense(fields, rule):
    landmarks = [LandmarkFactory(), LandmarkFactory()]
    if fields.pop("twice", False):
        pair_of(*landmarks)
    if fields.pop("turned", False):
        landmarks.reverse()
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        pair_of(*landmarks, **fields)


# Reading


def test_between_gives_the_described_pairs_within_some_landmarks_and_asks_for_photos_only_where_there_are_any(
    caves, django_assert_num_queries
):
    phong_nha, thien_duong, tower = caves
    inside = pair_of(phong_nha, thien_duong, detail_vi="Phong Nha có sông.")
    pair_of(phong_nha, tower)  # nothing written
    pair_of(thien_duong, tower, detail_vi="Khác hẳn.", dismissed=True)
    pair_of(tower, LandmarkFactory(), detail_vi="Ngoài câu trả lời.")
    with django_assert_num_queries(2):
        [found] = LookAlike.objects.between([place.pk for place in caves])
        assert [landmark.name for landmark, _image in found.sides] == [phong_nha.name, thien_duong.name]
    assert found == inside
    with django_assert_num_queries(1):
        assert not list(LookAlike.objects.between([phong_nha.pk, tower.pk]))


@pytest.mark.parametrize(
    ("written", "language", "detail", "of_language"),
    [
        ({"detail_vi": "Có sông.", "detail_en": "A river."}, "vi", "Có sông.", "vi"),
        ({"detail_vi": "Có sông.", "detail_en": "A river."}, "en", "A river.", "en"),
        ({"detail_vi": "Có sông."}, "en", "Có sông.", "vi"),
        ({"detail_en": "A river."}, "vi", "A river.", "en"),
    ],
)
def test_the_detail_is_in_the_readers_language_or_in_the_other(written, language, detail, of_language):
    pair = LookAlike(**written)
    with translation.override(language):
        assert (pair.detail, pair.detail_language) == (detail, of_language)


def test_a_photo_withdrawn_or_moved_stands_for_its_landmark_no_longer(caves):
    found_anew()
    pair = LookAlike.objects.with_photos().get()
    assert [image for _landmark, image in pair.sides] == [pair.first_image, pair.second_image]
    curation.reject([pair.first_image], reason="blurred")
    curation.move([pair.second_image], landmark=caves[2])
    assert [image for _landmark, image in LookAlike.objects.get().sides] == [None, None]
    LandmarkImage.objects.filter(pk=pair.first_image_id).delete()
    assert LookAlike.objects.get().first_image is None


def page_of(pairs) -> str:
    return render_to_string("retrieval/_lookalikes.html", {"lookalikes": pairs})


def text_of(page: str) -> str:
    page = re.sub(r"</?bdi>", "", page)  # what sets a name apart stands within a sentence
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("vi", "Phong Nha và Thiên Đường trông khá giống nhau. Cách phân biệt: Phong Nha có sông."),
        (
            "en",
            "Phong Nha (en) and Thiên Đường (en) look much alike. Here is how to tell them apart: A river.",
        ),
    ],
)
def test_a_page_names_both_places_what_tells_them_apart_and_both_photos_with_their_authors(
    caves, language, sentence
):
    found_anew()
    LookAlike.objects.update(detail_vi="Phong Nha có sông.", detail_en="A river.")
    [pair] = LookAlike.objects.between([place.pk for place in caves])
    with translation.override(language):
        page = page_of([pair])
    assert sentence in text_of(page)
    assert page.count(f'lang="{language}"') == 1
    for image in (pair.first_image, pair.second_image):
        assert image.thumbnail.url in page
        assert image.source_url in page
    assert text_of(page).count("An Nguyễn, CC BY-SA 4.0") == 2


def test_a_page_without_look_alikes_says_nothing(caves):
    assert page_of(LookAlike.objects.none()).strip() == ""


def test_what_a_curator_writes_is_text_not_markup(caves):
    pair = pair_of(*caves[:2], detail_vi="<b>Sông</b>\nvà đò")
    assert "&lt;b&gt;Sông&lt;/b&gt;<br>và đò" in page_of([pair])


def test_the_api_names_both_landmarks_and_their_photos(caves, django_assert_num_queries):
    found_anew()
    LookAlike.objects.update(detail_en="A river.")
    pair = LookAlike.objects.with_photos().get()
    curation.reject([pair.second_image], reason="blurred")
    with django_assert_num_queries(1):
        told = LookAlikeSerializer(LookAlike.objects.with_photos().get()).data
    assert told["landmarks"] == ["phong-nha", "thien-duong"]
    assert (told["detail_vi"], told["detail_en"], told["confusions"], told["photos"]) == (
        "",
        "A river.",
        2,
        6,
    )
    assert told["images"][0]["id"] == pair.first_image_id
    assert told["images"][1] is None


# The command


def test_the_command_prints_the_pairs_and_stores_them(caves, capsys):
    call_command("find_lookalikes")
    out = capsys.readouterr().out
    assert re.search(r"phong-nha thien-duong +2 of 6 +0\.998 +–", out)
    assert "1 pairs: 1 new, 0 measured again; 0 removed." in out
    LookAlike.objects.update(detail_vi="Phong Nha có sông.")
    call_command("find_lookalikes")
    assert "told apart" in capsys.readouterr().out


def test_a_dry_run_stores_nothing(caves, capsys):
    before = pair_of(caves[0], caves[2])
    call_command("find_lookalikes", "--dry-run")
    assert "1 pairs; nothing is stored." in capsys.readouterr().out
    assert list(LookAlike.objects.all()) == [before]


def test_where_nothing_is_described_or_known_the_command_says_so(caves):
    with pytest.raises(CommandError, match="SIR: run describe_images first"):
        call_command("find_lookalikes", "--method", "sir")
    with pytest.raises(CommandError, match="nosuch"):
        call_command("find_lookalikes", "--method", "nosuch")
    assert not LookAlike.objects.exists()


def test_landmarks_that_nobody_confuses_leave_nothing(capsys):
    for angle in (0, 80):
        landmark = LandmarkFactory()
        photo_at(angle, landmark)
        photo_at(angle + 1, landmark)
    call_command("find_lookalikes")
    assert capsys.readouterr().out == "0 pairs: 0 new, 0 measured again; 0 removed.\n"
    assert lookalikes.find(method=GEM) == []
