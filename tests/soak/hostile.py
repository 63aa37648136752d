"""Files that mean harm, or were harmed: each as somebody may send it where a photo is asked for."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

SCRIPT = "<script>document.title='soak-was-here'</script>"
MARK = b"soak-was-here"  # what no page and no public file may hold as sent


@dataclass(frozen=True)
class Upload:
    """A file as a form or a program sends it."""

    what: str
    filename: str
    content_type: str
    data: bytes


def uploads(photo: bytes) -> Iterator[Upload]:
    """More than 300 of them, the same each time; `photo` is a good JPEG that many are made of."""
    dice = random.Random(11)
    good = {
        "jpeg": photo,
        **{name: _as(photo, name) for name in ("png", "webp", "gif", "avif", "tiff", "bmp")},
    }
    yield from _cut_short(good)
    yield from _damaged(good, dice)
    yield from _wrong_types(good)
    yield from _polyglots(photo)
    yield from _scripts()
    yield from _bombs()
    yield from _odd_names(photo)


def _as(photo: bytes, form: str) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(photo)) as picture:
        picture.convert("RGB").resize((320, 240)).save(out, form)
    return out.getvalue()


def _cut_short(good: dict[str, bytes]) -> Iterator[Upload]:
    """A JPEG at every hundredth of its length; the other forms at every tenth."""
    for form, data in good.items():
        for percent in range(0, 100, 1 if form == "jpeg" else 10):
            cut = data[: len(data) * percent // 100]
            yield Upload(f"{form} cut at {percent} %", f"cut.{form}", f"image/{form}", cut)


def _damaged(good: dict[str, bytes], dice: random.Random) -> Iterator[Upload]:
    """Bytes changed at random: in the header, where lengths and sizes stand, and anywhere."""
    for form, data in good.items():
        for number in range(12):
            harmed = bytearray(data)
            reach = 64 if number % 2 else len(harmed)
            for _byte in range(dice.randint(1, 12)):
                harmed[dice.randrange(min(reach, len(harmed)))] = dice.randrange(256)
            yield Upload(f"{form} damaged, {number}", f"damaged.{form}", f"image/{form}", bytes(harmed))


def _wrong_types(good: dict[str, bytes]) -> Iterator[Upload]:
    others = {
        "html": ("text/html", f"<html>{SCRIPT}".encode()),
        "php": ("application/x-php", b"<?php system($_GET['c']); ?>"),
        "pdf": (
            "application/pdf",
            b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
        ),
        "zip": ("application/zip", b"PK\x03\x04" + bytes(200)),
        "elf": ("application/octet-stream", b"\x7fELF" + bytes(500)),
        "eps": ("image/x-eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file"),
        "mvg": (
            "image/x-mvg",
            b"push graphic-context\nimage over 0,0 0,0 'https://localhost/'\npop graphic-context",
        ),
        "txt": ("text/plain", b"no photo"),
        "null": ("image/jpeg", bytes(4096)),
        "noise": ("image/jpeg", random.Random(3).randbytes(50_000)),
        "empty": ("image/jpeg", b""),
    }
    for name, (content_type, data) in others.items():
        yield Upload(f"{name} under its own name", f"file.{name}", content_type, data)
        yield Upload(f"{name} as a JPEG", "photo.jpg", "image/jpeg", data)
    for form, data in good.items():
        yield Upload(f"{form} said to be HTML", "photo.html", "text/html", data)
        yield Upload(f"{form} said to be SVG", "photo.svg", "image/svg+xml", data)
        yield Upload(
            f"{form} with another's magic bytes", "photo.png", "image/png", b"\x89PNG\r\n\x1a\n" + data[8:]
        )


def _polyglots(photo: bytes) -> Iterator[Upload]:
    """Good photos that are something else as well."""
    segment = b"\xff\xfe" + struct.pack(">H", 2 + len(SCRIPT)) + SCRIPT.encode()
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + SCRIPT.encode()
    app1 = b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif
    tail = {
        "HTML": f"<html>{SCRIPT}</html>".encode(),
        "PHP": b"<?php echo 'soak-was-here'; ?>",
        "ZIP": b"PK\x03\x04soak-was-herePK\x05\x06" + bytes(18),
        "JAR": b"PK\x03\x04META-INF/MANIFEST.MF soak-was-here",
        "PDF": b"%PDF-1.7 soak-was-here",
        "JavaScript": b"*/=1;document.title='soak-was-here'/*",
    }
    for name, data in tail.items():
        yield Upload(f"photo and {name}", f"photo.{name.lower()}.jpg", "image/jpeg", photo + data)
        yield Upload(f"photo and {name}, said to be that", f"photo.{name.lower()}", "text/html", photo + data)
    yield Upload(
        "photo with a script as its comment", "photo.jpg", "image/jpeg", photo[:2] + segment + photo[2:]
    )
    yield Upload("photo with a script in its Exif", "photo.jpg", "image/jpeg", photo[:2] + app1 + photo[2:])
    gif = b"GIF89a/*" + struct.pack("<HH", 1, 1) + b"*/=1;alert('soak-was-here');"
    yield Upload("GIF that is JavaScript", "photo.gif", "image/gif", gif)


def _scripts() -> Iterator[Upload]:
    """SVG in all the ways that it carries scripts, and asks for what is elsewhere."""
    beginning = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    bodies = {
        "script": f"{beginning}>{SCRIPT}</svg>",
        "onload": f"{beginning} onload=\"document.title='soak-was-here'\"/>",
        "foreign": f"{beginning}><foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>{SCRIPT}</body></foreignObject></svg>",
        "entity": f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>{beginning}><text>&x;</text></svg>',
        "laughs": '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
        f"{beginning}><text>&c;&c;&c;&c;</text></svg>",
        "elsewhere": f'{beginning}><image xlink:href="http://127.0.0.1:1/soak-was-here"/></svg>',
    }
    for name, body in bodies.items():
        for filename, content_type in (("photo.svg", "image/svg+xml"), ("photo.jpg", "image/jpeg")):
            yield Upload(f"SVG, {name}, as {filename}", filename, content_type, body.encode())


def _png(width: int, height: int, data: bytes, *, more: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _bombs() -> Iterator[Upload]:
    """Small files that would be large pictures."""
    for side, rows in ((7_200, 7_200), (12_000, 12_000), (20_000, 2_000), (65_000, 1_000)):
        packer = zlib.compressobj(1)
        body = b"".join([*(packer.compress(bytes(side + 1)) for _row in range(rows)), packer.flush()])
        yield Upload(f"PNG of {side} x {side}", "bomb.png", "image/png", _png(side, side, body))
        yield Upload(
            f"PNG of 1 x {side}", "bomb.png", "image/png", _png(1, side, zlib.compress(bytes(2 * side)))
        )
    yield Upload(
        "PNG that says 2^31", "bomb.png", "image/png", _png(2**31 - 1, 2**31 - 1, zlib.compress(b""))
    )
    text = zlib.compress(bytes(60_000_000))
    body = b"zTXt" + b"key\0\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    yield Upload(
        "PNG with a bomb of text", "bomb.png", "image/png", _png(8, 8, zlib.compress(bytes(72)), more=chunk)
    )
    frames = [Image.new("P", (600, 600), number % 256) for number in range(200)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    yield Upload("GIF of 200 frames", "bomb.gif", "image/gif", out.getvalue())
    for form in ("jpeg", "webp"):
        out = io.BytesIO()
        Image.new("RGB", (9_000, 7_000)).save(out, form, quality=1)
        yield Upload(f"{form} of 63 megapixels", f"bomb.{form}", f"image/{form}", out.getvalue())


def _odd_names(photo: bytes) -> Iterator[Upload]:
    for name in (
        "../../../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "/etc/cron.d/soak-was-here",
        "photo.jpg\0.php",
        "photo.php.jpg",
        ".htaccess",
        "a" * 5000 + ".jpg",
        "<img src=x onerror=alert('soak-was-here')>.jpg",
        "\u202egpj.exe",
        "ảnh đẹp.jpg",
        "CON.jpg",
        " ",
        "photo.jpg'; DROP TABLE retrieval_query; --",
    ):
        yield Upload(f"a photo named {name[:30]!r}", name, "image/jpeg", photo)
