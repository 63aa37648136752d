import django.contrib.postgres.fields
from django.db import migrations, models

import retrieval.models.workers


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0015_names_of_what_a_photo_leaves")]

    operations = [
        migrations.AddField(
            model_name="workerpulse",
            name="queues",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                default=retrieval.models.workers.both_queues,
                size=None,
            ),
        ),
    ]
