"""The pooling family, on maps of a few cells whose vectors are worked out by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from retrieval.methods.base import Pooling
from retrieval.methods.pooling import NetVlad, Rmac, build, regions
from retrieval.methods.whitening import learned_whitening, pca

MAP = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 2.0]]]])
# Two levels of the map: (4, 2) whole, then its cells (1, 0), (2, 0), (3, 0), (4, 2), each at unit length.
RMAC = [2 * 4 / 20**0.5 + 3, 2 * 2 / 20**0.5]
# Each channel's mean of cubes: (1 + 8 + 27 + 64) / 4 = 25 and 8 / 4 = 2.
GEM = [25 ** (1 / 3), 2 ** (1 / 3)]
# One centre at the origin takes every cell whole: the cells at unit length summed, at unit length.
NETVLAD = np.array([3 + 4 / 20**0.5, 2 / 20**0.5])
KINDS = {
    "mac": [4.0, 2.0],
    "spoc": [2.5, 0.5],
    "gem": GEM,
    "rmac": RMAC,
    "netvlad": NETVLAD / np.linalg.norm(NETVLAD),
    "fc": [10.0, 2.0],  # each channel summed
}


def built(kind: str) -> nn.Module:
    layers = nn.Linear(8, 2, bias=False)
    layers.weight.data = torch.eye(2).repeat_interleave(4, dim=1)
    pooling = build(Pooling(kind, levels=2, clusters=1), channels=2, layers=layers)
    if isinstance(pooling, NetVlad):
        pooling.centres.data.zero_()
    return pooling.requires_grad_(False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_pools_a_map_to_the_vector_worked_out_by_hand(kind):
    np.testing.assert_allclose(built(kind)(MAP)[0], KINDS[kind], rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("whitening", ["pca", "learned"])
def test_whitening_after_a_kind_scales_each_axis_as_worked_out_by_hand(kind, whitening):
    points = np.array([[2, 0], [-2, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [0, -1], [0, 1]], float)
    if whitening == "pca":  # of the first four: variances 2 and 0.5 about the origin
        projection, scale = pca(points[:4], dimensions=2, exponent=0.5), np.array([0.5**0.5, 2**0.5])
    else:  # their differences from the last four have second moments 0.5 and 2
        pairs = {"queries": np.arange(4), "positives": np.arange(4, 8)}
        projection = learned_whitening(points, dimensions=2, **pairs)
        scale = np.array([2**0.5, 0.5**0.5])
    expected = scale * KINDS[kind]
    found = projection.apply(built(kind)(MAP)[0].numpy())
    np.testing.assert_allclose(np.abs(found), expected / np.linalg.norm(expected), rtol=1e-4)


def test_gem_goes_from_the_mean_to_the_maximum_as_p_grows():
    assert build(Pooling("gem", p=1))(MAP)[0].tolist() == [2.5, 0.5]
    np.testing.assert_allclose(build(Pooling("gem", p=40))(MAP)[0], [4, 2], rtol=0.04)


def test_a_wide_map_has_the_regions_of_the_paper():
    # 2 x 3: two squares of 2 overlap by half, nearest to 40 %; then squares of one cell, two down, three across.
    assert list(regions(2, 3, levels=2)) == [
        (0, 0, 2),
        (0, 1, 2),
        *((top, left, 1) for top in (0, 1) for left in (0, 1, 2)),
    ]


def test_a_tall_map_has_the_regions_of_the_wide_one_turned():
    wide = {(left, top, side) for top, left, side in regions(9, 20, levels=3)}
    assert set(regions(20, 9, levels=3)) == wide


def test_rmac_whitens_each_region_before_it_sums():
    whiten = nn.Linear(2, 2, bias=False)
    whiten.weight.data = torch.tensor([[0.0, 1.0], [0.5, 0.0]])  # (4, 2) -> (2, 2): 1/sqrt 2 each
    found = Rmac(levels=1, whiten=whiten)(MAP)[0].detach()
    np.testing.assert_allclose(found, [0.5**0.5, 0.5**0.5], rtol=1e-5)


def test_netvlad_gives_every_centre_the_same_length():
    torch.manual_seed(0)
    found = NetVlad(channels=2, clusters=3)(MAP).detach().reshape(3, 2)
    np.testing.assert_allclose(found.norm(dim=1), [3**-0.5] * 3, rtol=1e-5)


@pytest.mark.parametrize("kind", ["netvlad", "fc", "median"])
def test_facts_that_cannot_be_built_are_refused_by_name(kind):
    with pytest.raises(ValueError, match=kind):
        build(Pooling(kind))
