"""Oxford5k's and Paris6k's own text files (Philbin et al., CVPR 2007 and 2008)."""

from pathlib import Path

from retrieval.evaluation.datasets.base import Dataset, DatasetError, QueryTruth, box_of
from retrieval.evaluation.datasets.folder import photos_in
from retrieval.evaluation.metrics import CLASSIC, Truth

QUERY = "_query.txt"
PREFIX = "oxc1_"  # before Oxford's query names alone, and before no file's
LISTS = ("good", "ok", "junk")
DAMAGED = "corrupt.txt"


def from_text_files(folder: Path, *, images: Path, name: str) -> Dataset:
    """The dataset of NAME_query.txt (a photo and its box), NAME_good.txt, _ok.txt and _junk.txt.

    images: the photos, however deep; all of them are the database, the queries' own photos among them, as
    published. Names that the folder's corrupt.txt lists, where it is (20 of Paris6k cannot be read), are
    left out. Positives: good and ok. DatasetError names the file that is missing, wrong, or names a photo
    that is not there.
    """
    folder, images = Path(folder), Path(images)
    asked = sorted(folder.glob(f"*{QUERY}"))
    if not asked:
        raise DatasetError(f"{folder}: no files NAME{QUERY}")
    damaged = set(_names(folder / DAMAGED)) if (folder / DAMAGED).exists() else set()
    photos = [photo for photo in photos_in(images) if photo.stem not in damaged]
    number_of = {photo.stem: index for index, photo in enumerate(photos)}
    queries = []
    for file in asked:
        words = _words(file)
        if len(words) != 5:
            raise DatasetError(f"{file}: not a photo and the four numbers of its box")
        photo, corners = words[0].removeprefix(PREFIX), words[1:]
        if photo not in number_of:
            raise DatasetError(f"{file}: its photo {photo} is not in {images}")
        try:
            box = box_of([float(corner) for corner in corners])
        except ValueError as error:
            raise DatasetError(f"{file}: {error}") from error
        stem = file.name.removesuffix(QUERY)
        good, ok, junk = (
            _numbers(folder / f"{stem}_{part}.txt", number_of, images, damaged) for part in LISTS
        )
        queries.append(QueryTruth(photos[number_of[photo]], Truth(ok=good | ok, junk=junk), box))
    return Dataset(name, tuple(photos), tuple(queries), CLASSIC)


def _words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file}: {error}") from error


def _names(file: Path) -> list[str]:
    return [Path(word).stem for word in _words(file)]


def _numbers(file: Path, number_of: dict[str, int], images: Path, damaged: set[str]) -> frozenset[int]:
    names = set(_names(file)) - damaged
    if missing := names - number_of.keys():
        raise DatasetError(f"{file}: {len(missing)} photos are not in {images}, the first {min(missing)}")
    return frozenset(number_of[name] for name in names)
