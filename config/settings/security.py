"""What browsers are told to refuse: the same everywhere, so that what it breaks is seen where it is written."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

# Where logging in by another site's account goes on; a form may lead to no other host.
_LOGGED_IN_AT = {"google": "https://accounts.google.com", "facebook": "https://www.facebook.com"}


def content_policy(*, photos_from: Iterable[str], log_in_at: Iterable[str]) -> dict:
    """django-csp's setting: nothing is loaded but from here, no script or style that stands in a page is obeyed.

    photos_from: addresses that pictures come from besides our own. log_in_at: names of the sites whose accounts
    are taken. A template that cannot do without its own script or style gives it `request.csp_nonce`; a view that
    needs more says so by django-csp's `csp_update`.
    """
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF, NONCE],
            "style-src": [SELF, NONCE],
            "img-src": [SELF, "data:", "blob:", *sorted({_origin(each) for each in photos_from} - {""})],
            "font-src": [SELF],
            "connect-src": [SELF],
            "manifest-src": [SELF],
            "worker-src": [SELF],
            "form-action": [SELF, *(_LOGGED_IN_AT[name] for name in log_in_at)],
            "frame-ancestors": [NONE],
            "base-uri": [NONE],
        }
    }


# The desk is drawn by unfold, whose Alpine.js makes functions of what stands in attributes and writes style
# attributes. There is no way to have it without these two; scripts and style elements of a page stay refused there
# too, and only those who are logged in as staff ever see the desk.
DESK_POLICY = {"script-src": [UNSAFE_EVAL], "style-src-attr": [UNSAFE_INLINE]}

# What a page may ask a browser for: its own position (near.js), the clipboard (share.js).
ALLOWED = ("geolocation", "clipboard-write", "fullscreen")
REFUSED = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",  # a photo is chosen or taken by the phone's own app, which needs no leave
    "display-capture",
    "encrypted-media",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS_POLICY: dict[str, str | list] = {name: "self" for name in ALLOWED} | {
    name: [] for name in REFUSED
}


RESOURCE_POLICY = "Cross-Origin-Resource-Policy"


def for_any_site(headers, path: str, url: str) -> None:
    """whitenoise's setting: our static files are no secret, and partners' pages may use them."""
    headers[RESOURCE_POLICY] = "cross-origin"


def s3_origins(s3: Mapping[str, str | None], public_domain: str | None) -> list[str]:
    """Where a browser fetches the public photos of a bucket, as django-storages writes their addresses."""
    if public_domain:
        return [f"https://{public_domain}"]
    if endpoint := s3["endpoint_url"]:
        address = urlsplit(endpoint)
        return [endpoint, f"{address.scheme}://{s3['bucket_name']}.{address.netloc}"]
    bucket, region = s3["bucket_name"], s3["region_name"]
    return [
        f"https://{bucket}.s3.amazonaws.com",
        *([f"https://{bucket}.s3.{region}.amazonaws.com"] if region else []),
    ]


def _origin(address: str) -> str:
    """The part of an address that a policy names; of tile servers numbered by {s} all. "" for a path of our own."""
    parts = urlsplit(address.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
