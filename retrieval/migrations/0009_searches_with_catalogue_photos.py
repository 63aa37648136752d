import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("places", "0002_sample_photos"), ("retrieval", "0008_marked_and_private_searches")]

    operations = [
        migrations.AddField(
            model_name="query",
            name="from_image",
            field=models.ForeignKey(
                blank=True,
                help_text="A photo of the catalogue; neither it nor its near-duplicates are found.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="places.landmarkimage",
                verbose_name="asked with the photo",
            ),
        ),
        migrations.AddField(
            model_name="query",
            name="once",
            field=models.UUIDField(
                editable=False,
                help_text="The same for a form that is sent twice, and for nothing else.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="query",
            name="found",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Photos in its answer when it was given."
            ),
        ),
        migrations.AddConstraint(
            model_name="query",
            constraint=models.UniqueConstraint(fields=["once"], name="a_form_sent_twice_asks_once"),
        ),
    ]
