import django.contrib.postgres.fields
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

import places.models.catalogue

# unaccent() itself is only STABLE, since its dictionary could be changed: what names it is fixed here, so that a
# generated column may hold what it gives. NFC first: a name may be typed with its accents as letters of their own.
# Names stay apart by ";", so that no phrase runs from one into the next.
PLAIN_NAMES = r"""
CREATE FUNCTION plain_names(vi text, en text, others text[] DEFAULT '{}') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT regexp_replace(
        regexp_replace(
            lower(public.unaccent('public.unaccent', normalize(
                ';' || array_to_string(ARRAY[vi, en] || others, ';') || ';', NFC
            ))),
            '[^[:alnum:];]+', ' ', 'g'
        ),
        ' *; *', ';', 'g'
    )
$$
"""


def words(*names: str) -> models.GeneratedField:
    return models.GeneratedField(
        db_persist=True,
        expression=places.models.catalogue.PlainNames(*names),
        output_field=models.TextField(),
    )


class Migration(migrations.Migration):
    dependencies = [("places", "0002_sample_photos")]

    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        migrations.RunSQL(PLAIN_NAMES, "DROP FUNCTION plain_names(text, text, text[])"),
        migrations.AddField(
            "formerprovince",
            "other_names",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                size=None,
                verbose_name="other names",
            ),
        ),
        migrations.AddField("province", "words", words("name_vi", "name_en")),
        migrations.AddField("formerprovince", "words", words("name_vi", "name_en", "other_names")),
        migrations.AddField("landmark", "words", words("name_vi", "name_en", "other_names")),
        migrations.AddField("landmark", "about", words("description_vi", "description_en")),
    ]
