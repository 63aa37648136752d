from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0009_searches_with_catalogue_photos")]

    operations = [
        migrations.AddField(
            "query",
            "words",
            models.CharField(blank=True, default="", max_length=100, verbose_name="only in or near"),
            preserve_default=False,
        ),
    ]
