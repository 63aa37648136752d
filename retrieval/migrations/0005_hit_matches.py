from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('retrieval', '0004_corrections'),
    ]

    operations = [
        migrations.AddField(
            model_name='hit',
            name='matches',
            field=models.BinaryField(default=b''),
        ),
    ]
