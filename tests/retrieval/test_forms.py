import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from retrieval import methods
from retrieval.forms import SUMMARIES, AgainForm, SearchForm, offered_methods

# Which checkpoint serves is in the database.
pytestmark = pytest.mark.django_db

WHOLE = {"left": "", "top": "", "right": "", "bottom": ""}


def test_the_picker_offers_every_method_the_first_choice_first():
    offered = [method.name for method in offered_methods()]
    assert set(offered) == set(methods.available())
    assert offered[0] == "cnn_irwnha"


def test_every_methods_line_is_known_to_the_catalogue_of_messages():
    assert {method.summary for method in methods.available().values()} == set(SUMMARIES)


def test_the_picker_speaks_the_readers_language_and_loads_no_network(monkeypatch):
    monkeypatch.setattr(methods, "load", lambda name: pytest.fail(f"{name} was loaded"))
    with translation.override("vi"):
        choices = AgainForm().choices
    assert [choice.is_chosen for choice in choices] == [True, False, False]
    assert choices[0].summary.startswith("Xem ảnh")
    assert choices[0].checkpoint == methods.find("cnn_irwnha").checkpoint.name


def test_a_box_is_four_fractions():
    form = AgainForm({"method": "sir", "left": "0.1", "top": "0.2", "right": "0.5", "bottom": "1"})
    assert form.is_valid()
    assert form.question() == {"method": "sir", "box": (0.1, 0.2, 0.5, 1.0)}


def test_no_box_is_the_whole_photo():
    form = AgainForm({"method": "sir"} | WHOLE)
    assert form.is_valid()
    assert form.question()["box"] is None


@pytest.mark.parametrize("edges", [{"left": "0.1"}, {"left": "x", "top": "0", "right": "1", "bottom": "1"}])
def test_part_of_a_box_is_refused(edges):
    assert not AgainForm({"method": "sir"} | WHOLE | edges).is_valid()


def test_an_unknown_method_is_refused():
    assert "method" in AgainForm({"method": "magic"} | WHOLE).errors


def test_a_search_needs_a_photo():
    assert "photo" in SearchForm({"method": "sir"}, {}).errors


@pytest.mark.django_db
def test_the_cameras_photo_is_as_good_as_a_file():
    form = SearchForm({"method": "sir"}, {"camera": SimpleUploadedFile("photo.jpg", b"...")})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["photo"].read() == b"..."


def test_what_compares_closely_is_chosen_apart_from_the_method():
    form = AgainForm({"method": "cnn_irwnha", "verifier": "lightglue"})
    assert form.is_valid()
    assert form.question() == {"method": "cnn_irwnha", "verifier": "lightglue", "box": None}
    assert AgainForm({"method": "cnn_irwnha"}).is_valid()  # by default as the method does
    assert not AgainForm({"method": "cnn_irwnha", "verifier": "guesswork"}).is_valid()
