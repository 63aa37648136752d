import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0007_rendered_pictures'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='landmarkimage',
            options={'ordering': ['landmark_id', 'pk'], 'verbose_name': 'photo', 'verbose_name_plural': 'photos'},
        ),
        migrations.AlterField(
            model_name='landmarkimage',
            name='landmark',
            field=models.ForeignKey(blank=True, help_text='Empty while nobody knows what it shows.', limit_choices_to={'merged_into': None}, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='images', to='places.landmark', verbose_name='landmark'),
        ),
        migrations.AddConstraint(
            model_name='landmarkimage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), ('landmark__isnull', False), _connector='OR'), name='what_is_published_shows_a_landmark'),
        ),
    ]
