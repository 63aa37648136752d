"""What the API's description says of the whole: English, as all of it is."""

DESCRIPTION = """
Find a place in Vietnam from a photo, and read or mirror the catalogue of places and photos.

**Who asks.** Send a key as `Authorization: Bearer vtr_…`. Reading and searching work without one too, less often.

**Language.** What people read is told in the language of `Accept-Language` (`vi` or `en`); names come in both.
`?lang=en` does the same where a header cannot be set.

**Lists** come in pages: follow `next` until it is null. A page begins behind the last row of the one before, so rows
that come or go meanwhile hide no others. `fields=slug,name` leaves the rest out.

**Saving requests.** Answers of the catalogue have an `ETag` that changes when the catalogue does: send it back as
`If-None-Match`, and a 304 without a body says that nothing is new. To keep a copy of the catalogue, follow
`/api/v1/changes/`.

**Refusals** are problem details (RFC 9457), `application/problem+json`, each with a stable `code` that
`/api/v1/problems/` explains. Where fields are wrong, `errors` names each.

**Times** are ISO 8601, positions are degrees of WGS 84, boxes in photos are fractions of the upright photo.
"""

TAGS = [
    {"name": "searches", "description": "Ask with a photo, read the answer, say whether it is right."},
    {"name": "batches", "description": "Ask with many photos at once, one answer a photo."},
    {"name": "landmarks", "description": "The places of the catalogue."},
    {"name": "images", "description": "Photos of the places, with whom to thank for them."},
    {"name": "provinces", "description": "Provinces and cities since July 2025, and what they were made of."},
    {"name": "categories", "description": "What kinds of places there are."},
    {
        "name": "changes",
        "description": "What is new, other or gone in the catalogue, for a copy that follows.",
    },
    {"name": "contributions", "description": "Photos offered to the catalogue, and what became of them."},
    {"name": "exports", "description": "The dataset as an archive, for those who may have it."},
    {"name": "methods", "description": "The ways to find a place from a photo."},
    {"name": "evaluations", "description": "What was measured of the methods, and under which conditions."},
    {"name": "problems", "description": "What refusals mean."},
]
