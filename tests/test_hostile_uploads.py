"""Some hundred hostile files through every door: none breaks the site, none is kept as it came where it is served."""

import base64
import contextlib
import io
import json
import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage, storages
from PIL import Image

from places import photo
from places.models import LandmarkImage
from places.photo import EXTENSIONS
from retrieval import tasks
from retrieval.models import Query
from tests.factories import LandmarkFactory, UserFactory
from tests.hostile import MARK, Upload, all_uploads, came_to_what_it_must, form

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
UPLOADS = all_uploads()
# One of each kind, and of what is cut or fuzzed a tenth. The other doors lead to the same rooms: a third each.
SOME = [
    each
    for number, each in enumerate(UPLOADS)
    if not re.search(r"-(cut|fuzzed)-", each.name) or number % 10 == 0
]
WHAT_IS_SENT = {200, 201, 202, 302, 400, 413, 415}  # what may come back: taken, or refused for what was sent


@pytest.fixture(autouse=True)
def nobody_is_slowed_down(monkeypatch):
    monkeypatch.setattr(tasks.answer_query, "delay", lambda _query: None)
    cache.clear()


def multipart(field: str, upload: Upload, **said: str) -> dict:
    body, content_type = form(field, upload, **said)
    return {"data": body, "content_type": content_type}


def files(store) -> set[Path]:
    root = Path(store.location)
    return {path for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def new_files():
    """The files that came into being since, by store."""
    stores = {"public": default_storage, "private": storages["private"]}
    before = {name: files(store) for name, store in stores.items()}
    return lambda: {name: sorted(files(store) - before[name]) for name, store in stores.items()}


def is_made_anew(data: bytes, format: str) -> None:
    """A picture that we encoded: nothing of what was sent is in it but how it looks."""
    assert MARK not in data
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == format
        assert not picture.info.keys() & {"exif", "xmp", "comment", "icc_profile"}


def test_there_are_enough_of_them():
    assert len(UPLOADS) >= 300
    assert len({each.name for each in UPLOADS}) == len(UPLOADS)


@pytest.mark.parametrize("upload", UPLOADS, ids=str)
def test_the_search_form_takes_a_copy_of_its_own_or_refuses(client, upload, new_files):
    answer = client.post("/searches/new/", **multipart("photo", upload, method="sir"))
    assert answer.status_code in WHAT_IS_SENT
    made = new_files()
    assert made["public"] == []
    if answer.status_code == 302:
        query = Query.objects.get()
        assert [path.name for path in made["private"]] == [str(query.pk)]
        is_made_anew(made["private"][0].read_bytes(), "JPEG")
    else:
        assert not Query.objects.exists()
        assert made["private"] == []
        assert MARK not in answer.content
    assert came_to_what_it_must(upload, taken=answer.status_code == 302)


@pytest.mark.parametrize("upload", SOME[::3], ids=str)
def test_the_api_takes_a_copy_of_its_own_or_refuses(client, upload, new_files):
    answer = client.post("/api/v1/searches/", **multipart("photo", upload, method="sir"))
    assert answer.status_code in WHAT_IS_SENT
    if answer.status_code >= 400:
        assert answer["Content-Type"].startswith("application/problem+json")
        assert new_files() == {"public": [], "private": []}
    else:
        for path in new_files()["private"]:
            is_made_anew(path.read_bytes(), "JPEG")
    assert came_to_what_it_must(upload, taken=answer.status_code < 400)


@pytest.mark.parametrize("upload", SOME[1::6], ids=str)
def test_the_api_takes_a_photo_in_json_by_the_same_rules(client, upload, new_files):
    asked = {"method": "sir", "photo": base64.b64encode(upload.data).decode()}
    answer = client.post("/api/v1/searches/", json.dumps(asked), content_type="application/json")
    assert answer.status_code in WHAT_IS_SENT
    assert came_to_what_it_must(upload, taken=answer.status_code < 400)
    for path in new_files()["private"]:
        is_made_anew(path.read_bytes(), "JPEG")


@pytest.mark.parametrize("upload", SOME[2::3], ids=str)
def test_an_offered_photo_is_kept_out_of_sight_and_shown_as_a_copy_of_its_own(client, upload, new_files):
    client.force_login(UserFactory(first_name="An"))
    said = {"author": "An", "may_license": "on", "licence": "CC BY 4.0"}
    address = f"/places/{LandmarkFactory().slug}/contribute/"
    answer = client.post(address, **multipart("photos", upload, **said))
    assert answer.status_code in WHAT_IS_SENT
    made = new_files()
    assert made["public"] == []
    image = LandmarkImage.objects.first()
    assert (image is not None) == (answer.status_code == 302)
    assert came_to_what_it_must(upload, taken=image is not None)
    if image is None:
        assert made["private"] == []
        return
    # The original alone, as it came, where nobody is led; named by its content and by what it is.
    original = Path(image.original.path)
    assert set(made["private"]) <= {original}  # a file of the same content may lie there already
    assert original.stem == image.sha256
    assert original.suffix.removeprefix(".") in EXTENSIONS.values()
    shown = client.get(f"/places/contributions/{image.pk}/photo/")
    assert shown.status_code == 200
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    is_made_anew(shown.content, "WEBP")


def megabytes(process: int | str, of: str) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(rf"{of}:\s*(\d+)", status)[1]) // 1024


def test_memory_stays_bounded_while_they_are_opened(settings):
    """This process hardly grows, and no child of it ever takes more than it may."""
    photo.children.end()
    heaviest = [each for each in UPLOADS if not re.search(r"-(cut|fuzzed)-", each.name)]
    before, peaks = megabytes("self", "VmRSS"), []
    for upload in heaviest:
        for opening in (photo.inspect, lambda data: photo.served_copy(data, longest_side=320, format="JPEG")):
            with contextlib.suppress(photo.PhotoRefused):
                opening(upload.data)
        peaks += [megabytes(child.pid, "VmHWM") for child in photo.children.all()]
    assert megabytes("self", "VmRSS") - before < 150
    assert max(peaks) < settings.PHOTO_MAX_MEGABYTES + 100
    photo.children.end()
