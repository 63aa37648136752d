"""Photos that the catalogue shows no more are not found any more: their descriptors and their hits go."""

from django.db import migrations
from django.db.models import Q


def forget(apps, _schema_editor) -> None:
    not_shown = ~Q(image__state="published")
    for name in ("Hit", "Descriptor", "LocalFeatureSet", "DescribeFailure"):
        apps.get_model("retrieval", name).objects.filter(not_shown).delete()
    apps.get_model("retrieval", "Query").objects.filter(~Q(from_image__state="published"), from_image__isnull=False).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0010_photos_without_licence_wait'),
        ('retrieval', '0013_guesses_and_coverage'),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
