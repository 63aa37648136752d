import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from retrieval.methods.base import Box
from retrieval.methods.preprocessing import UnreadableImage, crop, decode, fit, resize
from tests.retrieval.methods.drawn import scene

register_heif_opener()
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 64, height: int = 32) -> Image.Image:
    """Red top left, green top right, blue below left, white below right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image


def saved(image: Image.Image, kind: str, **options) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def corners(pixels: np.ndarray) -> list[tuple[int, ...]]:
    height, width = pixels.shape[:2]
    return [
        tuple(pixels[y, x].tolist())
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]


def near(found, wanted, tolerance=12):
    return np.abs(np.array(found, dtype=int) - np.array(wanted)).max() <= tolerance


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF"])
def test_every_format_gives_upright_rgb_bytes(kind):
    pixels = decode(saved(quarters(), kind))
    assert (pixels.shape, pixels.dtype) == ((32, 64, 3), np.uint8)
    assert near(corners(pixels), [RED, GREEN, BLUE, WHITE])


@pytest.mark.parametrize(("turned", "shape"), [(1, (480, 640, 3)), (6, (640, 480, 3)), (8, (640, 480, 3))])
def test_a_jpeg_larger_than_is_enough_is_decoded_at_a_scale_of_its_own_and_set_upright(turned, shape):
    exif = Image.Exif()
    exif[0x0112] = turned
    data = saved(Image.fromarray(scene(1, width=1280, height=960)), "JPEG", exif=exif, quality=95)
    smaller, whole = decode(data, least=640), decode(data)
    assert smaller.shape == shape
    assert np.abs(resize(whole, width=shape[1], height=shape[0]).astype(int) - smaller).mean() < 2


def test_what_comes_is_never_smaller_than_is_enough_and_never_larger_than_the_picture():
    data = saved(quarters(1000, 500), "JPEG")
    assert [max(decode(data, least=least).shape) for least in (400, 501, 999, 1000, 5000)] == [
        500,
        625,
        1000,
        1000,
        1000,
    ]
    assert decode(saved(quarters(1000, 500), "PNG"), least=400).shape == (500, 1000, 3)
    assert decode(saved(quarters(1000, 500).convert("CMYK"), "JPEG"), least=400).shape == (500, 1000, 3)


def test_a_jpeg_cut_short_is_refused_at_any_scale():
    whole = saved(quarters(1000, 500), "JPEG")
    with pytest.raises(UnreadableImage, match="damaged or incomplete"):
        decode(whole[: len(whole) // 2], least=400)


def test_a_picture_lying_on_its_side_is_set_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned clockwise by a quarter
    pixels = decode(saved(quarters(), "JPEG", exif=exif))
    assert pixels.shape == (64, 32, 3)
    assert near(corners(pixels), [BLUE, RED, WHITE, GREEN])


def test_a_cmyk_jpeg_keeps_its_colours():
    assert near(corners(decode(saved(quarters().convert("CMYK"), "JPEG"))), [RED, GREEN, BLUE, WHITE])


def test_a_16_bit_png_is_scaled_not_clipped():
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(1, 256).repeat(4, axis=0)
    pixels = decode(saved(Image.fromarray(ramp), "PNG"))
    np.testing.assert_array_equal(pixels[0, :, 0], np.arange(256))


def test_a_palette_png_keeps_its_colours():
    assert near(corners(decode(saved(quarters().quantize(8), "PNG"))), [RED, GREEN, BLUE, WHITE])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_shows_white(mode):
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    options = {}
    if mode == "P":
        image, options = Image.new("P", (8, 8), 0), {"transparency": 0}
    pixels = decode(saved(image.convert(mode), "PNG", **options))
    assert (pixels == 255).all()


def test_grey_and_black_and_white_pictures_become_rgb():
    for mode in ("L", "1"):
        pixels = decode(saved(quarters().convert(mode), "PNG"))
        assert pixels.shape == (32, 64, 3)
        assert (pixels[0, 0] == pixels[0, 0, 0]).all()


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (16, 16), RED), Image.new("RGB", (16, 16), BLUE)]
    pixels = decode(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert near(pixels[0, 0], RED)


def test_a_text_file_is_refused():
    with pytest.raises(UnreadableImage, match="not an image"):
        decode(b"Ceci n'est pas une image.")


def test_no_bytes_are_refused():
    with pytest.raises(UnreadableImage):
        decode(b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_truncated_picture_is_refused_with_a_reason(kind):
    whole = saved(Image.fromarray(scene(1)), kind)
    with pytest.raises(UnreadableImage) as refusal:
        decode(whole[: len(whole) // 2])
    assert refusal.value.reason


def test_a_format_outside_the_list_is_refused():
    with pytest.raises(UnreadableImage, match="not an image of a known format"):
        decode(saved(quarters(), "TIFF"))


@pytest.mark.parametrize("side", [9_100, 10_000, 30_000])
def test_a_picture_of_too_many_pixels_is_refused_from_its_header(side):
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    with pytest.raises(UnreadableImage, match="more than 80 megapixels"):
        decode(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def test_a_crop_shows_what_its_box_holds():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    view, box = crop(image, Box(1, 2, 9, 9))
    assert box == Box(1, 2, 4, 4)
    np.testing.assert_array_equal(view, image[2:4, 1:4])


def test_no_box_is_the_whole_picture():
    image = np.zeros((3, 5, 3), np.uint8)
    view, box = crop(image, None)
    assert view.shape == image.shape
    assert box == Box(0, 0, 5, 3)


def test_an_empty_box_is_refused():
    with pytest.raises(ValueError, match="shows nothing"):
        crop(np.zeros((3, 5, 3), np.uint8), Box(5, 0, 9, 3))


def picture(width: int, height: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


def test_a_picture_is_fitted_by_its_longest_side():
    assert fit(picture(800, 300), longest=400, multiple=1).shape == (150, 400, 3)


def test_fitted_sides_are_the_nearest_multiples():
    assert fit(picture(800, 587), longest=640, multiple=32).shape == (
        480,
        640,
        3,
    )  # 469.6 is nearer to 480 than to 448


def test_a_small_picture_is_not_enlarged_unless_asked():
    assert fit(picture(80, 30), longest=400, multiple=10).shape == (30, 80, 3)
    assert fit(picture(80, 30), longest=160, multiple=10, enlarge=True).shape == (60, 160, 3)


@pytest.mark.parametrize("size", [(1, 1), (300, 8), (8, 5000)])
def test_no_side_falls_under_the_least_that_a_network_takes(size):
    assert min(fit(picture(*size), longest=150, multiple=32).shape[:2]) >= 32


def test_shrinking_averages_what_it_leaves_out():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (resize(stripes, width=32, height=32) == 100).all()
