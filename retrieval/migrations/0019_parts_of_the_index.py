"""Vectors may lie on other servers: a part each, a partition each of one table, and a note of what is left there."""

import django.db.models.functions.datetime
import django.utils.timezone
import pgvector.django.vector
from django.db import migrations, models

TABLE = """
CREATE TABLE retrieval_movedvector (
    id bigint NOT NULL, part text NOT NULL, image_id bigint NOT NULL,
    method text NOT NULL, version text NOT NULL, vector vector NOT NULL
) PARTITION BY LIST (part)
"""
# Whoever removes a descriptor, or describes its photo anew, leaves its vector behind in the part that kept it.
TRIGGERS = """
CREATE FUNCTION note_stray_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO retrieval_strayvector (part, descriptor) VALUES (OLD.part, OLD.id);
    RETURN NULL;
END $$;
CREATE TRIGGER a_removed_vector_is_stray AFTER DELETE ON retrieval_descriptor
    FOR EACH ROW WHEN (OLD.part <> '') EXECUTE FUNCTION note_stray_vector();
CREATE TRIGGER a_vector_left_behind_is_stray AFTER UPDATE OF part ON retrieval_descriptor
    FOR EACH ROW WHEN (OLD.part <> '' AND NEW.part <> OLD.part) EXECUTE FUNCTION note_stray_vector();
"""
NO_TRIGGERS = """
DROP TRIGGER a_removed_vector_is_stray ON retrieval_descriptor;
DROP TRIGGER a_vector_left_behind_is_stray ON retrieval_descriptor;
DROP FUNCTION note_stray_vector();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0013_near_duplicates_by_index'),
        ('retrieval', '0018_partners_searches'),
    ]

    operations = [
        migrations.CreateModel(
            name='MovedVector',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('part', models.TextField()),
                ('method', models.TextField()),
                ('version', models.TextField()),
                ('vector', pgvector.django.vector.VectorField()),
            ],
            options={
                'db_table': 'retrieval_movedvector',
                'managed': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Part',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=30, unique=True)),
                ('first_slot', models.PositiveSmallIntegerField()),
                ('retired', models.BooleanField(default=False)),
                ('end_slot', models.PositiveSmallIntegerField(help_text='The first that is not its own.')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['first_slot'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='StrayVector',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.TextField()),
                ('descriptor', models.BigIntegerField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='descriptor',
            name='part',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=30),
        ),
        migrations.AlterField(
            model_name='descriptor',
            name='vector',
            field=pgvector.django.vector.VectorField(null=True),
        ),
        migrations.AddConstraint(
            model_name='descriptor',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('part', ''), ('vector__isnull', False)), models.Q(models.Q(('part', ''), _negated=True), ('vector', None)), _connector='OR'), name='a_vector_lies_in_its_row_or_in_a_part'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=models.CheckConstraint(condition=models.Q(('end_slot__lte', 100), ('first_slot__lt', models.F('end_slot'))), name='a_part_has_slots_of_the_hundred'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '^[a-z][a-z0-9_]*$')), name='a_parts_name_names_tables'),
        ),
        migrations.AddIndex(
            model_name='strayvector',
            index=models.Index(fields=['part', 'at'], name='stray_vectors_by_part'),
        ),
        migrations.RunSQL(TABLE, "DROP TABLE retrieval_movedvector"),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
