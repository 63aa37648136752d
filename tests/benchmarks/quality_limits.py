"""How well the limits of `places.quality.FAULTS` part faulty photos from good ones.

    python -m tests.benchmarks.quality_limits FOLDER [--photos 200]

Takes photos evenly out of a folder, makes each of them faulty in every way there is, and prints for each fault how
many of the faulty ones are found (recall), how many of the untouched are taken for faulty, and the precision where
both are equally many. The untouched of a folder from the web are not all without fault: --list names those found.
"""

# ruff: noqa: E402 -- Django is set up before its models are imported
import argparse
import os
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django

django.setup()

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from skimage import data
from tqdm import tqdm

from places import detecting, photo, quality

SIDE = 1024  # pixels
NAMES = ("DULICHVIET.VN", "tour247.com", "© PHOTO STOCK")
LINES = ("Du lich Viet Nam gia re 0905 123 456", "BAO DIEN TU NEWS", "www.khampha-vietnam.com.vn")


def blurred(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) * dice.uniform(0.003, 0.006)))


def shaken(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    small = picture.resize((max(1, picture.width // 40), picture.height))
    return small.resize(picture.size, Image.Resampling.BICUBIC)


def too_dark(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    return picture.point(lambda level: int(level * 0.18))


def overexposed(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    return picture.point(lambda level: min(255, level * 5))


def beside(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    width, height = picture.size
    both = picture.copy()
    both.paste(other.resize(picture.size).crop((width // 2, 0, width, height)), (width // 2, 0))
    return both


def above(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    width, height = picture.size
    both = picture.copy()
    both.paste(other.resize(picture.size).crop((0, height // 2, width, height)), (0, height // 2))
    return both


def banner(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    picture, height = picture.copy(), picture.height // dice.choice((7, 9, 11))
    top = picture.height - height if dice.random() < 0.7 else 0
    brush = ImageDraw.Draw(picture)
    brush.rectangle((0, top, picture.width, top + height), fill=dice.choice(("white", "#b00", "#024")))
    where, font = (picture.width / 2, top + height / 2), ImageFont.load_default(height // 2)
    brush.text(where, dice.choice(LINES), font=font, anchor="mm", fill="#ff0")
    return picture


def watermark(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    where = (picture.width / 2, picture.height * dice.uniform(0.3, 0.7))
    font = ImageFont.load_default(picture.width // dice.choice((7, 9, 11)))
    fill = (255, 255, 255, dice.choice((110, 150, 200)))
    ImageDraw.Draw(layer).text(where, dice.choice(NAMES), font=font, anchor="mm", fill=fill)
    layer = layer.rotate(dice.choice((0, 0, 15, 30)))
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def selfie(picture: Image.Image, other: Image.Image, dice: random.Random) -> Image.Image:
    person = Image.fromarray(data.astronaut()).crop((90, 0, 360, 270))  # half of it her face
    side = int(min(picture.size) * dice.uniform(0.5, 0.9))
    picture = picture.copy()
    left = int((picture.width - side) * dice.random())
    picture.paste(person.resize((side, side)), (left, picture.height - side))
    return picture


Damage = Callable[[Image.Image, Image.Image, random.Random], Image.Image]
DAMAGES: list[tuple[Damage, str]] = [
    (blurred, "blurred"),
    (shaken, "blurred"),
    (too_dark, "dark"),
    (overexposed, "blown"),
    (beside, "collage"),
    (above, "collage"),
    (banner, "lettering"),
    (watermark, "lettering"),
    (selfie, "faces"),
]


def measured(picture: Image.Image) -> SimpleNamespace:
    seen = picture.copy()
    seen.thumbnail((detecting.SIDE, detecting.SIDE))
    figures = asdict(quality.measure(seen)) | asdict(detecting.look(seen))
    return SimpleNamespace(width=picture.width, height=picture.height, **figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--list", action="store_true", help="name the untouched photos that have a fault")
    options = parser.parse_args()
    files = sorted(path for path in options.folder.rglob("*") if path.suffix in (".jpg", ".png", ".webp"))
    files = files[:: max(1, len(files) // options.photos)]
    dice = random.Random(1)
    good, faulty = dict.fromkeys(quality.FAULTS, 0), dict.fromkeys((damage for damage, _ in DAMAGES), 0)
    before = photo.upright(files[-1].read_bytes(), longest_side=SIDE)
    for file in tqdm(files):
        picture = photo.upright(file.read_bytes(), longest_side=SIDE)
        figures = measured(picture)
        for name, fault in quality.FAULTS.items():
            good[name] += fault.is_in(figures)
            if options.list and fault.is_in(figures):
                tqdm.write(f"{name}: {file.relative_to(options.folder)}")
        for damage, name in DAMAGES:
            faulty[damage] += quality.FAULTS[name].is_in(measured(damage(picture, before, dice)))
        before = picture
    print(f"{len(files)} photos, and each of them damaged in {len(DAMAGES)} ways")
    for damage, name in DAMAGES:
        found, false = faulty[damage], good[name]
        precision = found / (found + false) if found + false else 0
        print(
            f"  {damage.__name__:12} -> {name:10} recall {found / len(files):.3f}, "
            f"untouched found {false}, precision {precision:.3f}"
        )
    print(f"  small: {good['small']} of the untouched")


if __name__ == "__main__":
    main()
