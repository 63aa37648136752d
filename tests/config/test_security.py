"""What every answer tells a browser to refuse."""

import re

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.urls import path, reverse

from config.settings.security import content_policy, s3_origins
from places.showing import POLICY
from tests.factories import CuratorFactory, LandmarkImageFactory, drawn_photo


def policy_of(answer) -> dict[str, list[str]]:
    parts = (part.split() for part in answer["Content-Security-Policy"].split("; "))
    return {name: sources for name, *sources in parts}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/", "/en/places/", "/nowhere/", "/accounts/login/", "/api/v1/landmarks/"]
)
def test_no_script_and_no_style_of_a_page_itself_is_obeyed(client, address):
    answer = client.get(address)
    policy = policy_of(answer)
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer["Cross-Origin-Opener-Policy"] == answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=(self)" in answer["Permissions-Policy"]
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.django_db
def test_the_desk_may_do_two_things_more_and_not_a_third(client):
    client.force_login(CuratorFactory())
    answer = client.get(reverse("admin:index"))
    policy = policy_of(answer)
    [nonce] = set(re.findall(r'<style nonce="([^"]+)" id="unfold-theme-colors">', answer.content.decode()))
    assert policy["script-src"] == ["'self'", f"'nonce-{nonce}'", "'unsafe-eval'"]
    assert policy["style-src"] == ["'self'", f"'nonce-{nonce}'"]
    assert policy["style-src-attr"] == ["'unsafe-inline'"]
    assert int(answer["Content-Length"]) == len(answer.content)
    assert f"'nonce-{nonce}'" not in client.get(reverse("admin:index"))["Content-Security-Policy"]


def test_pictures_come_from_where_the_settings_say():
    given = ["https://cdn.example/photos/", "https://{s}.tiles.example/{z}/{x}/{y}.png", "/media/", ""]
    policy = content_policy(photos_from=given, log_in_at=["google"])["DIRECTIVES"]
    assert policy["img-src"][3:] == ["https://*.tiles.example", "https://cdn.example"]
    assert policy["form-action"] == ["'self'", "https://accounts.google.com"]


@pytest.mark.parametrize(
    ("endpoint", "region", "domain", "origins"),
    [
        (None, None, "cdn.example", ["https://cdn.example"]),
        ("http://s3.example:9000", None, None, ["http://s3.example:9000", "http://photos.s3.example:9000"]),
        (
            None,
            "eu-west-1",
            None,
            ["https://photos.s3.amazonaws.com", "https://photos.s3.eu-west-1.amazonaws.com"],
        ),
    ],
)
def test_photos_in_a_bucket_are_let_through(endpoint, region, domain, origins):
    s3 = {"bucket_name": "photos", "endpoint_url": endpoint, "region_name": region}
    assert s3_origins(s3, domain) == origins


# ---- The photos themselves


@pytest.mark.django_db
def test_a_published_photo_is_a_picture_and_nothing_else(client):
    image = LandmarkImageFactory(published=True)
    for file, kind in ((image.photo, "image/jpeg"), (image.thumbnail, "image/webp")):
        answer = client.get(file.url)
        assert b"".join(answer.streaming_content) == file.read()
        assert answer["Content-Type"] == kind
        assert answer["Content-Security-Policy"] == POLICY == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert client.get(file.url, headers={"If-None-Match": answer["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "name",
    [
        "photos/../../private/queries/ab/photo.jpg",
        "..%2f..%2fprivate%2fx.jpg",
        "photos/%00.jpg",
        "photos/none.jpg",
        "photos",
        "photos/",
        "",
        "other/photo.jpg",
        "photos/page.html",
        "photos/" + "a" * 4000 + ".jpg",
    ],
)
def test_nothing_but_published_photos_is_served(client, name):
    default_storage.save("other/photo.jpg", ContentFile(drawn_photo(1)))
    default_storage.save("photos/page.html", ContentFile(b"<script>alert(1)</script>"))
    assert client.get(f"/media/{name}").status_code == 404


def test_photos_of_another_host_have_no_address_here(settings):
    assert settings.MEDIA_URL == "/media/"
    assert reverse("photo-file", args=["photos/a.jpg"]) == "/media/photos/a.jpg"


def test_what_is_private_is_marked_so_everywhere():
    from places.showing import private_photo

    kept, never = (private_photo(b"", suffix="jpg", seconds=seconds) for seconds in (60, None))
    assert kept["Cache-Control"] == "private, max-age=60"
    assert never["Cache-Control"] == "private, no-store"
    assert kept["Content-Security-Policy"] == POLICY
    with pytest.raises(KeyError):
        private_photo(b"", suffix="svg", seconds=None)


def test_a_page_with_its_own_script_names_it_by_a_number_used_once(client, settings):
    settings.ROOT_URLCONF = __name__
    answer = client.get("/with-script/")
    assert f"'nonce-{answer.content.decode()}'" in policy_of(answer)["script-src"]


urlpatterns = [path("with-script/", lambda request: HttpResponse(str(request.csp_nonce)))]


def test_camera_is_asked_by_no_script_of_ours():
    scripts = "".join(path.read_text() for path in (settings.BASE_DIR / "static" / "js").glob("*.js"))
    assert "getUserMedia" not in scripts
