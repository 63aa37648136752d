import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from skimage import data

from places import detecting, finishing, ingest, quality
from places.models import LandmarkImage
from retrieval import tasks
from tests.factories import LandmarkImageFactory, drawn_photo, drawn_picture

needs_weights = pytest.mark.skipif(
    not detecting.can_look(), reason="the weights of the detectors are not installed"
)


def faults(picture: Image.Image) -> set[str]:
    """The names of those that the pixels alone tell."""
    figures = quality.measure(picture)
    return {
        name
        for name, fault in quality.FAULTS.items()
        if hasattr(figures, fault.of[0]) and fault.is_in(figures)
    }


def photographed(seed: int) -> Image.Image:
    """A picture in which, as in nature, no line runs through all of the frame."""
    return Image.fromarray([data.astronaut, data.chelsea, data.coffee, data.rocket][seed % 4]())


@pytest.mark.parametrize("seed", range(4))
def test_a_good_photo_has_no_fault(seed):
    assert faults(photographed(seed)) - {"dark"} == set()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_blurred_photo_is_found_at_any_size(seed):
    for side in (400, 800, 1600):
        picture = photographed(seed).resize((side, side))
        assert "blurred" in faults(picture.filter(ImageFilter.GaussianBlur(side * 0.006)))


def test_a_subject_in_focus_before_a_soft_background_is_sharp():
    picture = photographed(1)
    soft = picture.filter(ImageFilter.GaussianBlur(8))
    box = (100, 50, 300, 250)
    soft.paste(picture.crop(box), box)
    assert faults(soft) == set()


def test_two_pictures_side_by_side_or_one_above_the_other_are_a_collage():
    one, other = photographed(0), photographed(2).resize((512, 512))
    beside, above = one.copy(), one.copy()
    beside.paste(other.crop((256, 0, 512, 512)), (256, 0))
    above.paste(other.crop((0, 256, 512, 512)), (0, 256))
    assert "collage" in faults(beside)
    assert "collage" in faults(above)


def test_the_edge_of_a_tower_is_no_seam():
    picture = drawn_picture(3, (512, 384)).copy()
    ImageDraw.Draw(picture).rectangle((200, 200, 300, 384), fill="black")
    assert "collage" not in faults(picture)


def test_too_dark_and_overexposed_photos_are_found():
    picture = photographed(0)
    assert "dark" in faults(picture.point(lambda level: level // 8))
    assert "blown" in faults(picture.point(lambda level: min(255, level * 8)))


def test_what_lies_in_the_dark_below_a_black_sky_is_night_and_a_dark_wall_below_a_bright_one_is_day():
    night = np.zeros((300, 400, 3), np.uint8)
    night[200:] = 200
    assert quality.measure(Image.fromarray(night)).sky_light < quality.NIGHT
    assert quality.measure(Image.fromarray(night[::-1])).sky_light > quality.NIGHT


@pytest.mark.parametrize("size", [(32, 32), (32, 900), (3000, 40)])
def test_the_smallest_and_the_longest_can_be_measured(size):
    assert quality.measure(drawn_picture(1, size)).sharpness > 0


@needs_weights
def test_a_face_and_lettering_are_measured_as_shares_of_the_frame():
    person = photographed(0)
    assert 0.02 < detecting.look(person).face_share < 0.08
    view = drawn_picture(5, (640, 480)).filter(ImageFilter.GaussianBlur(3))
    assert detecting.look(view).face_share == 0
    lettered = view.copy()
    ImageDraw.Draw(lettered).text((40, 200), "VIETNAM TRAVEL", font=ImageFont.load_default(70), fill="white")
    assert detecting.look(lettered).lettering > 0.02 > detecting.look(view).lettering


def test_without_the_weights_nothing_is_found_and_nothing_fails(monkeypatch):
    detecting._network.cache_clear()
    monkeypatch.setattr(detecting, "find_spec", lambda package: None)
    assert detecting.look(photographed(0)) == detecting.Found(None, None)
    assert not detecting.can_look()
    detecting._network.cache_clear()


@pytest.mark.django_db
def test_photos_of_low_quality_are_those_whose_faults_are_named():
    good = LandmarkImageFactory(sharpness=40, seam=1, size=(640, 480))
    unmeasured = LandmarkImageFactory(size=(640, 480))
    bad = [
        LandmarkImageFactory(sharpness=15, size=(640, 480)),
        LandmarkImageFactory(size=(640, 200)),
        LandmarkImageFactory(seam=2, lettering=0.05, size=(640, 480)),
    ]
    assert set(LandmarkImage.objects.low_quality()) == set(bad)
    assert [len(image.faults) for image in (good, unmeasured, *bad)] == [0, 0, 1, 1, 2]


@pytest.mark.django_db
def test_what_came_before_is_measured_once_and_what_cannot_be_read_is_reported(capsys):
    there = LandmarkImageFactory(size=(640, 480))
    gone = LandmarkImageFactory()
    gone.original.storage.delete(gone.original.name)
    call_command("measure_quality", dry_run=True)
    assert "2 photos are not measured" in capsys.readouterr().out
    call_command("measure_quality")
    told = capsys.readouterr()
    assert "1 photos measured, 1 failed" in told.out
    assert f"photo {gone.pk}: " in told.err
    there.refresh_from_db()
    assert there.sharpness > 0
    assert list(LandmarkImage.objects.unmeasured()) == [gone]


@pytest.mark.django_db
def test_a_photo_turned_down_is_not_measured():
    LandmarkImageFactory(state="rejected")
    assert not LandmarkImage.objects.unmeasured().exists()


@pytest.mark.django_db
def test_the_worker_measures_a_few_at_a_time_and_passes_by_what_fails(monkeypatch):
    monkeypatch.setattr(tasks, "BITE", 2)
    sent: list[int] = []
    monkeypatch.setattr(tasks.measure_photos, "delay", sent.append)
    images = LandmarkImageFactory.create_batch(3)
    images[0].original.storage.delete(images[0].original.name)
    tasks.measure_photos()
    assert sent == [images[1].pk]
    tasks.measure_photos(sent[0])
    assert list(LandmarkImage.objects.unmeasured()) == images[:1]


@needs_weights
@pytest.mark.django_db
def test_what_was_measured_on_arrival_waits_for_what_takes_longer():
    image = ingest.add(drawn_photo(1), landmark=None)
    assert list(LandmarkImage.objects.unmeasured()) == [image]
    finishing.measure_quality(image)
    assert not LandmarkImage.objects.unmeasured().exists()


def test_it_is_measured_as_it_is_hashed():
    assert max(ingest.as_measured(drawn_photo(1, (1200, 900))).size) == quality.SIDE
