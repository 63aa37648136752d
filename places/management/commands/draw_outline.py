import csv
import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from places import drawing, outline
from places.catalogue import DATA

FOLDER = Path(settings.BASE_DIR) / "static" / "map"


class Command(BaseCommand):
    help = (
        "Draw static/map/vietnam.json and .svg, the outline of Vietnam's provinces, from the boundaries of the "
        "old ones. static/map/README.md says where they come from."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("source", type=Path, help="GeoJSON of Natural Earth's admin-1 for Vietnam")
        parser.add_argument("--folder", type=Path, default=FOLDER)
        parser.add_argument(
            "--tolerance", type=float, default=0.002, help="degrees that a border may be moved to thin it"
        )

    def handle(self, *, source: Path, folder: Path, tolerance: float, **options) -> None:
        with open(DATA / "provinces.csv", encoding="utf-8", newline="") as file:
            former = {
                name: row["slug"] for row in csv.DictReader(file) for name in row["former_vi"].split("|")
            }
        try:
            features = json.loads(source.read_text(encoding="utf-8"))["features"]
            drawn = outline.merge(features, former, tolerance=tolerance)
        except (OSError, ValueError, KeyError, TypeError, outline.OutlineError) as error:
            raise CommandError(f"{source}: {error}") from error
        topology = json.dumps(outline.topology(drawn), separators=(",", ":"))
        for name, text in (("vietnam.json", topology), ("vietnam.svg", drawing.svg(drawn))):
            (folder / name).write_text(text + "\n", encoding="utf-8")
            self.stdout.write(f"{name}: {len(text)} bytes, {len(drawn.provinces)} provinces")
