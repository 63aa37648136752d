"""How soon the desk answers: a bulk act on hundreds of photos, and its page over a table of a hundred thousand.

    python -m tests.benchmarks.desk_speed [--photos 500] [--rows 100000]

Makes a database of its own on the project's server and a folder of its own, and leaves neither. Photos of
1600 x 1200 are generated for the bulk acts, which are sent as the desk's own form sends them: the targets are 5 s an
act. "Prepared" are photos that a curator has seen as thumbnails on the desk, whose copies lie ready; "unseen" are
those that were never shown, whose copies are encoded in the act; so many are timed as a tenth. The rows of the table share one small file; its
target is 300 ms a page.
"""

# ruff: noqa: E402 -- Django is set up before its models are imported
import argparse
import os
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django

django.setup()

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from places import storage
from places.models import CurationEvent, Landmark, LandmarkImage
from tests.benchmarks.command import own_database
from tests.factories import (
    CuratorFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    ProvinceFactory,
    drawn_picture,
    encoded,
)

ROUNDS = 7
PAGES = {
    "first page": "",
    "waiting": "?state=candidate",
    "of a place": "?place=place-7",
    "of a province": "?province=of-3",
    "of a source": "?source=host4.example.org",
    "attribution missing": "?only=unattributed",
    "near-duplicates": "?only=alike",
    "low quality": "?only=faulty",
    "samples": "?only=samples",
    "given by visitors": "?only=visitors",
    "words of an author": "?q=minh+khai",
    "words of a place": "?q=pagoda+12",
    "deep down": "?before={middle}",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with own_database("desk_speed"):
        client = Client()
        client.force_login(CuratorFactory())
        time_acts(client, options.photos)
        time_pages(client, options.rows)


def time_acts(client: Client, number: int) -> None:
    print(f"{number} photos of 1600 x 1200 in one press (target 5 s)", flush=True)
    place = LandmarkFactory()
    base = drawn_picture(1, (1600, 1200))
    images = []
    for count in range(number):
        picture = base.copy()
        picture.putpixel((count % 1600, count // 1600), (255, 0, 255))
        data = encoded(picture, quality=85)
        images.append(
            LandmarkImageFactory(data=data, perceptual_hash=count, width=1600, height=1200, landmark=place)
        )
    there = LandmarkFactory(slug="there")
    act(client, "publish, unseen", images[: number // 10], verb="publish")
    for image in images[number // 10 :]:
        storage.prepare(image)
    act(client, "publish, prepared", images[number // 10 :], verb="publish")
    act(client, "undo of that", images[number // 10 :])
    act(client, "publish again", images[number // 10 :], verb="publish")
    act(client, "move", images, verb=f"move:{there.slug}")
    act(client, "offer as samples", images, verb="sample")
    act(client, "reject what is published", images, verb="reject", reason="blurred")
    act(client, "undo of that", images)
    assert LandmarkImage.objects.published().count() == number
    assert all(storage.default_storage.exists(image.photo.name) for image in LandmarkImage.objects.all())


def act(client: Client, name: str, images: list[LandmarkImage], **told) -> None:
    """One press, or where no verb is told the undoing of the last."""
    if told:
        rows = LandmarkImage.objects.with_last_act().filter(pk__in=[image.pk for image in images])
        photos = " ".join(f"{pk}:{last}" for pk, last in rows.values_list("pk", "last_act"))
        address, data = reverse("admin:places_desk_act"), {"photos": photos, **told}
    else:
        address = reverse("admin:places_desk_undo")
        data = {"undo": f"batch:{CurationEvent.objects.first().batch}"}
    before, start = CurationEvent.objects.count(), time.perf_counter()
    assert client.post(address, data).status_code == 302
    seconds = time.perf_counter() - start
    assert CurationEvent.objects.count() == before + len(images)
    print(f"  {name:28} {len(images):4} photos {seconds:6.2f} s", flush=True)


def time_pages(client: Client, number: int) -> None:
    fill(number)
    connection.cursor().execute("ANALYZE")
    ids = LandmarkImage.objects.order_by("pk").values_list("pk", flat=True)
    middle = ids[number // 2]
    print(f"the desk's page over {LandmarkImage.objects.count()} photos (target 300 ms, median of {ROUNDS})")
    for name, asked in PAGES.items():
        address = reverse("admin:places_desk") + asked.format(middle=middle)
        times = []
        for _number in range(ROUNDS):
            start = time.perf_counter()
            text = client.get(address).content
            times.append(time.perf_counter() - start)
            shown = text.count(b"data-photo=")
        print(f"  {name:28} {statistics.median(times) * 1000:6.0f} ms, {shown} photos", flush=True)
    for name, is_counted in (("overview", False), ("overview, counted anew", True)):
        times = []
        for _number in range(ROUNDS):
            if is_counted:
                cache.clear()
            start = time.perf_counter()
            client.get(reverse("admin:index"))
            times.append(time.perf_counter() - start)
        print(f"  {name:28} {statistics.median(times) * 1000:6.0f} ms", flush=True)
    address = reverse("admin:places_desk_history")
    start = time.perf_counter()
    client.get(address)
    print(f"  {'history':28} {(time.perf_counter() - start) * 1000:6.0f} ms", flush=True)


def fill(number: int) -> None:
    """Rows by the thousand that share the files of one small photo, with a line of history each."""
    shared = LandmarkImageFactory(published=True, size=(64, 48))
    provinces = [ProvinceFactory(slug=f"of-{count}") for count in range(34)]
    places = [
        LandmarkFactory(slug=f"place-{count}", name_en=f"Pagoda {count}", province=provinces[count % 34])
        for count in range(400)
    ]
    states = ("published", "published", "published", "candidate", "rejected")
    authors = ("An Nguyễn", "Nguyễn Thị Minh Khai", "Bình", "Trần Văn Đức", "")
    for start in range(0, number, 5000):
        rows = LandmarkImage.objects.bulk_create(
            row(shared, places, states, authors, n) for n in range(start, min(start + 5000, number))
        )
        for image in rows[::10]:
            image.near_duplicate_of = rows[0] if image is not rows[0] else None
        LandmarkImage.objects.bulk_update(rows[::10], ["near_duplicate_of"])
        CurationEvent.objects.bulk_create(
            CurationEvent(
                image=image, verb="publish", before={"state": "candidate"}, after={"state": "published"}
            )
            for image in rows
        )


def row(shared: LandmarkImage, places: list[Landmark], states, authors, number: int) -> LandmarkImage:
    state = states[number % 5]
    files = {"photo": shared.photo.name, "thumbnail": shared.thumbnail.name} if state == "published" else {}
    return LandmarkImage(
        landmark=places[number % 400],
        state=state,
        author=authors[number // 7 % 5] or ("Chi" if files else ""),
        licence="CC BY-SA 4.0",
        source_url=f"https://host{number // 3 % 12}.example.org/{number}",
        original=shared.original.name,
        sha256=f"{number:064x}",
        perceptual_hash=number,
        width=640,
        height=480,
        is_sample=number % 5000 == 0,
        sharpness=10 if number % 50 == 0 else 50,
        seam=1,
        lettering=0,
        face_share=0,
        added_at=timezone.now(),
        **files,
    )


if __name__ == "__main__":
    main()
