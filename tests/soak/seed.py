"""The catalogue of the soak: a few rendered pictures of each place, described and finished, and keys to ask with.

Run by the platform before its processes start, with their environment; prints as JSON what there is.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

PICTURES = 3  # of each place; the others are what visitors ask with
EMAIL = "soak@tourism.example"
SCOPES = ("search", "catalogue", "contribute", "export")


def seed() -> dict:
    from django.core.management import call_command

    from config.prepare import prepare
    from places.demo import loading
    from places.models import Landmark, LandmarkImage

    prepare()
    with tempfile.TemporaryDirectory() as few:
        for picture in _some():
            kept = Path(few) / picture.parent.name / picture.name
            kept.parent.mkdir(exist_ok=True)
            shutil.copyfile(picture, kept)
        loading.load(site="https://tourism.example/", pictures=Path(few))
    call_command("make_renditions", stdout=sys.stderr)
    call_command("measure_quality", stdout=sys.stderr)
    call_command("describe_images", stdout=sys.stderr)
    images = LandmarkImage.objects.published()
    shown = Landmark.objects.standing().filter(pk__in=images.values("landmark"))
    return {
        "slugs": list(shown.order_by("slug").values_list("slug", flat=True)),
        "images": list(images.order_by("pk").values_list("pk", flat=True)),
        "thumbnails": list(images.order_by("pk").values_list("thumbnail", flat=True)),
        "tokens": _tokens(),
    }


def _some() -> list[Path]:
    from places.demo.loading import PICTURES as EVERY

    return [file for place in sorted(EVERY.iterdir()) for file in sorted(place.glob("*.jpg"))[:PICTURES]]


def _tokens() -> dict[str, str]:
    from accounts import keys
    from accounts.models import User

    owner, _made = User.objects.get_or_create(email=EMAIL)
    wanted = {"all": SCOPES} | {scope: (scope,) for scope in SCOPES}
    return {name: keys.issue(owner, name=name, scopes=scopes).token for name, scopes in wanted.items()}


def main() -> None:
    import django

    django.setup()
    print(json.dumps(seed()))


if __name__ == "__main__":
    main()
