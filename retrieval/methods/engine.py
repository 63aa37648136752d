"""Where a network runs: on a CPU through OpenVINO, on an NVIDIA GPU through torch. Pictures in, arrays out.

A process reads from its environment, when it builds its first engine:
    INFERENCE_DEVICE     cpu or cuda; by default a GPU where torch finds one
    INFERENCE_THREADS    CPU threads; by default all that the process may use
    INFERENCE_PRECISION  f32 or bf16; by default bf16 where the processor computes with it
    MODEL_CACHE_DIR      where converted networks are kept; by default a folder of the user's cache
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    import openvino
    from torch import nn

logger = logging.getLogger(__name__)

# How many prepared layers a network remembers, of all sizes it met. OpenVINO's own 5000 let a worker that sees boxes
# of every size grow past 2.5 GB; with this many it stays under 1.4 GB and is a sixth slower on sizes never seen.
REMEMBERED = 1000

# Idle OpenMP threads of torch must sleep, not spin, or processes that share cores stall each other tenfold.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


# Makes a network in two parts: its entrance, and the rest. Rounding to bf16 in the entrance costs three
# quarters of all that bf16 loses, and f32 there a tenth of the time: it always runs in f32.
Network = Callable[[], "tuple[nn.Module, nn.Module]"]


# What decides which network stands behind an identity: with their code changes what is kept.
_BUILDERS = (
    "engine.py",
    "backbones.py",
    "pooling.py",
    "official/cirtorch_network.py",
    "official/trunks.py",
)


class Engine(Protocol):
    """A network ready to run."""

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """One picture, (H, W, 3) uint8 RGB of any size -> the network's output, float32, no batch axis."""


def build(network: Network, *, identity: str) -> Engine:
    """An engine for the network that `network()` makes, which takes (N, 3, H, W) RGB values 0..255.

    identity: what tells this network from any other of this folder's code (weights' SHA-256, head); it keys
    the cache of conversions, by which a warm worker loads neither torch nor the weights.
    """
    if _device() == "cuda":
        return _TorchEngine(network)
    return _OpenVinoEngine(network, identity=identity)


class _TorchEngine:
    def __init__(self, network: Network):
        from torch import nn

        self._network = nn.Sequential(*network()).cuda().eval()

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        import torch

        with torch.inference_mode():
            pixels = torch.tensor(picture).cuda()
            return self._network(pixels.permute(2, 0, 1)[None].float())[0].cpu().numpy()


class _OpenVinoEngine:
    """Compiled once for every size: a size not seen before costs some 20 ms and 2 MB once."""

    def __init__(self, network: Network, *, identity: str):
        import openvino

        core = openvino.Core()
        options = {
            "INFERENCE_NUM_THREADS": _threads(),
            "PERFORMANCE_HINT": "LATENCY",
            "CPU_RUNTIME_CACHE_CAPACITY": REMEMBERED,
        }
        entrance, rest = _converted(core, network, identity=identity)
        self._parts = [
            core.compile_model(
                part, "CPU", options | {"INFERENCE_PRECISION_HINT": precision}
            ).create_infer_request()
            for part, precision in ((entrance, "f32"), (rest, _precision(core)))
        ]
        self._lock = Lock()  # one request holds one set of buffers

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        value = np.ascontiguousarray(picture)[None]
        with self._lock:
            for part in self._parts:
                value = part.infer([value], share_inputs=True, share_outputs=True)[0]
            return value[0].copy()


def _converted(core: openvino.Core, network: Network, *, identity: str) -> list[openvino.Model]:
    """Both parts in OpenVINO's form: from the cache, or converted now and kept if the folder allows it."""
    import openvino

    code = b"".join((Path(__file__).parent / name).read_bytes() for name in _BUILDERS)
    key = hashlib.sha256(f"{identity} {openvino.__version__}".encode() + code).hexdigest()[:24]
    paths = [_cache_dir() / f"{key}-{part}.xml" for part in ("entrance", "rest")]
    if all(path.is_file() for path in paths):
        return [core.read_model(path) for path in paths]
    models = _convert(*network())
    try:
        for path, model in zip(paths, models, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_stem(f"{path.stem}-{os.getpid()}")
            openvino.save_model(model, draft, compress_to_fp16=False)
            draft.with_suffix(".bin").replace(path.with_suffix(".bin"))
            draft.replace(path)  # last: whoever sees the .xml finds its .bin
    except (OSError, RuntimeError) as error:  # OpenVINO's own writer raises RuntimeError
        logger.warning("converted network not kept in %s: %s", _cache_dir(), error)
    return models


def _convert(entrance: nn.Module, rest: nn.Module) -> list[openvino.Model]:
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
    from torch import nn

    class Channels(nn.Module):
        """Pixels as a picture holds them -> as a network wants them."""

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return pictures.permute(0, 3, 1, 2).float()

    torch.set_num_threads(1)
    frontend = FrontEndManager().load_by_framework("pytorch")
    first, example = nn.Sequential(Channels(), entrance).eval(), torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    between = first(example)
    models = []
    for part, value, shape in (
        (first, example, [1, -1, -1, 3]),
        (rest.eval(), between, [1, between.shape[1], -1, -1]),
    ):
        # Not openvino.convert_model: it does the same, and reports its use to a server.
        traced = TorchScriptPythonDecoder(part, example_input=(value,))  # must outlive convert()
        model = frontend.convert(frontend.load(traced))
        model.reshape(shape)
        models.append(model)
    return models


def _device() -> str:
    if chosen := os.environ.get("INFERENCE_DEVICE"):
        return chosen
    if not Path("/dev/nvidiactl").exists():  # asking torch would load it, for two seconds and 200 MB
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _threads() -> int:
    return int(os.environ.get("INFERENCE_THREADS") or len(os.sched_getaffinity(0)))


def _precision(core: openvino.Core) -> str:
    capable = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return os.environ.get("INFERENCE_PRECISION") or ("bf16" if capable else "f32")


def _cache_dir() -> Path:
    if chosen := os.environ.get("MODEL_CACHE_DIR"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vietnam-tourism-retrieval"
