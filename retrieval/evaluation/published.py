"""What others measured with these methods, on their photographs and with their weights."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """mAP in percent: by the revisited setups, or over a classic benchmark; None where the source has none."""

    source: str
    address: str  # where it can be read; "" for what was never published
    method: str
    checkpoint: str  # "" where the source does not say
    dataset: str
    easy: float | None = None
    medium: float | None = None
    hard: float | None = None
    classic: float | None = None


_REPORT = ("Founding report of this project", "")
_AUTHORS = ("cnnimageretrieval-pytorch", "https://github.com/filipradenovic/cnnimageretrieval-pytorch")
_SIR = "ResNet152 (ImageNet) + 1024"
_SFM = "ResNet101-GeM (SfM-120k)"
_LANDMARKS = "ResNet101-GeM (Google Landmarks 2018)"

PUBLISHED = (
    Published(*_REPORT, "CNN-IRwNHA", "", "ROxford5k", 85.08, 68.65, 44.24),
    Published(*_REPORT, "DELF", "", "ROxford5k", 58.56, 42.04, 16.98),
    Published(*_REPORT, "SIR", _SIR, "ROxford5k", 14.4, 11.85, 2.34),
    Published(*_REPORT, "CNN-IRwNHA", "", "Oxford5k", classic=82.09),
    Published(*_REPORT, "DELF", "", "Oxford5k", classic=66.69),
    Published(*_REPORT, "SIR", _SIR, "Oxford5k", classic=23.34),
    Published(*_AUTHORS, "CNN-IRwNHA", _SFM, "ROxford5k", medium=65.4, hard=40.1),
    Published(*_AUTHORS, "CNN-IRwNHA", _SFM, "RParis6k", medium=76.7, hard=55.2),
    Published(*_AUTHORS, "CNN-IRwNHA", _LANDMARKS, "ROxford5k", medium=67.3, hard=44.3),
    Published(*_AUTHORS, "CNN-IRwNHA", _LANDMARKS, "RParis6k", medium=80.6, hard=61.5),
)
