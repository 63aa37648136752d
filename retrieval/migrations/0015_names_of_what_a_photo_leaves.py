
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('retrieval', '0014_forget_photos_put_back'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='hit',
            options={'ordering': ['query', 'rank'], 'verbose_name': 'photo found', 'verbose_name_plural': 'photos found'},
        ),
        migrations.AlterModelOptions(
            name='localfeatureset',
            options={'verbose_name': 'local features', 'verbose_name_plural': 'local features'},
        ),
        migrations.AlterModelOptions(
            name='neighbour',
            options={'ordering': ['rank'], 'verbose_name': 'neighbour of a guess', 'verbose_name_plural': 'neighbours of guesses'},
        ),
    ]
