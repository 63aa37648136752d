from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0007_consensus_and_confidence")]

    operations = [
        migrations.AddField(
            "query",
            "words",
            models.CharField(blank=True, default="", max_length=100, verbose_name="only in or near"),
            preserve_default=False,
        ),
    ]
