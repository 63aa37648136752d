"""DELF with its authors' network, trained on Google Landmarks, and by their rules (Noh et al., ICCV 2017).

Source of the rules: github.com/tensorflow/models, research/delf: delf/python/examples/extractor.py, feature_extractor.py,
and detect_to_retrieve/delf_gld_config.pbtxt (Teichmann et al., CVPR 2019). The archive holds a SavedModel, which brings
a picture to seven scales and picks cells by itself, and beside it the PCA of its descriptors.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from retrieval.methods import weights
from retrieval.methods.base import Box, Checkpoint, Description, LocalFeatures
from retrieval.methods.official.datum import read_datum
from retrieval.methods.official.tensorflow_runtime import tensorflow
from retrieval.methods.preprocessing import crop
from retrieval.methods.weights import UnusableWeights
from retrieval.methods.whitening import Projection, l2

LONGEST = 1024  # pixels of a whole picture's longest side at scale 1: as large as those of ROxford and RParis
SCALES = (0.25, 0.3536, 0.5, 0.7071, 1.0, 1.4142, 2.0)  # rounded as the authors' configuration has them
MOST = 1000
LEAST_SCORE = 100.0
LEAST_SIDE = 10  # pixels; a narrower picture has no local features
DIMENSIONS = 128

REFERENCES = (
    Checkpoint(
        name="delf_gld_20190411",
        architecture="ResNet50 up to its third block, attention, seven scales, PCA; "
        "shortlist: the features' sum, weighted by attention",
        dimensions=DIMENSIONS,
        training_set="ImageNet, then Google Landmarks v1",
        licence="Apache-2.0 (the repository's; the archive states none)",
        paper="https://arxiv.org/abs/1612.06321",
        local_dimensions=DIMENSIONS,
        files=("delf_gld_20190411",),
        input=f"longest side {LONGEST} pixels at most, at scales {', '.join(map(str, SCALES))}",
        mean=(128 / 255,) * 3,
        std=(128 / 255,) * 3,
    ),
)

# A picture, (H, W, 3) uint8 -> N cells, the highest score first: boxes (N, 4), (top, left, bottom, right) in the
# picture's pixels; features (N, C); scales (N,), 1 over the picture's scale; scores (N,). All float32.
Network = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]


class Extractor:
    """The authors' archive, ready to describe pictures."""

    def __init__(self, archive: Path) -> None:
        """Unpacks the archive beside itself where that was not done before; raises UnusableWeights."""
        folder = unpacked(archive)
        self._projection = _projection(folder / "pca")
        self._network = _network(folder / "model", features=len(self._projection.mean))

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Extractor:
        """One of REFERENCES; raises MissingWeights, UnusableWeights."""
        return cls(weights.find(checkpoint.files[0]))

    def extract(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        """(H, W, 3) uint8 RGB, or what its box shows, -> its local features and their sum.

        A feature draws a score of LEAST_SCORE. The sum, at unit length, is of up to MOST cells of any score, each
        weighted by it, so that a picture without features has a vector too; the authors publish none for this
        network, whose shortlist came from aggregation over a learned codebook (ASMK).
        """
        view, box = crop(image, box)
        picture = sized(view, scale=min(1.0, LONGEST / max(image.shape[:2])))
        boxes, features, scales, scores = self._network(_wide(picture))
        centres = (boxes[:, [1, 0]] + boxes[:, [3, 2]]) / 2
        size = np.array([view.shape[1], view.shape[0]])
        places = (centres * size / [picture.shape[1], picture.shape[0]]).clip(0, size - 1)
        descriptors = self._projection.apply(l2(features))
        enough = min(picture.shape[:2]) >= LEAST_SIDE
        telling = slice(np.count_nonzero(scores >= LEAST_SCORE) if enough else 0)
        local = LocalFeatures(
            keypoints=(places + [box.left, box.top]).astype(np.float32)[telling],
            scales=(1 / (scales * SCALES[-1])).astype(np.float32)[telling],
            scores=scores[telling],
            descriptors=descriptors[telling],
            size=(image.shape[1], image.shape[0]),
        )
        return Description(_attended(descriptors, scores), local)


def _attended(descriptors: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The sum, at unit length, of (N, D) descriptors, each weighted by its score, (N,), none negative: (D,)."""
    most = scores.max()
    return l2((scores / most if most > 0 else np.ones_like(scores)) @ descriptors)


def sized(view: np.ndarray, *, scale: float) -> np.ndarray:
    """A picture or what a box shows of it, at its picture's scale; nothing is resized by 1."""
    if scale == 1:
        return view
    width, height = (max(1, round(side * scale)) for side in (view.shape[1], view.shape[0]))
    picture = Image.fromarray(np.ascontiguousarray(view))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def _wide(picture: np.ndarray) -> np.ndarray:
    """The picture, enlarged where it is too narrow for the smallest scale."""
    width, height = (max(LEAST_SIDE, side) for side in (picture.shape[1], picture.shape[0]))
    if picture.shape[:2] == (height, width):
        return picture
    enlarged = Image.fromarray(np.ascontiguousarray(picture)).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    return np.asarray(enlarged)


def unpacked(archive: Path) -> Path:
    """The folder of the archive's one top folder, unpacked beside the archive once and whole.

    It is named for the archive's SHA-256, so that another archive is unpacked anew. Raises UnusableWeights.
    """
    top = archive.name.removesuffix(".tar.gz")
    folder = archive.with_name(f"{top}-{weights.sha256(archive)[:16]}")
    if not folder.is_dir():
        try:
            draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
        except OSError as error:
            raise UnusableWeights(archive, f"cannot be unpacked beside itself: {error}") from error
        try:
            _unpack(archive, draft)
            draft.chmod(0o755)  # mkdtemp's is the owner's alone
            draft.rename(folder)
        except OSError as error:
            if not folder.is_dir():  # nor has another process made it meanwhile
                raise UnusableWeights(archive, f"cannot be unpacked beside itself: {error}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    if not (folder / top).is_dir():
        raise UnusableWeights(archive, f"holds no folder {top}")
    return folder / top


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive, "r:gz") as files:
            files.extractall(folder, filter="data")
    except tarfile.FilterError as error:
        raise UnusableWeights(archive, f"holds what is not safe to unpack: {error}") from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise UnusableWeights(archive, "incomplete or damaged") from error


def _projection(folder: Path) -> Projection:
    mean, matrix = read_datum(folder / "mean.datum").ravel(), read_datum(folder / "pca_proj_mat.datum")
    if matrix.ndim != 2 or matrix.shape[0] < DIMENSIONS or matrix.shape[1] != len(mean):
        raise UnusableWeights(
            folder / "pca_proj_mat.datum", f"{matrix.shape} is no projection of {len(mean)} to {DIMENSIONS}"
        )
    return Projection(mean=mean, matrix=matrix[:DIMENSIONS])


def _network(folder: Path, *, features: int) -> Network:
    """The SavedModel's graph between the tensors that the authors name; raises UnusableWeights.

    features: how many components each of its descriptors must have.
    """
    tf = tensorflow()
    if not (folder / "saved_model.pb").is_file():
        raise UnusableWeights(folder, "holds no SavedModel")
    try:
        model = tf.saved_model.load(str(folder))
    except Exception as error:  # a file cut off fails as anything from DecodeError to OSError
        raise UnusableWeights(folder, "incomplete or damaged") from error
    inputs = ("input_image", "input_scales", "input_max_feature_num", "input_abs_thres")
    outputs = ("boxes", "features", "scales", "scores")
    try:
        graph = model.prune([f"{name}:0" for name in inputs], [f"{name}:0" for name in outputs])
    except (AttributeError, KeyError, ValueError) as error:  # one that TensorFlow 2 saved has no prune
        names = ", ".join((*inputs, *outputs))
        raise UnusableWeights(folder, f"not a graph of DELF, which has {names}") from error

    def run(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        boxes, values, at, scores = graph(*map(tf.constant, (picture, SCALES, MOST, 0.0)))
        return boxes.numpy(), values.numpy(), at.numpy(), scores.numpy().ravel()

    try:
        _, values, _, _ = run(np.zeros((32, 32, 3), np.uint8))
    except (TypeError, ValueError, tf.errors.OpError) as error:
        raise UnusableWeights(folder, f"not a graph of DELF: {error}") from error
    if values.shape[1:] != (features,):
        raise UnusableWeights(folder, f"its features have {values.shape[1:]} components, its PCA {features}")
    return run
