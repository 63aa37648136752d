import pytest

from retrieval.ranking import Ranked
from retrieval.ranking.verification import Verification


def test_an_image_that_was_not_verified_has_no_inliers_and_none_that_are_evidence():
    image = Ranked(1, 0.5)
    assert (image.inliers, image.credible_inliers) == (None, 0)


@pytest.mark.parametrize(("inliers", "credible"), [(0, 0), (11, 0), (12, 12), (80, 80)])
def test_inliers_count_from_the_number_on_that_their_verifier_finds_credible(inliers: int, credible: int):
    image = Ranked(1, 0.5, Verification(inliers, least=12))
    assert (image.inliers, image.credible_inliers) == (inliers, credible)


def test_images_are_the_same_whose_place_is_the_same():
    assert Ranked(1, 0.5, Verification(30)) == Ranked(1, 0.5)
