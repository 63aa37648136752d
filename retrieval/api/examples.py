"""What is sent and answered, as the API's documentation shows it."""

from drf_spectacular.utils import OpenApiExample

_PLACE = {
    "rank": 0,
    "landmark": {
        "slug": "chua-mot-cot",
        "url": "https://example.org/places/chua-mot-cot/",
        "name_vi": "Chùa Một Cột",
        "name_en": "One Pillar Pagoda",
        "other_names": ["Diên Hựu tự"],
        "province": {"slug": "ha-noi", "name_vi": "Hà Nội", "name_en": "Hanoi"},
        "category": "pagoda",
        "kind": "building",
        "latitude": 21.0359,
        "longitude": 105.8336,
        "unesco": "",
        "unesco_year": None,
        "wikidata_id": "",
        "distance_km": None,
    },
    "probability": 0.97,
    "share": 0.91,
    "votes": 8,
    "named_by": ["cnn_irwnha", "delf", "sir"],
    "best_similarity": 0.83,
    "best_inliers": 212,
}
_SEARCH = {
    "id": "7f1f2a52-0c2e-4a53-9f0c-3d9d3c1c7a11",
    "url": "https://example.org/api/v1/searches/7f1f2a52-0c2e-4a53-9f0c-3d9d3c1c7a11/?token=…",
    "state": "answered",
    "stage": "",
    "reason": "",
    "message": "",
    "method": "consensus",
    "verifier": "",
    "checkpoint": "…",
    "catalogue_version": "412.3178",
    "asked_at": "2026-01-01T08:00:00+07:00",
    "answered_at": "2026-01-01T08:00:01.900000+07:00",
    "times_ms": {
        "waiting": 120.4,
        "describing": 1204.9,
        "searching": 41.2,
        "verifying": 398.6,
        "voting": 12.3,
    },
    "verdict": "is",
    "known": 0.99,
}
_UNDER_WAY = _SEARCH | {
    "state": "waiting",
    "checkpoint": "",
    "catalogue_version": "",
    "answered_at": None,
    "times_ms": dict.fromkeys(_SEARCH["times_ms"]),
    "verdict": "",
    "known": None,
}
_NO_LIMITS = {
    "image": None,
    "box": None,
    "k": 50,
    "province": None,
    "category": "",
    "words": "",
    "bbox": None,
    "near": None,
    "within_km": None,
    "private": False,
}
_REST = {"hints": [], "lookalikes": [], "views": [], "correction": None}
_IMAGE = {
    "id": 1024,
    "landmark": "chua-mot-cot",
    "photo": "https://example.org/media/photos/ab/cd.jpg",
    "thumbnail": "https://example.org/media/thumbnails/ab/cd.webp",
    "width": 1600,
    "height": 1200,
    "is_rendered": False,
    "author": "An Nguyễn",
    "licence": "CC BY 4.0",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/",
    "source_url": "https://example.org/an/1",
    "credit_vi": "Ảnh: An Nguyễn, CC BY 4.0, qua example.org",
    "credit_en": "Photo: An Nguyễn, CC BY 4.0, via example.org",
}
_ATTRIBUTION = {
    "text": "Photo: An Nguyễn, CC BY 4.0, via example.org",
    "html": "Photo: <bdi>An Nguyễn</bdi>, "
    '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license nofollow">CC BY 4.0</a>, '
    'via <a href="https://example.org/an/1" rel="nofollow">example.org</a>',
}
_HIT = {
    "rank": 0,
    "url": "https://example.org/api/v1/searches/7f1f2a52-0c2e-4a53-9f0c-3d9d3c1c7a11/hits/0/?token=…",
    "image": _IMAGE,
    "attribution": _ATTRIBUTION,
    "similarity": 0.83,
    "inliers": 212,
    "query_width": 2048,
    "query_height": 1536,
    "matches": None,
    "image_onto_query": None,
}
_WEBHOOK = {
    "url": "https://partner.example/told",
    "state": "waiting",
    "attempts": 0,
    "status": None,
    "reason": "",
    "message": "",
    "delivered_at": None,
    "next_attempt_at": None,
    "secret": "whsec_…",
}

OF_SEARCHES = [
    OpenApiExample(
        "A photo in JSON, waited for",
        {"photo": "/9j/4AAQSkZJRg…", "wait": 20},
        request_only=True,
        media_type="application/json",
    ),
    OpenApiExample(
        "A part of a photo, near a point, with a webhook",
        {
            "photo": "/9j/4AAQSkZJRg…",
            "box": [0.25, 0.1, 0.75, 0.9],
            "near": "21.028,105.854",
            "within_km": 30,
            "webhook": "https://partner.example/told",
        },
        request_only=True,
        media_type="application/json",
    ),
    OpenApiExample(
        "A photo of the catalogue and words",
        {"image": 1024, "words": "Huế", "wait": 20},
        request_only=True,
        media_type="application/json",
    ),
    OpenApiExample(
        "Answered in time",
        _SEARCH
        | _NO_LIMITS
        | {"places": [_PLACE | {"against": 0, "best_hit": 0}], "hits": [_HIT], "webhook": None}
        | _REST,
        response_only=True,
        status_codes=["200"],
    ),
    OpenApiExample(
        "Queued",
        _UNDER_WAY | _NO_LIMITS | {"places": [], "hits": [], "webhook": _WEBHOOK} | _REST,
        response_only=True,
        status_codes=["202"],
    ),
]
OF_BATCHES = [
    OpenApiExample(
        "Two photos in JSON",
        {"photos": ["/9j/4AAQSkZJRg…", "iVBORw0KGgo…"], "method": "cnn_irwnha"},
        request_only=True,
        media_type="application/json",
    ),
    OpenApiExample(
        "One of two can be used",
        {
            "id": "0a4b1de5-54a0-4a34-8a68-53f2a9f2c9d7",
            "url": "https://example.org/api/v1/batches/0a4b1de5-54a0-4a34-8a68-53f2a9f2c9d7/",
            "is_finished": False,
            "asked_at": "2026-01-01T08:00:00+07:00",
            "finished_at": None,
            "total": 2,
            "waiting": 1,
            "running": 0,
            "answered": 0,
            "failed": 0,
            "refused": 1,
            "photos": [
                {"number": 0, "name": "a.jpg", "refusal": None, "search": _UNDER_WAY | {"places": []}},
                {
                    "number": 1,
                    "name": "b.txt",
                    "refusal": {
                        "code": "not_an_image",
                        "detail": "This file is not a photo that we can read. Use JPEG, PNG, WebP, AVIF or HEIC.",
                    },
                    "search": None,
                },
            ],
            "webhook": None,
        },
        response_only=True,
        status_codes=["202"],
    ),
]
OF_WORDS = [
    OpenApiExample(
        "A place",
        {
            "words": "chua mot cot",
            "places": [
                {
                    "rank": 0,
                    "relevance": 2.0,
                    "landmark": _PLACE["landmark"],
                    "image": _IMAGE,
                    "attribution": _ATTRIBUTION,
                }
            ],
            "alike": [],
        },
        response_only=True,
    )
]
