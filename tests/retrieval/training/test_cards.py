from pathlib import Path

import pytest

from retrieval.training.cards import attention_card, catalogue_card, gem_card, projection_card

CURVE = "epoch,loss,p\n1,0.50000,3.00100\n2,0.25000,3.00200\n"
FACTS = {"training_set": "four drawn photos", "rate": 0.1, "photos_sha256": "ab" * 32}


@pytest.mark.parametrize(
    ("card", "title", "method"),
    [
        (gem_card, "# CNN-IRwNHA's fine-tuned tail", "No label was read"),
        (attention_card, "# DELF's attention", "Noh et al."),
        (catalogue_card, "# CNN-IRwNHA's tail tuned to its catalogue", "the catalogue's own labels"),
    ],
)
def test_a_card_says_what_the_file_is_and_how_it_came_to_be(card, title, method):
    written = card(Path("/somewhere/weights.npz"), sha256="cd" * 32, facts=FACTS, curve=CURVE)
    lines = written.splitlines()
    assert lines[0] == title
    assert f"- File: `weights.npz`, SHA-256 `{'cd' * 32}`" in lines
    assert any(line.startswith("- Method: ") and method in line for line in lines)
    assert any(line.startswith("- Purpose: ") and "Not for" in line for line in lines)
    assert lines.count("- training set: four drawn photos") == lines.count("- rate: 0.1") == 1
    assert "somewhere" not in written


def test_a_card_shows_the_curve_as_a_table():
    written = gem_card(Path("weights.npz"), sha256="cd", facts={}, curve=CURVE)
    assert written.endswith(
        "## How it learned\n\n"
        "| epoch | loss | p |\n|---|---|---|\n| 1 | 0.50000 | 3.00100 |\n| 2 | 0.25000 | 3.00200 |\n"
    )


@pytest.mark.parametrize(
    ("pairs", "title", "method"), [(0, "# PCA of delf", "Principal"), (7, "# Whitening of delf", "pairs")]
)
def test_the_card_of_a_projection_says_whether_pairs_taught_it(pairs, title, method):
    written = projection_card(Path("/somewhere/delf.npz"), sha256="cd", facts={"pairs": pairs})
    assert written.startswith(f"{title}\n")
    assert method in next(line for line in written.splitlines() if line.startswith("- Method: "))
    assert "How it learned" not in written  # in closed form: there is no curve
