"""Files that nobody should send: made up, cut short, blown up, in disguise. Each knows what may become of it."""

from __future__ import annotations

import functools
import io
import struct
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.factories import drawn_picture, encoded

MARK = b"HOSTILE-PAYLOAD"  # stands in what must never be served
SCRIPT = b"<script>alert('" + MARK + b"')</script>"
FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "HEIF": "heic", "GIF": "gif"}
REFUSED, TAKEN, EITHER = "refused", "taken", "either"


@dataclass(frozen=True)
class Upload:
    """What is sent, as what, and what becomes of it."""

    name: str  # of the case
    data: bytes
    fate: str = REFUSED
    filename: bytes = b"photo.jpg"
    content_type: bytes = b"image/jpeg"

    def __str__(self) -> str:
        return self.name


def came_to_what_it_must(upload: Upload, *, taken: bool) -> bool:
    return upload.fate == EITHER or taken == (upload.fate == TAKEN)


def form(field: str, upload: Upload, **said: str) -> tuple[bytes, str]:
    """A form as a hostile client writes it, byte for byte, and its Content-Type; clients put names and types right."""
    border = b"border-" + uuid.uuid4().hex.encode()
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value.encode())
        for name, value in said.items()
    ]
    kind = b"\r\nContent-Type: " + upload.content_type if upload.content_type else b""
    head = b'Content-Disposition: form-data; name="%s"; filename="%s"' % (field.encode(), upload.filename)
    parts.append(head + kind + b"\r\n\r\n" + upload.data)
    body = b"".join(b"--" + border + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + border + b"--\r\n"
    return body, f"multipart/form-data; boundary={border.decode()}"


def picture(size: tuple[int, int] = (96, 80)) -> Image.Image:
    return drawn_picture(5, size)


def photo(format: str = "JPEG", **save) -> bytes:
    return encoded(picture(), format, **save)


def all_uploads() -> list[Upload]:
    return [
        *truncated(),
        *fuzzed(),
        *bombs(),
        *polyglots(),
        *not_photos(),
        *disguised(),
        *laden(),
        *unusual(),
    ]


def truncated() -> Iterator[Upload]:
    """Cut short at every hundredth of a JPEG, and at every twentieth of the others."""
    for format, suffix in FORMATS.items():
        whole = photo(format)
        for percent in range(0, 100, 1 if format == "JPEG" else 5):
            yield Upload(f"{suffix}-cut-at-{percent}", whole[: len(whole) * percent // 100], EITHER)


def fuzzed() -> Iterator[Upload]:
    """A few bytes of the header, or anywhere, are others."""
    for format, suffix in FORMATS.items():
        whole, dice = photo(format), np.random.default_rng(11)
        for number in range(20):
            damaged = bytearray(whole)
            reach = 64 if number < 10 else len(whole)
            for place in dice.integers(4, min(reach, len(whole)), 6):
                damaged[place] = dice.integers(256)
            yield Upload(f"{suffix}-fuzzed-{number}", bytes(damaged), EITHER)


# ---- Bombs: small to send, large to open


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8, colour: int = 2) -> bytes:
    head = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in (head, *chunks, (b"IEND", b""))
    )


@functools.cache
def zeros(megabytes: int) -> bytes:
    """So many, deflated: a thousandth of it."""
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    one = press.compress(bytes(2**20)) + press.flush(zlib.Z_FULL_FLUSH)
    end = b"\x03\x00" + struct.pack(
        ">I", (megabytes * 2**20 % 65521) << 16 | 1
    )  # the last block, and Adler's sum
    return b"\x78\x9c" + one * megabytes + end


def patched(data: bytes, before: bytes, after: bytes, *, skip: int = 0) -> bytes:
    place = data.index(before) + len(before) + skip
    return data[:place] + after + data[place + len(after) :]


def bombs() -> Iterator[Upload]:
    yield Upload("png-of-10000-megapixels", png(100_000, 100_000, (b"IDAT", zeros(1))))
    yield Upload("png-of-2-31-sides", png(2**31 - 1, 2**31 - 1, (b"IDAT", zeros(1))))
    yield Upload("png-of-no-side", png(0, 0, (b"IDAT", zeros(1))))
    yield Upload("png-as-large-as-may-be", png(7000, 7000, (b"IDAT", zeros(141))), TAKEN)
    yield Upload(
        "png-of-16-bits-as-large-as-may-be",
        png(7000, 7000, (b"IDAT", zeros(374)), depth=16, colour=6),
        EITHER,
    )
    yield Upload("png-with-more-pixels-than-it-says", png(64, 64, (b"IDAT", zeros(200))), EITHER)
    yield Upload("png-one-pixel-high", png(50_000_000, 1, (b"IDAT", zeros(1))))
    yield Upload("png-long-and-thin", png(1_500_000, 33, (b"IDAT", zeros(142))), EITHER)
    for kind, body in (
        (b"zTXt", b"Comment\0\0" + zeros(150)),
        (b"iTXt", b"Comment\0\1\0\0\0" + zeros(150)),
        (b"iCCP", b"icc\0\0" + zeros(150)),
    ):
        yield Upload(f"png-with-{kind.decode()}-bomb", _with_chunk(photo("PNG"), kind, body), EITHER)
    yield Upload(
        "png-of-10000-text-chunks", _with_chunk(photo("PNG"), b"tEXt", b"a\0b", times=10_000), EITHER
    )
    large = photo("JPEG")
    frame = large.index(b"\xff\xc0") + 5
    for sides in ((65500, 65500), (65535, 1), (50000, 900), (0, 96)):
        yield Upload(
            f"jpeg-of-{sides[0]}-by-{sides[1]}",
            large[:frame] + struct.pack(">HH", *sides) + large[frame + 4 :],
            EITHER,
        )
    yield Upload("jpeg-of-100-scans", _with_scans(100), EITHER)
    yield Upload(
        "jpeg-of-5000-segments", large[:2] + (b"\xff\xe5\x00\x10" + bytes(14)) * 5000 + large[2:], TAKEN
    )
    yield Upload("jpeg-of-restarts", large[:-2] + b"\xff\xd0" * 500_000 + b"\xff\xd9", EITHER)
    webp = photo("WEBP", lossless=True)
    yield Upload("webp-of-16383-sides", patched(webp, b"VP8L", b"\xff\xff\xff\x0f", skip=5), EITHER)
    frames = [Image.new("RGB", (200, 200), (number, 0, 0)) for number in range(40)]
    for format in ("GIF", "WEBP", "PNG", "AVIF"):
        several = frames if format != "AVIF" else frames[:4]
        data = encoded(several[0], format, save_all=True, append_images=several[1:])
        yield Upload(f"{format.lower()}-of-{len(several)}-frames", data)
    gif = photo("GIF")
    yield Upload("gif-of-65535-sides", gif[:6] + b"\xff\xff\xff\xff" + gif[10:], EITHER)
    yield Upload("gif-of-a-huge-frame", patched(gif, b"\x2c", b"\xff\xff\xff\xff", skip=4), EITHER)
    for format in ("AVIF", "HEIF"):
        data = patched(photo(format), b"ispe", struct.pack(">II", 60_000, 60_000), skip=4)
        yield Upload(f"{format.lower()}-of-60000-sides", data, EITHER)
        yield Upload(
            f"{format.lower()}-with-endless-box", patched(data, b"meta", b"\xff\xff\xff\xff"), EITHER
        )
    many = [picture((64, 64))] * 60
    yield Upload("mpo-of-60-photos", encoded(many[0], "MPO", save_all=True, append_images=many[1:]), EITHER)


def _with_chunk(whole: bytes, kind: bytes, body: bytes, *, times: int = 1) -> bytes:
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return whole[:33] + chunk * times + whole[33:]


def _with_scans(number: int) -> bytes:
    """A progressive JPEG whose last scan is sent again and again: each is worked through for the whole picture."""
    whole = encoded(picture((640, 480)), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * number + b"\xff\xd9"


# ---- Two things at once


def polyglots() -> Iterator[Upload]:
    jpeg, gif, webp = photo(), photo("GIF"), photo("WEBP")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("index.html", SCRIPT)
    yield Upload(
        "jpeg-with-html-in-a-comment",
        encoded(picture(), "JPEG", comment=SCRIPT),
        TAKEN,
        b"photo.html",
        b"text/html",
    )
    yield Upload("jpeg-and-html", jpeg + b"<html>" + SCRIPT + b"</html>", TAKEN)
    yield Upload("jpeg-and-php", jpeg + b"<?php system('" + MARK + b"'); ?>", TAKEN, b"photo.php")
    yield Upload("jpeg-and-zip", jpeg + archive.getvalue(), TAKEN, b"photo.zip", b"application/zip")
    yield Upload("jpeg-and-pdf", jpeg + b"%PDF-1.4\n" + MARK, TAKEN, b"photo.pdf")
    yield Upload(
        "jpeg-and-javascript", jpeg[:2] + _segment(0xFE, b"*/=1;alert('" + MARK + b"');/*") + jpeg[2:], TAKEN
    )
    yield Upload("pdf-and-jpeg", b"%PDF-1.4\n" + MARK + jpeg)
    yield Upload("zip-and-jpeg", archive.getvalue() + jpeg)
    yield Upload("html-and-jpeg", b"<html>" + SCRIPT + b"</html>" + jpeg)
    yield Upload(
        "gif-and-javascript", b"GIF89a/*" + gif[8:] + b"*/=1;alert('" + MARK + b"')", EITHER, b"photo.js"
    )
    yield Upload("gif-with-a-comment", gif[:-1] + b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0;", TAKEN)
    yield Upload("webp-and-html", webp + SCRIPT, EITHER)
    yield Upload("png-with-script-in-text", _with_chunk(photo("PNG"), b"tEXt", b"Comment\0" + SCRIPT), TAKEN)
    yield Upload("png-and-html", photo("PNG") + SCRIPT, TAKEN)
    yield Upload("avif-and-html", photo("AVIF") + SCRIPT, EITHER)
    yield Upload("heic-and-html", photo("HEIF") + SCRIPT, EITHER)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


# ---- No photos


def not_photos() -> Iterator[Upload]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99">' + SCRIPT + b"</svg>"
    yield Upload("svg", svg, REFUSED, b"photo.svg", b"image/svg+xml")
    yield Upload("svg-called-jpg", svg)
    yield Upload(
        "svg-with-a-declaration", b'<?xml version="1.0"?>' + svg, REFUSED, b"photo.svg", b"image/svg+xml"
    )
    yield Upload("svg-after-spaces", b"\n" * 5000 + svg, REFUSED, b"photo.png", b"image/png")
    yield Upload("svg-deflated", zlib.compress(svg), REFUSED, b"photo.svgz", b"image/svg+xml")
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    yield Upload("svg-of-a-billion-laughs", b'<!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]><svg>&l9;</svg>")
    for name, data in {
        "empty": b"",
        "one-byte": b"\xff",
        "spaces": b" " * 1000,
        "zeros": bytes(100_000),
        "html": b"<!doctype html>" + SCRIPT,
        "javascript": b"alert('" + MARK + b"')",
        "php": b"<?php system('" + MARK + b"');",
        "pdf": b"%PDF-1.7\n%" + MARK,
        "elf": b"\x7fELF" + bytes(200),
        "exe": b"MZ" + bytes(200),
        "shell": b"#!/bin/sh\nrm -rf /\n",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n(rm -rf /) system\n",
        "mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500),
        "gzip": b"\x1f\x8b\x08" + bytes(50),
        "only-a-jpegs-beginning": b"\xff\xd8\xff\xe0",
        "only-a-pngs-beginning": b"\x89PNG\r\n\x1a\n",
        "only-a-webps-beginning": b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        "only-a-heics-beginning": b"\0\0\0\x18ftypheic",
        "utf-16": SCRIPT.decode().encode("utf-16"),
    }.items():
        yield Upload(name, data)
    for format in ("BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "JPEG2000", "SGI", "IM", "DDS"):
        yield Upload(f"a-{format.lower()}", photo(format), REFUSED, f"photo.{format.lower()}".encode())


# ---- Under another name


def disguised() -> Iterator[Upload]:
    """Good photos by names and types that may mislead; none of them is ever used."""
    names = {
        "up-the-tree": b"../../../../etc/cron.d/photo.jpg",
        "up-the-tree-encoded": b"..%2f..%2f..%2fphoto.jpg",
        "up-a-windows-tree": b"..\\..\\..\\windows\\photo.jpg",
        "from-the-root": b"/etc/passwd",
        "of-another-drive": b"C:\\photo.jpg",
        "with-nul": b"photo.php\0.jpg",
        "of-4000-letters": b"a" * 4000 + b".jpg",
        "of-4000-vietnamese-letters": "ố".encode() * 1300 + b".jpg",
        "read-from-the-right": "photo\u202egpj.exe".encode(),
        "of-no-letter": b"",
        "of-dots": b"..",
        "hidden": b".htaccess",
        "of-a-page": b"photo.html",
        "of-a-drawing": b"photo.svg",
        "with-two-endings": b"photo.jpg.php",
        "with-a-stream": b"photo.jpg::$DATA",
        "of-a-device": b"con.jpg",
        "with-lines": b"photo%0d%0aSet-Cookie: a=b.jpg",
        "with-script": b"<img src=x onerror=alert(1)>.jpg",
        "with-a-template": b"{{ 7*7 }}.jpg",
        "not-utf-8": b"\xff\xfe\xfa.jpg",
        "with-a-shell": b"`id`;$(id).jpg",
    }
    for name, filename in names.items():
        # A name without a letter is no file's; one that is no text, or longer than a header may be, is no form's.
        is_odd = filename in (b"", b"..") or len(filename) > 1000 or b"\xff" in filename
        yield Upload(f"name-{name}", photo(), EITHER if is_odd else TAKEN, filename)
    for number, kind in enumerate(
        (
            b"text/html",
            b"image/svg+xml",
            b"application/x-httpd-php",
            b"",
            b"x" * 3000,
            b"image/jpeg; charset=utf-7",
            b"*/*",
        )
    ):
        yield Upload(f"type-{number}", photo(), TAKEN if 0 < len(kind) < 1000 else EITHER, content_type=kind)
    for (format, suffix), other in zip(FORMATS.items(), [*list(FORMATS.values())[1:], "jpg"], strict=True):
        yield Upload(
            f"{suffix}-called-{other}",
            photo(format),
            TAKEN,
            f"photo.{other}".encode(),
            f"image/{other}".encode(),
        )


# ---- Heavy or broken metadata


def laden() -> Iterator[Upload]:
    jpeg = photo()

    def with_exif(body: bytes) -> bytes:
        return jpeg[:2] + _segment(0xE1, b"Exif\0\0" + body) + jpeg[2:]

    little = b"II*\0\x08\0\0\0"
    entry = struct.Struct("<HHII").pack
    cases = {
        "exif-of-nothing": b"",
        "exif-of-noise": np.random.default_rng(3).bytes(60_000),
        "exif-of-65535-entries": little + b"\xff\xff" + entry(0x8769, 4, 1, 8) * 5000,
        "exif-that-leads-to-itself": little
        + b"\x02\0"
        + entry(0x8769, 4, 1, 8)
        + entry(0x8825, 4, 1, 8)
        + b"\x08\0\0\0",
        "exif-of-4-thousand-million-values": little + b"\x01\0" + entry(0x9003, 2, 0xFFFFFFFF, 26) + bytes(4),
        "exif-beyond-its-end": little + b"\x01\0" + entry(0x9003, 2, 20, 0xFFFFFFF0) + bytes(4),
        "exif-divided-by-zero": little
        + b"\x01\0"
        + entry(0x8825, 4, 1, 26)
        + bytes(4)
        + b"\x01\0"
        + entry(2, 5, 3, 44)
        + bytes(40),
        "exif-turned-60000": little + b"\x01\0" + entry(0x0112, 3, 1, 60_000) + bytes(4),
    }
    for name, body in cases.items():
        yield Upload(name, with_exif(body[:65_000]), TAKEN)
    xmp = (
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>"
        + SCRIPT
        + b"<!DOCTYPE x [<!ENTITY a 'b'>]>"
        + b"&a;" * 9000
    )
    yield Upload("xmp-of-entities", jpeg[:2] + _segment(0xE1, xmp) + jpeg[2:], TAKEN)
    for number, profile in enumerate(
        (b"", b"\0" * 128, np.random.default_rng(4).bytes(50_000), SCRIPT * 500)
    ):
        data = jpeg[:2] + _segment(0xE2, b"ICC_PROFILE\0\x01\x01" + profile[:60_000]) + jpeg[2:]
        yield Upload(f"icc-{number}", data, TAKEN)
    many = b"".join(_segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(60_000)) for n in range(1, 256))
    yield Upload("icc-of-15-megabytes", jpeg[:2] + many + jpeg[2:], TAKEN)
    lied = bytearray(Image.open(io.BytesIO(photo("PNG"))).tobytes()[:128] + bytes(400))
    lied[128:132] = b"\xff\xff\xff\xff"
    yield Upload("icc-of-4-thousand-million-tags", encoded(picture(), "JPEG", icc_profile=bytes(lied)), TAKEN)


# ---- Unusual and sound


def unusual() -> Iterator[Upload]:
    grey = np.linspace(0, 65535, 96 * 80).reshape(80, 96).astype(np.uint16)
    yield Upload("16-bit-grey", encoded(Image.fromarray(grey), "PNG"), TAKEN)
    yield Upload("1-bit", encoded(picture().convert("1"), "PNG"), TAKEN)
    yield Upload("cmyk", encoded(picture().convert("CMYK")), TAKEN)
    yield Upload("grey", encoded(picture().convert("L")), TAKEN)
    yield Upload("grey-and-transparent", encoded(picture().convert("LA"), "PNG"), TAKEN)
    yield Upload("palette", encoded(picture().convert("P"), "PNG", transparency=0), TAKEN)
    yield Upload("transparent", encoded(picture().convert("RGBA"), "WEBP"), TAKEN)
    yield Upload("progressive", encoded(picture(), "JPEG", progressive=True), TAKEN)
    yield Upload("lossless", encoded(picture(), "WEBP", lossless=True), TAKEN)
    yield Upload("apng-of-one-frame", encoded(picture(), "PNG", save_all=True), TAKEN)
    yield Upload("with-bytes-behind", photo() + bytes(100_000), TAKEN)
    yield Upload("upside-down", encoded(picture(), "JPEG", exif=_turned(3)), TAKEN)


def _turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif
