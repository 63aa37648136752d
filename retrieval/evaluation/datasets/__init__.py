"""Photos with their ground truth; a module per way in which the world writes one down."""

from retrieval.evaluation.datasets.base import Dataset, DatasetError, QueryTruth, file_hash, read_photo
from retrieval.evaluation.datasets.folder import from_folder, labelled_photos, photos_in
from retrieval.evaluation.datasets.ground_truth import from_ground_truth
from retrieval.evaluation.datasets.oxford import from_text_files

__all__ = [
    "Dataset",
    "DatasetError",
    "QueryTruth",
    "file_hash",
    "from_folder",
    "from_ground_truth",
    "from_text_files",
    "labelled_photos",
    "photos_in",
    "read_photo",
]
