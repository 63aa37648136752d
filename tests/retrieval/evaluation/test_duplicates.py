import cv2
import numpy as np

from retrieval.evaluation.duplicates import near_duplicate_groups


def picture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)


def saved_again(image: np.ndarray) -> np.ndarray:
    smaller = cv2.resize(image, (200, 150), interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)


def test_a_picture_saved_again_smaller_and_worse_is_a_near_duplicate():
    assert near_duplicate_groups([picture(1), picture(2), saved_again(picture(1))]) == (0, 1, 0)


def test_a_brighter_copy_is_a_near_duplicate():
    assert near_duplicate_groups([picture(1), (picture(1) * 0.8 + 40).astype(np.uint8)]) == (0, 0)


def test_different_pictures_stand_alone():
    assert near_duplicate_groups(picture(seed) for seed in range(20)) == tuple(range(20))


def test_no_pictures_give_no_groups():
    assert near_duplicate_groups([]) == ()
