import django.contrib.postgres.indexes
import django.db.models.expressions
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations

import places.models.distance


class Migration(migrations.Migration):
    dependencies = [("places", "0004_facts_merges_and_renditions")]

    operations = [
        CreateExtension("cube"),
        CreateExtension("earthdistance"),
        migrations.AddIndex(
            model_name="landmark",
            index=django.contrib.postgres.indexes.GistIndex(
                places.models.distance.PointOnEarth(
                    django.db.models.expressions.F("latitude"), django.db.models.expressions.F("longitude")
                ),
                name="landmarks_by_position",
            ),
        ),
    ]
