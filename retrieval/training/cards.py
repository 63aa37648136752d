"""Model cards: what a file of learned weights is, and how it came to be, for whoever finds it."""

from pathlib import Path
from typing import Any

_TAIL = "its last six blocks and GeM's p"


def gem_card(path: Path, *, sha256: str, facts: dict[str, Any], curve: str) -> str:
    """The card of a fine-tuned tail, Markdown. curve: the run's curve.csv."""
    return _card(
        title="CNN-IRwNHA's fine-tuned tail",
        learned=_TAIL,
        purpose="Compares photographs of places: its vector stands beside the untouched trunk's. Not for faces.",
        method="Contrastive loss over pairs that verified local features found, hard negatives mined anew each "
        "epoch (Radenovic, Tolias & Chum, TPAMI 2018). No label was read.",
        path=path,
        sha256=sha256,
        facts=facts,
        curve=curve,
    )


def attention_card(path: Path, *, sha256: str, facts: dict[str, Any], curve: str) -> str:
    """The card of DELF's attention, Markdown."""
    return _card(
        title="DELF's attention",
        learned="two 1x1 convolutions on its last map at stride 16",
        purpose="Chooses the cells of a photograph that become its local features. Not for faces.",
        method="Landmark classification on the attention-weighted mean of the cells (Noh et al., ICCV 2017).",
        path=path,
        sha256=sha256,
        facts=facts,
        curve=curve,
    )


def catalogue_card(path: Path, *, sha256: str, facts: dict[str, Any], curve: str) -> str:
    """The card of a tail that was tuned to a catalogue, Markdown."""
    return _card(
        title="CNN-IRwNHA's tail tuned to its catalogue",
        learned=_TAIL,
        purpose="Tells the landmarks of one catalogue apart, beside the untouched vector. Not for other places.",
        method="Margin softmax over the catalogue's own labels (CosFace, Wang et al., CVPR 2018).",
        path=path,
        sha256=sha256,
        facts=facts,
        curve=curve,
    )


def projection_card(path: Path, *, sha256: str, facts: dict[str, Any]) -> str:
    """The card of a PCA or a whitening, Markdown; its facts say whether pairs taught it."""
    from_pairs = bool(facts.get("pairs"))
    return _card(
        title=f"{'Whitening' if from_pairs else 'PCA'} of {path.stem}",
        learned="a mean and a projection",
        purpose="Makes a method's vectors short and comparable. Not for faces.",
        method="Whitening learned from matching pairs that verified local features found (Radenovic, Tolias & Chum, "
        "TPAMI 2018), in closed form. No label was read."
        if from_pairs
        else "Principal components of photographs and random parts of them, in closed form. No label was read.",
        path=path,
        sha256=sha256,
        facts=facts,
    )


def _card(
    *,
    title: str,
    learned: str,
    purpose: str,
    method: str,
    path: Path,
    sha256: str,
    facts: dict[str, Any],
    curve: str = "",
) -> str:
    how = ["## How it learned", "", *_table(curve), ""] if curve else []
    return "\n".join(
        [
            f"# {title}",
            "",
            f"- File: `{path.name}`, SHA-256 `{sha256}`",
            f"- Trunk: EfficientNet-Lite2 (ImageNet, Apache-2.0); learned, in float16: {learned}",
            f"- Purpose: {purpose}",
            f"- Method: {method}",
            *(f"- {name.replace('_', ' ')}: {value}" for name, value in facts.items()),
            "",
            *how,
        ]
    )


def _table(curve: str) -> list[str]:
    head, *lines = [line.split(",") for line in curve.strip().splitlines()]
    return [
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
        *(f"| {' | '.join(line)} |" for line in lines),
    ]
