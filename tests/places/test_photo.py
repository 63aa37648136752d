import io
import struct
import zlib
from datetime import UTC, datetime
from unittest import mock

import cv2
import numpy as np
import pytest
from django.utils import translation
from PIL import ExifTags, Image, ImageCms, ImageFile

from places import decoding, photo
from places.limited import Refused
from tests.factories import drawn_photo, drawn_picture, encoded
from tests.places import test_limited

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF"]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def refusal(data: bytes) -> str:
    with pytest.raises(photo.PhotoRefused) as refused:
        photo.served_copy(data, longest_side=320, format="JPEG")
    return refused.value.code


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the levels, 0..255."""
    assert one.size == other.size
    return float(
        np.abs(np.asarray(one.convert("RGB"), float) - np.asarray(other.convert("RGB"), float)).mean()
    )


def png_header(width: int, height: int) -> bytes:
    """A PNG that ends before its first pixel."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + header + b"\0\0\1\0IDAT"


def exif(gps: dict | None = None, taken: dict | None = None, orientation: int | None = None) -> Image.Exif:
    facts = Image.Exif()
    if orientation is not None:
        facts[ExifTags.Base.Orientation] = orientation
    if taken:
        facts.get_ifd(ExifTags.IFD.Exif).update(taken)
    if gps:
        facts.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    return facts


@pytest.mark.parametrize("format", FORMATS)
def test_the_formats_that_phones_and_the_web_use_are_read(format):
    data = drawn_photo(1, format=format)
    facts = photo.inspect(data)
    assert (facts.format, facts.width, facts.height) == (format, 640, 480)
    copy = photo.served_copy(data, longest_side=320, format="WEBP")
    assert (copy.width, copy.height) == (320, 240)
    assert difference(opened(copy.data), drawn_picture(1).resize((320, 240))) < 12


def test_a_small_photo_is_never_enlarged():
    copy = photo.served_copy(drawn_photo(1), longest_side=5000, format="JPEG")
    assert opened(copy.data).size == (copy.width, copy.height) == (640, 480)


def test_a_copy_keeps_the_shape_of_the_photo():
    copy = photo.served_copy(drawn_photo(1, (900, 301)), longest_side=300, format="JPEG")
    assert (copy.width, copy.height) == (300, 100)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright_however_the_camera_was_held(format, orientation):
    undo = {  # what a camera that is held so does to the picture
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    upright = drawn_picture(2, (128, 64))
    stored = upright if undo is None else upright.transpose(undo)
    data = encoded(stored, format, exif=exif(orientation=orientation).tobytes())
    facts = photo.inspect(data)
    assert (facts.width, facts.height) == (128, 64)
    assert difference(photo.upright(data, longest_side=128), upright) < 15


@pytest.mark.parametrize("orientation", [0, 9, 60000])
def test_a_senseless_orientation_is_passed_over(orientation):
    assert photo.inspect(drawn_photo(1, exif=exif(orientation=orientation))).width == 640


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"GIF", bytes(1000)]
)
def test_what_is_not_an_image_is_refused(data):
    assert refusal(data) == "not_an_image"


@pytest.mark.parametrize("format", ["BMP", "TIFF", "PPM"])
def test_formats_of_no_camera_and_no_browser_are_refused(format):
    assert refusal(drawn_photo(1, (64, 64), format)) == "not_an_image"


@pytest.mark.thorough
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_truncated_photo_is_refused_as_such(format, kept):
    data = drawn_photo(1, format=format)
    assert refusal(data[: int(len(data) * kept)]) == "truncated"


def test_a_one_pixel_image_is_refused_as_too_small():
    assert refusal(encoded(Image.new("RGB", (1, 1)), "PNG")) == "too_small"


def test_a_file_of_too_many_bytes_is_refused_unread(settings):
    settings.PHOTO_MAX_BYTES = 1000
    with mock.patch.object(photo.children, "run") as reading:
        assert refusal(drawn_photo(1)) == "too_many_bytes"
    assert not reading.called


@pytest.mark.parametrize("side", [10_000, 13_000, 100_000])
def test_a_decompression_bomb_is_refused_from_its_header(side):
    assert refusal(png_header(side, side)) == "too_many_pixels"


@pytest.mark.parametrize("format", FORMATS)
def test_no_pixel_of_too_large_a_photo_is_decoded(format):
    data = drawn_photo(1, format=format)
    limits = {"bytes": len(data), "pixels": 640 * 480 - 1, "side": 1}
    with mock.patch.object(ImageFile.ImageFile, "load") as loading, pytest.raises(Refused) as refused:
        decoding.copies(data, limits=limits, longest_side=320, wanted=[(320, "JPEG")])
    assert refused.value.code == "too_many_pixels"
    assert not loading.called


@pytest.mark.parametrize(
    ("work", "code"),
    [
        ("crashes", "breaks_decoder"),
        pytest.param("waits", "too_costly", marks=pytest.mark.thorough),
        pytest.param("turns_in_circles", "too_costly", marks=pytest.mark.thorough),
    ],
)
def test_what_breaks_or_holds_up_its_decoder_is_refused_with_a_reason(work, code, settings, monkeypatch):
    settings.PHOTO_MAX_SECONDS = 1
    run = photo.children.run
    with monkeypatch.context() as patch:
        patch.setattr(
            photo.children,
            "run",
            lambda _work, data, *, bounds, **_options: run(
                f"{test_limited.__name__}:{work}", data, bounds=bounds
            ),
        )
        assert refusal(drawn_photo(1)) == code
    assert photo.inspect(drawn_photo(1)).width == 640


def test_a_photo_that_needs_too_much_memory_is_refused_with_a_reason(settings):
    settings.PHOTO_MAX_MEGABYTES = 60
    large = encoded(Image.new("RGB", (6000, 5000), "tomato"), "PNG")
    assert refusal(large) == "too_costly"
    settings.PHOTO_MAX_MEGABYTES = 600
    assert photo.served_copy(large, longest_side=320, format="JPEG").width == 320


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_is_refused_as_such(format):
    frames = [drawn_picture(seed, (64, 64)) for seed in (1, 2)]
    assert refusal(encoded(frames[0], format, save_all=True, append_images=frames[1:])) == "animated"


def test_of_a_jpeg_that_holds_several_pictures_the_first_is_the_photo():
    frames = [drawn_picture(seed, (64, 64)) for seed in (1, 2)]
    data = encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert photo.inspect(data).format == "JPEG"
    assert difference(photo.upright(data, longest_side=64), frames[0]) < 15


def test_a_16_bit_grey_png_is_scaled_to_8_bits_not_clipped():
    grey = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    found = np.asarray(photo.upright(cv2.imencode(".png", grey)[1].tobytes(), longest_side=64))[..., 0]
    assert np.abs(found - grey / 257.0).max() <= 1


@pytest.mark.parametrize("channels", [3, 4])
def test_a_16_bit_colour_png_is_scaled_to_8_bits_not_clipped(channels):
    levels = np.linspace(0, 65535, 64 * 64 * channels).reshape(64, 64, channels).astype(np.uint16)
    if channels == 4:
        levels[..., 3] = 65535
    found = np.asarray(photo.upright(cv2.imencode(".png", levels)[1].tobytes(), longest_side=64))
    assert np.abs(found[..., ::-1] - levels[..., :3] / 257.0).max() <= 1


def test_a_cmyk_jpeg_keeps_its_colours():
    picture = Image.new("RGB", (64, 64), (200, 30, 40))
    data = encoded(picture.convert("CMYK"))
    assert b"Adobe" in data  # whose inks are stored inverted
    red, green, blue = photo.upright(data, longest_side=64).getpixel((32, 32))
    assert abs(red - 200) < 8
    assert abs(green - 30) < 8
    assert abs(blue - 40) < 8


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(format):
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 32, 64))
    found = photo.upright(encoded(picture, format, lossless=True), longest_side=64)
    assert found.getpixel((50, 30)) == (255, 255, 255)
    assert found.getpixel((10, 30)) == (0, 0, 255)


@pytest.mark.parametrize("save", [{}, {"transparency": 0}])
def test_a_palette_is_resolved(save):
    picture = Image.new("P", (64, 64), 1)
    picture.putpalette([0, 0, 0, 10, 200, 30])
    picture.paste(0, (0, 0, 32, 64))
    found = photo.upright(encoded(picture, "PNG", **save), longest_side=64)
    assert found.getpixel((50, 30)) == (10, 200, 30)
    assert found.getpixel((10, 30)) == ((255, 255, 255) if save else (0, 0, 0))


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_black_and_white_is_served_in_colour(mode):
    found = photo.upright(encoded(drawn_picture(1, (64, 64)).convert(mode), "PNG"), longest_side=32)
    assert (found.mode, found.size) == ("RGB", (32, 32))


def test_colours_of_another_profile_are_brought_to_srgb():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = drawn_picture(1, (64, 64))
    kept = photo.upright(encoded(picture, "PNG", icc_profile=srgb), longest_side=64)
    assert difference(kept, picture) < 1
    for profile in (lab, b"nonsense"):
        assert photo.upright(encoded(picture, "PNG", icc_profile=profile), longest_side=64).mode == "RGB"


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_a_served_copy_tells_nothing_of_where_when_and_with_what_it_was_taken(format):
    facts = exif(gps={1: "N", 2: (21.0, 1.0, 0.0), 3: "E", 4: (105.0, 51.0, 0.0)})
    facts[ExifTags.Base.Make] = "a secret camera"
    data = drawn_photo(1, exif=facts, comment=b"a secret note", xmp=b"<x:xmpmeta>a secret tag</x:xmpmeta>")
    assert data.count(b"secret") == 3
    copy = photo.served_copy(data, longest_side=640, format=format)
    assert b"secret" not in copy.data
    assert not opened(copy.data).getexif()
    assert not {"exif", "xmp", "comment", "icc_profile"} & opened(copy.data).info.keys()


TAKEN, OFFSET = ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal


@pytest.mark.parametrize(
    ("tags", "moment"),
    [
        ({TAKEN: "2024:05:06 07:08:09"}, datetime(2024, 5, 6, 0, 8, 9, tzinfo=UTC)),
        ({TAKEN: "2024:05:06 07:08:09", OFFSET: "+02:00"}, datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ({TAKEN: "2024:05:06 07:08:09", OFFSET: "nonsense"}, datetime(2024, 5, 6, 0, 8, 9, tzinfo=UTC)),
        (
            {ExifTags.Base.DateTimeDigitized: "2024:05:06 07:08:09\0"},
            datetime(2024, 5, 6, 0, 8, 9, tzinfo=UTC),
        ),
        ({TAKEN: "0000:00:00 00:00:00"}, None),
        ({TAKEN: "    :  :     :  :  "}, None),
        ({TAKEN: "0001:01:01 00:00:00"}, None),
        ({TAKEN: "9999:12:31 23:59:59"}, None),
        ({TAKEN: "2024:13:45 99:99:99"}, None),
        ({TAKEN: 7}, None),
        ({}, None),
    ],
)
def test_the_time_is_told_where_the_camera_knew_it(tags, moment):
    assert photo.inspect(drawn_photo(1, (64, 64), exif=exif(taken=tags))).taken_at == moment


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_the_position_is_told_in_degrees(format):
    gps = {1: "S", 2: (33.0, 51.0, 24.5), 3: "E", 4: (151.0, 12.0, 54.0)}
    facts = photo.inspect(drawn_photo(1, (64, 64), format, exif=exif(gps=gps).tobytes()))
    assert facts.latitude == pytest.approx(-33.856806, abs=1e-5)
    assert facts.longitude == pytest.approx(151.215, abs=1e-5)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (105.0, 0.0, 0.0)},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "X", 2: (21.0, 0.0, 0.0), 3: "E", 4: (105.0, 0.0, 0.0)},
        {2: (21.0, 0.0, 0.0), 4: (105.0, 0.0, 0.0)},
        {1: "N", 2: (21.0,), 3: "E", 4: (105.0, 0.0, 0.0)},
        {1: "N", 3: "E"},
    ],
)
def test_a_senseless_position_is_passed_over(gps):
    facts = photo.inspect(drawn_photo(1, (64, 64), exif=exif(gps=gps)))
    assert (facts.latitude, facts.longitude) == (None, None)


@pytest.mark.thorough
@pytest.mark.parametrize("format", FORMATS)
def test_no_damage_to_a_file_brings_down_its_reader(format):
    whole = bytearray(
        drawn_photo(
            1, (48, 40), format, exif=exif(gps={1: "N"}, taken={TAKEN: "2024:05:06 07:08:09"}).tobytes()
        )
        if format != "GIF"
        else drawn_photo(1, (48, 40), format)
    )
    dice = np.random.default_rng(7)
    outcomes = set()
    for _attempt in range(150):
        damaged = bytearray(whole)
        for place in dice.integers(0, min(len(whole), 600), 4):
            damaged[place] = dice.integers(256)
        try:
            photo.inspect(bytes(damaged))
            photo.served_copy(bytes(damaged), longest_side=32, format="JPEG")
        except photo.PhotoRefused as refused:
            outcomes.add(refused.code)
    assert outcomes & {"truncated", "not_an_image"}


def test_the_reader_is_told_the_limit_in_his_language(settings):
    settings.PHOTO_MAX_BYTES = 5 * 2**20
    with translation.override("en"):
        assert str(photo.PhotoRefused("too_many_bytes")) == "The photo is larger than 5 MB."
