"""Tables, bucket and catalogue brought up to date: one step that all else waits for. May run twice, and beside itself.

python -m config.prepare                     nothing but that
python -m config.prepare --demo ADDRESS      and the rendered pictures, on a site that is shown at ADDRESS
python -m config.prepare --photos DIR        and a folder of photos
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection

TAKE = "SELECT pg_try_advisory_lock(hashtextextended('prepare', 0))"
LEAVE = "SELECT pg_advisory_unlock(hashtextextended('prepare', 0))"


def prepare(*, demo: str = "", photos: str = "") -> None:
    """Raises what the commands raise, and what the store does."""
    with _alone():
        call_command("migrate", interactive=False)
        call_command("createcachetable")
        if settings.S3_MAKE_BUCKET:
            make_bucket()
        call_command("load_catalogue")
        if photos:
            call_command("import_images", "folder", photos)
        elif demo:
            call_command("load_demo", site=demo)


def make_bucket() -> None:
    """Make the bucket where there is none, and let anyone read what is public in it. Raises ClientError."""
    from botocore.exceptions import ClientError

    store = storages["default"]
    client, name = store.connection.meta.client, store.bucket_name
    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        elsewhere = store.region_name not in (None, "", "us-east-1")
        where = {"CreateBucketConfiguration": {"LocationConstraint": store.region_name}} if elsewhere else {}
        client.create_bucket(Bucket=name, **where)
    anyone = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/{store.location}/*",
    }
    client.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [anyone]}))


@contextmanager
def _alone() -> Iterator[None]:
    """Of several that prepare one database, one at a time.

    Asked again and again: one that waits inside a statement would hold up an index that is built concurrently.
    """
    with connection.cursor() as cursor:
        while not cursor.execute(TAKE).fetchone()[0]:
            time.sleep(0.5)
        try:
            yield
        finally:
            cursor.execute(LEAVE)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m config.prepare", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--demo", default="", metavar="ADDRESS")
    parser.add_argument("--photos", default="", metavar="DIR")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    options = parser.parse_args()
    django.setup()
    prepare(demo=options.demo, photos=options.photos)


if __name__ == "__main__":
    main()
