import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from retrieval.methods import weights
from retrieval.methods.backbones import EfficientNetLite2, Gem, efficientnet_lite2

torch.set_num_threads(1)


def test_gem_of_power_one_is_the_average():
    cells = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]])
    assert Gem(p=1)(cells).item() == pytest.approx(3)


def test_gem_of_power_three_is_the_cubic_mean():
    cells = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]])
    assert Gem(p=3)(cells).item() == pytest.approx(63 ** (1 / 3))  # (1 + 8 + 27 + 216) / 4 = 63


def test_maps_have_the_strides_and_channels_that_the_methods_count_on():
    trunk = EfficientNetLite2().eval()
    near = trunk.to_stride_16()(trunk.entrance()(torch.zeros(1, 3, 64, 96)))
    assert near.shape == (1, 720, 4, 6)
    assert trunk.from_stride_16()(near).shape == (1, 1280, 2, 3)


def test_a_cell_of_the_stride_16_map_has_its_field_around_pixel_15_of_its_own():
    torch.manual_seed(0)
    trunk = EfficientNetLite2().eval()
    for block in trunk.blocks:  # so that no unit is cut off and the whole field shows
        for layer in block.modules():
            if hasattr(layer, "relu"):
                layer.relu = False
    pixels = torch.rand(1, 3, 1024, 64, requires_grad=True)
    trunk.to_stride_16()(trunk.entrance()(pixels))[0, :, 31, 2].sum().backward()
    seen = np.flatnonzero(pixels.grad.abs().sum((0, 1, 3)).numpy())
    assert (seen[0] + seen[-1]) / 2 == 16 * 31 + 15


def traffic_light() -> Image.Image:
    image = Image.new("RGB", (288, 288), (150, 190, 230))
    draw = ImageDraw.Draw(image)
    draw.rectangle([104, 40, 184, 250], fill=(25, 25, 25))
    for top, colour in ((50, (240, 30, 20)), (118, (60, 50, 10)), (186, (10, 60, 20))):
        draw.ellipse([116, top, 172, top + 56], fill=colour)
    draw.rectangle([136, 250, 152, 288], fill=(60, 60, 60))
    return image


def clock() -> Image.Image:
    image = Image.new("RGB", (288, 288), (180, 170, 150))
    draw = ImageDraw.Draw(image)
    draw.ellipse([24, 24, 264, 264], fill=(250, 250, 245), outline=(40, 30, 20), width=10)
    for sine, cosine in ((np.sin(hour * np.pi / 6), np.cos(hour * np.pi / 6)) for hour in range(12)):
        draw.line(
            [144 + 90 * sine, 144 - 90 * cosine, 144 + 106 * sine, 144 - 106 * cosine], fill="black", width=6
        )
    draw.line([144, 144, 194, 104], fill="black", width=8)
    draw.line([144, 144, 124, 59], fill="black", width=5)
    return image


def crossword() -> Image.Image:
    image = Image.new("RGB", (288, 288), "white")
    draw, rng = ImageDraw.Draw(image), np.random.default_rng(0)
    for x in range(0, 288, 24):
        for y in range(0, 288, 24):
            draw.rectangle(
                [x, y, x + 24, y + 24], fill="black" if rng.random() < 0.2 else "white", outline="black"
            )
    return image


@pytest.mark.weights
@pytest.mark.parametrize(("draw", "known_as"), [(traffic_light, 920), (clock, 409), (crossword, 918)])
def test_the_published_weights_name_what_they_were_taught(draw, known_as):
    trunk = efficientnet_lite2(weights.find("efficientnet-lite2"))
    pixels = torch.from_numpy(np.array(draw())).permute(2, 0, 1)[None].float()
    with torch.inference_mode():
        assert trunk(pixels).argmax().item() == known_as  # its number among ImageNet's 1000 classes
