"""What may not be shown is shown no more: it waits again, with the reason, and its served files are gone."""

from functools import partial

from django.core.files.storage import default_storage
from django.db import migrations, transaction
from django.utils.translation import gettext_noop

from places import licences, storage

MISSING = gettext_noop("Put back to wait: its author, its licence or its source is not known.")
NOT_FREE = gettext_noop("Put back to wait: its licence is not one that lets everyone see it.")


def put_back(apps, _schema_editor) -> None:
    LandmarkImage = apps.get_model("places", "LandmarkImage")
    for image in LandmarkImage.objects.exclude(licence="").iterator(chunk_size=500):
        licence = licences.known(image.licence)
        if licence and (image.licence, image.licence_url) != (licence.code, image.licence_url or licence.url):
            image.licence, image.licence_url = licence.code, image.licence_url or licence.url
            image.save(update_fields=["licence", "licence_url"])
    for image in LandmarkImage.objects.filter(state="published").iterator(chunk_size=500):
        whole = all(text.strip() for text in (image.author, image.licence, image.source_url))
        licence = licences.known(image.licence)
        if whole and licence and licence.use != licences.Use.NOBODY:
            continue
        served = [image.photo.name, image.thumbnail.name]
        image.state, image.state_reason = "candidate", NOT_FREE if whole else MISSING
        image.photo, image.thumbnail, image.has_renditions = "", "", False
        image.save(update_fields=["state", "state_reason", "photo", "thumbnail", "has_renditions"])
        transaction.on_commit(partial(_delete, served))
    # Those that were never shown, or no more, and whose row still names a file.
    LandmarkImage.objects.exclude(state="published").update(photo="", thumbnail="", has_renditions=False)


def _delete(names: list[str]) -> None:
    photo, _thumbnail = names
    renditions = [rendition.name(photo) for rendition in storage.RENDITIONS] if photo else []
    for name in filter(None, [*names, *renditions]):
        default_storage.delete(name)


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0009_the_desk'),
    ]

    operations = [
        migrations.RunPython(put_back, migrations.RunPython.noop),
    ]
