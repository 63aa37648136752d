from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("places", "0001_catalogue")]

    operations = [
        migrations.AddField(
            model_name="landmarkimage",
            name="is_sample",
            field=models.BooleanField(
                default=False,
                help_text="Shown on the first page to visitors who have no photo of their own at hand.",
                verbose_name="offered as a sample",
            ),
        ),
    ]
