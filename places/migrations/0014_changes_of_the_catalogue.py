import django.db.models.functions.datetime
from django.db import migrations, models

# What the API tells of each thing; what else is in its row may change unheard.
OF_PROVINCE = ("slug", "name_vi", "name_en", "is_city", "region")
OF_FORMER = ("name_vi", "name_en", "province_id")
OF_LANDMARK = (
    "slug", "name_vi", "name_en", "other_names", "province_id", "former_province_id", "category", "kind", "latitude",
    "longitude", "description_vi", "description_en", "unesco", "unesco_year", "wikidata_id", "merged_into_id",
)
OF_IMAGE = (
    "landmark_id", "state", "author", "licence", "licence_url", "source_url", "photo", "thumbnail", "width", "height",
    "is_rendered",
)

# A line where something of a thing's own record changed, and one for each thing whose record names it.
NOTES = """
CREATE FUNCTION note_change(kind text, key text, what text, leads_to text DEFAULT '') RETURNS void
LANGUAGE sql SET search_path = public
AS $$
    INSERT INTO places_change (kind, key, what, leads_to, at)
    VALUES (kind, key, what, leads_to, clock_timestamp())
$$;

CREATE FUNCTION note_landmarks_of(province bigint, former bigint) RETURNS void
LANGUAGE sql SET search_path = public
AS $$
    INSERT INTO places_change (kind, key, what, at)
    SELECT 'landmark', slug, 'changed', clock_timestamp() FROM places_landmark
    WHERE merged_into_id IS NULL AND (province_id = province OR former_province_id = former)
$$;

CREATE FUNCTION note_province() RETURNS trigger
LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM note_change('province', OLD.slug, 'withdrawn');
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM note_change('province', NEW.slug, 'added');
    ELSE
        IF NEW.slug <> OLD.slug THEN
            PERFORM note_change('province', OLD.slug, 'renamed', NEW.slug);
            PERFORM note_change('province', NEW.slug, 'added');
        ELSE
            PERFORM note_change('province', NEW.slug, 'changed');
        END IF;
        PERFORM note_landmarks_of(NEW.id, NULL);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION note_former_province() RETURNS trigger
LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    PERFORM note_change('province', slug, 'changed') FROM places_province
    WHERE id IN (OLD.province_id, NEW.province_id);
    IF TG_OP = 'UPDATE' THEN
        PERFORM note_landmarks_of(NULL, NEW.id);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION note_landmark() RETURNS trigger
LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
    stood boolean := TG_OP <> 'INSERT' AND OLD.merged_into_id IS NULL;
    stands boolean := TG_OP <> 'DELETE' AND NEW.merged_into_id IS NULL;
BEGIN
    IF TG_OP = 'UPDATE' AND NOT stands THEN
        IF NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id THEN
            PERFORM note_change('landmark', OLD.slug, 'merged', slug) FROM places_landmark
            WHERE id = NEW.merged_into_id;
        END IF;
    ELSIF stands AND NOT stood THEN
        PERFORM note_change('landmark', NEW.slug, 'added');
    ELSIF stood AND NOT stands THEN
        PERFORM note_change('landmark', OLD.slug, 'withdrawn');
    ELSIF stands AND NEW.slug <> OLD.slug THEN
        PERFORM note_change('landmark', OLD.slug, 'renamed', NEW.slug);
        PERFORM note_change('landmark', NEW.slug, 'added');
        PERFORM note_change('landmark', other.slug, 'changed')
        FROM places_landmark_overlaps_with, places_landmark AS other
        WHERE to_landmark_id = NEW.id AND other.id = from_landmark_id AND other.merged_into_id IS NULL;
        PERFORM note_change('image', id::text, 'changed') FROM places_landmarkimage
        WHERE landmark_id = NEW.id AND state = 'published';
    ELSIF stands THEN
        PERFORM note_change('landmark', NEW.slug, 'changed');
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION note_overlap() RETURNS trigger
LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    PERFORM note_change('landmark', slug, 'changed') FROM places_landmark
    WHERE id IN (OLD.from_landmark_id, NEW.from_landmark_id) AND merged_into_id IS NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION note_image() RETURNS trigger
LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
    was_shown boolean := TG_OP <> 'INSERT' AND OLD.state = 'published';
    is_shown boolean := TG_OP <> 'DELETE' AND NEW.state = 'published';
BEGIN
    IF is_shown THEN
        PERFORM note_change('image', NEW.id::text, CASE WHEN was_shown THEN 'changed' ELSE 'added' END);
    ELSIF was_shown THEN
        PERFORM note_change('image', OLD.id::text, 'withdrawn');
    END IF;
    RETURN NULL;
END
$$;
"""
FORGET = """
DROP FUNCTION note_image, note_overlap, note_landmark, note_former_province, note_province, note_landmarks_of,
    note_change;
"""


def notes(table: str, function: str, columns: tuple[str, ...], *, only: str = "") -> migrations.RunSQL:
    """Triggers that call a function where a row comes, goes, or has another value in one of the columns.

    only: a condition on a row, {} for its name, without which nobody hears of it.
    """
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    conditions = {
        "INSERT": only.format("NEW"),
        "DELETE": only.format("OLD"),
        "UPDATE": f"ROW({before}) IS DISTINCT FROM ROW({after})"
        + (f" AND ({only.format('OLD')} OR {only.format('NEW')})" if only else ""),
    }
    made = "".join(
        f"CREATE TRIGGER {table}_{act.lower()}_is_noted AFTER {act} ON {table} FOR EACH ROW "
        + (f"WHEN ({condition}) " if condition else "")
        + f"EXECUTE FUNCTION {function}();\n"
        for act, condition in conditions.items()
    )
    gone = "".join(f"DROP TRIGGER {table}_{act.lower()}_is_noted ON {table};\n" for act in conditions)
    return migrations.RunSQL(made, gone)


# What was there before: those who begin with the first change get all of it.
WHAT_IS_THERE = """
INSERT INTO places_change (kind, key, what)
SELECT 'province', slug, 'added' FROM places_province;
INSERT INTO places_change (kind, key, what)
SELECT 'landmark', slug, 'added' FROM places_landmark WHERE merged_into_id IS NULL;
INSERT INTO places_change (kind, key, what, leads_to)
SELECT 'landmark', merged.slug, 'merged', standing.slug
FROM places_landmark AS merged JOIN places_landmark AS standing ON standing.id = merged.merged_into_id;
INSERT INTO places_change (kind, key, what)
SELECT 'image', id::text, 'added' FROM places_landmarkimage WHERE state = 'published' ORDER BY id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0013_near_duplicates_by_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('province', 'Province'), ('landmark', 'Landmark'), ('image', 'Photo')], max_length=10)),
                ('key', models.CharField(max_length=100)),
                ('what', models.CharField(choices=[('added', 'added'), ('changed', 'changed'), ('withdrawn', 'withdrawn'), ('merged', 'merged'), ('renamed', 'renamed')], max_length=10)),
                ('leads_to', models.CharField(db_default='', max_length=100)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('position', models.BigIntegerField(null=True, unique=True)),
                ('numbered_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'change of the catalogue',
                'verbose_name_plural': 'changes of the catalogue',
                'indexes': [models.Index(condition=models.Q(('position', None)), fields=['id'], name='changes_without_a_position'), models.Index(fields=['kind', 'key', '-at'], name='changes_of_one_thing'), models.Index(fields=['-numbered_at'], name='changes_by_moment')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('numbered_at', None), ('position', None)), models.Q(('numbered_at__isnull', False), ('position__gte', 1)), _connector='OR'), name='a_position_is_given_at_a_moment')],
            },
        ),
        migrations.RunSQL(NOTES, FORGET),
        notes("places_province", "note_province", OF_PROVINCE),
        notes("places_formerprovince", "note_former_province", OF_FORMER),
        notes("places_landmark", "note_landmark", OF_LANDMARK),
        notes("places_landmark_overlaps_with", "note_overlap", ("from_landmark_id", "to_landmark_id")),
        notes("places_landmarkimage", "note_image", OF_IMAGE, only="{}.state = 'published'"),
        migrations.RunSQL(WHAT_IS_THERE, migrations.RunSQL.noop),
    ]
