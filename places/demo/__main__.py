"""Render scenes without Django: python -m places.demo SLUG ... [--draft] [--to DIR] [--views 1,4]"""

import argparse
from pathlib import Path

from places.demo import rendering

parser = argparse.ArgumentParser(prog="python -m places.demo", description=__doc__)
parser.add_argument("slugs", nargs="*", metavar="SLUG", help="all scenes without any")
parser.add_argument("--draft", action="store_true")
parser.add_argument("--to", type=Path, default=rendering.PHOTOS)
parser.add_argument("--views", default="", help="numbers from 1, with commas")
chosen = parser.parse_args()
for slug in chosen.slugs or rendering.slugs():
    rendering.render(
        slug,
        to=chosen.to,
        draft=chosen.draft,
        only=map(int, filter(None, chosen.views.split(","))),
        progress=lambda line: print(line, flush=True),
    )
