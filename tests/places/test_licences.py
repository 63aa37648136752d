"""Licences as they are written everywhere, what they allow, and the sentence that thanks for a photo."""

import importlib

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import translation

from places import attribution, licences
from places.licences import Use, known
from places.models import LandmarkImage
from tests.factories import LandmarkImageFactory


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cc-by-sa-4.0", "CC BY-SA 4.0"),
        ("CC BY-SA 4.0 International", "CC BY-SA 4.0"),
        ("Creative Commons Attribution-ShareAlike 2.5 Generic License", "CC BY-SA 2.5"),
        ("http://creativecommons.org/licenses/by/2.0/", "CC BY 2.0"),
        ("https://creativecommons.org/licenses/by/4.0/deed.vi", "CC BY 4.0"),
        ("CC BY-SA 3.0 de", "CC BY-SA 3.0 DE"),
        ("CC-BY", "CC BY"),
        ("cc0", "CC0 1.0"),
        ("CC0 1.0 Universal Public Domain Dedication", "CC0 1.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("PD-old-100", "Public domain"),
        ("PDM 1.0", "Public domain"),
        ("Free Art License 1.3", "FAL 1.3"),
        ("GFDL 1.2 or later", "GFDL 1.2"),
        ("OGL v3.0", "OGL 3.0"),
        ("own work, permission given", "Permission given"),
    ],
)
def test_a_licence_is_known_however_it_is_spelt(text, code):
    assert known(text).code == code
    assert known(code) == known(text)


@pytest.mark.parametrize("text", ["CC BY-NC 2.0", "cc-by-nd-4.0", "CC BY-NC-SA 3.0", "© All Rights Reserved"])
def test_what_forbids_some_use_is_known_not_to_be_free(text):
    assert known(text).use == Use.NOBODY


@pytest.mark.parametrize("text", ["", "CC", "attribution", "by", "bypass", "own work", "Free", "theirs"])
def test_what_names_no_licence_is_taken_for_none(text):
    assert known(text) is None


def test_each_licence_of_the_table_is_known_by_its_code_and_by_its_address():
    for code, licence in licences.KNOWN.items():
        assert known(code) == licence
        if "creativecommons.org" in licence.url:
            assert known(licence.url) == licence


def test_what_a_licence_asks_of_who_uses_the_photo():
    assert not licences.CC0.names_author
    assert licences.KNOWN["CC BY-SA 4.0"].shares_alike
    assert not licences.KNOWN["CC BY 4.0"].shares_alike
    assert not licences.PERMISSION.is_free
    assert licences.why_not_shown("permission given") == ""


# The sentence


@pytest.fixture
def image(db) -> LandmarkImage:
    return LandmarkImageFactory(
        published=True, author="Lan <Phạm>", source_url="https://commons.wikimedia.org/wiki/File:A.jpg"
    )


def test_the_sentence_is_ready_in_both_languages(image):
    assert attribution.credit(image, language="vi") == "Ảnh: Lan <Phạm>, CC BY-SA 4.0, qua Wikimedia Commons"
    assert (
        attribution.credit(image, language="en") == "Photo: Lan <Phạm>, CC BY-SA 4.0, via Wikimedia Commons"
    )


def test_on_pages_its_licence_and_source_are_links_and_its_words_are_escaped(image):
    with translation.override("en"):
        assert attribution.credit_with_links(image) == (
            'Photo: <bdi>Lan &lt;Phạm&gt;</bdi>, <a href="https://creativecommons.org/licenses/by-sa/4.0/" '
            'rel="license nofollow">CC BY-SA 4.0</a>, via <a href="https://commons.wikimedia.org/wiki/File:A.jpg" '
            'rel="nofollow">Wikimedia Commons</a>'
        )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("https://www.flickr.com/photos/an/1", "Flickr"),
        ("https://photos.example.org/1", "photos.example.org"),
        ("https://site.example/places/photos/{pk}/", "Vietnam Tourism Retrieval"),
        ("https://site.example/places/photos/0/", "site.example"),
    ],
)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_source_goes_by_the_name_that_readers_know(image, source, said, language):
    image.source_url = source.format(pk=image.pk)
    with translation.override(language):
        assert attribution.source(image) == said


def test_a_licence_is_called_as_the_reader_calls_it(image):
    image.licence = "Public domain"
    assert "phạm vi công cộng" in attribution.credit(image, language="vi")
    assert "public domain" in attribution.credit(image, language="en")


# What was published before the rule


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"author": ""}, "MISSING"),
        ({"source_url": " "}, "MISSING"),
        ({"licence": "CC BY-NC 2.0"}, "NOT_FREE"),
        ({"licence": "unheard of"}, "NOT_FREE"),
    ],
)
def test_what_may_not_be_shown_is_put_back_to_wait(db, told, reason, django_capture_on_commit_callbacks):
    migration = importlib.import_module("places.migrations.0010_photos_without_licence_wait")
    rule = "what_is_published_has_author_licence_and_source"
    [constraint] = [one for one in LandmarkImage._meta.constraints if one.name == rule]
    with connection.schema_editor() as editor:
        editor.remove_constraint(LandmarkImage, constraint)
    kept = LandmarkImageFactory(published=True, licence="cc-by-4.0", licence_url="")
    gone = LandmarkImageFactory(published=True, **told)
    files = [gone.photo.name, gone.thumbnail.name]
    with django_capture_on_commit_callbacks(execute=True):
        migration.put_back(apps, None)
    gone.refresh_from_db()
    assert (gone.state, gone.state_reason) == ("candidate", getattr(migration, reason))
    assert not gone.photo
    assert not any(default_storage.exists(name) for name in files)
    kept.refresh_from_db()
    assert (kept.state, kept.licence) == ("published", "CC BY 4.0")
    assert kept.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert default_storage.exists(kept.photo.name)
