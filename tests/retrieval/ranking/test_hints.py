import cv2
import numpy as np
import pytest

from retrieval.methods.base import Box, LocalFeatures
from retrieval.ranking.hints import (
    MOST_HINTS,
    TINY,
    Code,
    Hint,
    answer_hints,
    in_order,
    photo_hints,
    proposed_box,
)
from retrieval.ranking.verification import AFFINE, Verification
from tests.retrieval.methods.drawn import scene

SIZE = (800, 600)
SKY = np.linspace([120, 160, 210], [200, 215, 235], 600)[:, None].repeat(800, axis=1).astype(np.uint8)


def street(seed: int, *, width: int = 480, height: int = 360) -> np.ndarray:
    """A drawn street of stones and leaves: no part of a photograph is as flat as a drawing."""
    grain = np.random.default_rng(seed).normal(0, 40, (height, width, 1)).astype(np.float32)
    rough = cv2.GaussianBlur(grain, (0, 0), 0.8)[..., None]
    rough *= 25 / rough.std()
    return (scene(seed, width=width, height=height) + rough).clip(0, 255).astype(np.uint8)


def codes(pixels: np.ndarray, *, box: Box | None = None, local: LocalFeatures | None = None) -> list[Code]:
    return [hint.code for hint in photo_hints(pixels, box=box, local=local)]


def attending(keypoints: np.ndarray, scores: np.ndarray, *, size: tuple[int, int] = SIZE) -> LocalFeatures:
    order = np.argsort(-scores)
    unit = np.eye(1, 40, dtype=np.float32).repeat(len(scores), axis=0)
    ones = np.ones(len(scores), np.float32)
    return LocalFeatures(
        keypoints[order].astype(np.float32), ones, scores[order].astype(np.float32), unit, size
    )


def attention(box: Box, *, size: tuple[int, int] = SIZE, count: int = 1000) -> LocalFeatures:
    """Features all over a photo, most of them strong inside the box and weak outside."""
    random = np.random.default_rng(7)
    inside = random.uniform([box.left, box.top], [box.right, box.bottom], (count * 7 // 10, 2))
    anywhere = random.uniform(0, size, (count - len(inside), 2))
    scores = np.r_[random.uniform(25, 40, len(inside)), random.uniform(18, 20, len(anywhere))]
    return attending(np.vstack([inside, anywhere]), scores, size=size)


def seen(box: Box, *, inliers: int = 30, seed: int = 1) -> Verification:
    """Matches all over a box of the photo."""
    points = np.random.default_rng(seed).uniform([box.left, box.top], [box.right, box.bottom], (inliers, 2))
    points = points.astype(np.float32)
    return Verification(inliers, points, points, least=AFFINE.least)


def inside(inner: Box | None, outer: Box | None) -> bool:
    """Whether there are both boxes, and one lies in the other."""
    return (
        inner is not None
        and outer is not None
        and inner == inner.clip(width=outer.right, height=outer.bottom)
        and inner.left >= outer.left
        and inner.top >= outer.top
    )


def test_a_clear_photo_has_no_hints():
    assert photo_hints(street(3), box=None, local=None) == []
    assert photo_hints(street(3), box=Box(100, 50, 400, 300), local=attention(Box(0, 0, 480, 360))) == []


def test_a_black_photo_and_a_dark_one_are_too_dark_and_nothing_else():
    assert codes(np.zeros((600, 800, 3), np.uint8)) == [Code.TOO_DARK]
    assert codes((street(3) * 0.15).astype(np.uint8)) == [Code.TOO_DARK]


def test_lit_buildings_at_night_are_not_too_dark():
    night = (street(3) * 0.05).astype(np.uint8)
    night[200:320, 150:300] = street(3)[200:320, 150:300]
    assert Code.TOO_DARK not in codes(night)


@pytest.mark.parametrize("width", [275, 800, 2000])
def test_a_blurred_photo_is_told_at_every_size(width):
    sharp = cv2.resize(street(5, width=480), (width, width * 3 // 4), interpolation=cv2.INTER_AREA)
    assert codes(cv2.GaussianBlur(sharp, (0, 0), 0.006 * width)) == [Code.BLURRED]
    assert codes(sharp) == []


def test_an_enlarged_thumbnail_is_not_blurred():
    thumbnail = cv2.resize(street(5), (275, 206), interpolation=cv2.INTER_AREA)
    assert codes(cv2.resize(thumbnail, (1100, 824), interpolation=cv2.INTER_CUBIC)) == []


def test_sky_is_plain_and_so_is_a_white_wall():
    assert codes(SKY) == [Code.PLAIN]
    assert codes(np.full((600, 800, 3), 255, np.uint8)) == [Code.PLAIN]


def test_a_small_thing_before_the_sky_has_few_details_and_a_box_around_it():
    pixels, thing = SKY.copy(), Box(300, 300, 540, 480)
    pixels[thing.top : thing.bottom, thing.left : thing.right] = street(4, width=240, height=180)
    [hint] = photo_hints(pixels, box=None, local=attention(thing))
    assert hint.code == Code.FEW_DETAILS
    assert hint.box is not None
    assert inside(hint.box, Box(270, 270, 570, 510))


def test_few_local_features_are_few_details():
    few = attention(Box(100, 100, 300, 300), count=150)
    [hint] = photo_hints(street(3, width=800, height=600), box=None, local=few)
    assert hint.code == Code.FEW_DETAILS
    assert hint.box is not None


def test_only_what_the_box_shows_is_judged():
    pixels = SKY.copy()
    pixels[300:] = street(4, width=800, height=300)
    assert codes(pixels, box=Box(0, 0, 800, 250)) == [Code.PLAIN]
    assert codes(pixels, box=Box(0, 320, 800, 600)) == []


def test_a_tiny_box_is_given_room_inside_the_photo():
    pixels = street(3, width=1200, height=900)
    [hint] = photo_hints(pixels, box=Box(1150, 10, 1195, 70), local=None)
    assert hint.code == Code.TINY_BOX
    assert inside(hint.box, Box(0, 0, 1200, 900))
    assert inside(Box(1150, 10, 1195, 70), hint.box)
    assert photo_hints(pixels, box=hint.box, local=None) == []


def test_a_tiny_box_of_a_small_photo_has_no_room():
    assert photo_hints(street(3, width=220, height=160), box=Box(20, 20, 100, 90), local=None) == [
        Hint(Code.TINY_BOX)
    ]


@pytest.mark.parametrize(
    ("pixels", "box"),
    [
        (SKY, Box(400, 300, 401, 301)),
        (SKY, Box(799, 599, 800, 600)),
        (SKY, Box(900, 700, 950, 750)),
        (SKY, Box(400, 300, 400, 300)),
        (SKY, Box(-20, -20, 30, 30)),
        (np.zeros((1, 1, 3), np.uint8), None),
        (np.full((1, 900, 3), 255, np.uint8), None),
        (np.full((900, 1, 3), 99, np.uint8), Box(0, 0, 1, 900)),
    ],
)
def test_nothing_to_see_raises_nothing(pixels, box):
    none = attending(np.zeros((0, 2)), np.zeros(0))
    assert photo_hints(pixels, box=box, local=None)
    assert photo_hints(pixels, box=box, local=none)


def test_hints_come_in_their_order_and_three_at_most():
    every = [Hint(code) for code in reversed(Code)]
    assert [hint.code for hint in in_order(every)] == list(Code)[:MOST_HINTS]
    pixels = (street(3, width=800, height=600) * 0.1).astype(np.uint8)
    assert codes(pixels, box=Box(10, 10, 60, 60)) == [Code.TINY_BOX, Code.TOO_DARK]


def test_a_box_is_proposed_around_what_draws_attention():
    thing = Box(450, 200, 650, 420)
    box = proposed_box(attention(thing), size=SIZE)
    assert inside(box, Box(420, 170, 680, 450))
    assert box.width * box.height > 0.6 * thing.width * thing.height


def test_a_few_strong_features_far_off_do_not_stretch_the_box():
    thing = attention(Box(450, 200, 650, 420))
    keypoints = np.vstack([[[5, 5], [795, 595]], thing.keypoints])
    box = proposed_box(attending(keypoints, np.r_[[60, 60], thing.scores]), size=SIZE)
    assert inside(box, Box(420, 170, 680, 450))


def test_no_box_is_proposed_where_attention_is_everywhere():
    assert proposed_box(attention(Box(0, 0, 800, 600)), size=SIZE) is None


def test_no_box_is_proposed_from_a_few_features():
    assert proposed_box(attention(Box(300, 300, 400, 400), count=40), size=SIZE) is None
    assert proposed_box(attending(np.zeros((0, 2)), np.zeros(0)), size=SIZE) is None


def test_a_box_of_features_that_draw_alike_holds_most_of_them():
    keypoints = np.random.default_rng(3).uniform([100, 100], [300, 250], (200, 2))
    box = proposed_box(attending(keypoints, np.ones(200)), size=SIZE)
    assert inside(box, Box(75, 75, 325, 275))


def test_a_proposal_stays_inside_the_box_that_was_searched_and_is_smaller():
    searched = Box(200, 100, 700, 500)
    box = proposed_box(attention(Box(450, 200, 600, 350)), size=SIZE, box=searched)
    assert inside(box, searched)
    assert proposed_box(attention(searched), size=SIZE, box=searched) is None


def test_features_at_one_place_give_a_box_that_is_not_tiny():
    box = proposed_box(attending(np.full((100, 2), 3.0), np.ones(100)), size=SIZE)
    assert box == Box(0, 0, TINY, TINY)


def test_matches_all_over_the_photo_give_no_hint():
    assert answer_hints([(1, seen(Box(50, 50, 750, 550)))], size=SIZE) == []
    assert answer_hints([], size=SIZE) == []


def test_matches_that_crowd_into_a_small_part_are_one_sided():
    crowd = Box(400, 300, 470, 370)
    [hint] = answer_hints([(1, seen(crowd))], size=SIZE)
    assert hint.code == Code.ONE_SIDED
    assert inside(crowd, hint.box)
    assert hint.box is not None
    assert max(hint.box.width, hint.box.height) == TINY


def test_a_crowd_along_an_edge_may_be_a_caption_and_is_not_proposed():
    assert answer_hints([(1, seen(Box(10, 560, 300, 590)))], size=SIZE) == [Hint(Code.ONE_SIDED)]


def test_what_is_small_in_the_photo_may_fill_the_box():
    box = Box(380, 280, 500, 400)
    assert answer_hints([(1, seen(Box(400, 300, 480, 380)))], size=SIZE, box=box) == []


def test_too_few_inliers_say_nothing():
    assert (
        answer_hints([(1, seen(Box(400, 300, 480, 380), inliers=11)), (2, Verification())], size=SIZE) == []
    )


def test_a_collage_shows_several_places_and_the_strongest_is_proposed():
    left, right = Box(20, 50, 350, 550), Box(450, 50, 780, 550)
    evidence = [
        (1, seen(left)),
        (1, seen(left, inliers=25)),
        (2, seen(right, inliers=60)),
        (3, Verification()),
    ]
    [hint] = answer_hints(evidence, size=SIZE)
    assert hint.code == Code.SEVERAL_PLACES
    assert hint.box is not None
    assert inside(hint.box, Box(400, 0, 800, 600))


def test_two_answers_for_one_part_of_the_photo_are_not_several_places():
    part = Box(100, 50, 600, 550)
    assert answer_hints([(1, seen(part)), (2, seen(part, seed=2))], size=SIZE) == []


def test_one_place_in_two_parts_of_the_photo_is_not_several_places():
    left, right = Box(20, 50, 350, 550), Box(450, 50, 780, 550)
    assert answer_hints([(1, seen(left)), (1, seen(right))], size=SIZE) == []


def test_a_second_place_that_chance_may_find_does_not_count():
    left, right = Box(20, 50, 350, 550), Box(450, 50, 780, 550)
    assert answer_hints([(1, seen(left)), (2, seen(right, inliers=13))], size=SIZE) == []


@pytest.mark.parametrize("spread", [[0, 0], [300, 0], [0, 300]])
def test_matches_at_one_point_or_on_one_line_raise_nothing(spread):
    points = (np.array([300, 200]) + np.linspace(0, 1, 20)[:, None] * spread).astype(np.float32)
    [hint] = answer_hints([(1, Verification(20, points, points, least=AFFINE.least))], size=SIZE)
    assert hint.code == Code.ONE_SIDED
    assert answer_hints([(1, Verification(20, points, points, least=AFFINE.least))], size=(1, 1)) == [
        Hint(Code.ONE_SIDED)
    ]
