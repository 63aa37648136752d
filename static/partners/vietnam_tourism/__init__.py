"""A client for the API of Vietnam Tourism Retrieval. It needs Python 3.11 or newer and httpx, and nothing else.

    from vietnam_tourism import Client

    with Client("https://example.org", key="vtr_...") as client:
        search = client.search("photo.jpg")
        print(search.places[0].landmark.name)

A call that cannot be answered for the moment (429, 502, 503, 504, a connection that breaks) is made again after the
pause that the platform asks for; a question carries an Idempotency-Key, so that it is asked once however often it is
sent. What is refused raises `Problem`, whose `code` keeps its meaning. Fields that are new in an answer are passed
over, so that it goes on working with a newer platform.

Free to use, change and pass on (MIT), as the rest of Vietnam Tourism Retrieval.
"""

from .answers import (
    Attribution,
    Batch,
    BatchPhoto,
    Category,
    Change,
    Changes,
    Export,
    FormerProvince,
    Found,
    FoundPlace,
    Hint,
    Hit,
    Image,
    Landmark,
    LandmarkFacts,
    LandmarkRecord,
    LookAlike,
    Place,
    PlaceInBrief,
    Province,
    ProvinceName,
    ProvinceRecord,
    Refusal,
    Search,
    SearchFacts,
    SearchInBrief,
    Times,
    Webhook,
)
from .client import BoundingBox, Box, Client, Photo, Point
from .refusals import FieldError, NotReached, NotSigned, Problem
from .webhooks import Message, verify_webhook

__version__ = "1.0.0"
__all__ = [
    "Attribution",
    "Batch",
    "BatchPhoto",
    "BoundingBox",
    "Box",
    "Category",
    "Change",
    "Changes",
    "Client",
    "Export",
    "FieldError",
    "FormerProvince",
    "Found",
    "FoundPlace",
    "Hint",
    "Hit",
    "Image",
    "Landmark",
    "LandmarkFacts",
    "LandmarkRecord",
    "LookAlike",
    "Message",
    "NotReached",
    "NotSigned",
    "Photo",
    "Place",
    "PlaceInBrief",
    "Point",
    "Problem",
    "Province",
    "ProvinceName",
    "ProvinceRecord",
    "Refusal",
    "Search",
    "SearchFacts",
    "SearchInBrief",
    "Times",
    "Webhook",
    "verify_webhook",
]
