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

# Idle OpenMP threads of torch must sleep, not spin, or processes that share cores stall each other tenfold.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


class Engine(Protocol):
    """A network ready to run."""

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """One picture, (H, W, 3) uint8 RGB of any size -> the network's output for it, float32, without the batch axis."""


def build(network: Callable[[], nn.Module], *, identity: str) -> Engine:
    """An engine for the network that `network()` makes, which takes (N, 3, H, W) RGB values 0..255.

    identity: what tells this network from any other of this folder's code (weights' SHA-256, head); it keys the cache
    of conversions.
    With a conversion in the cache neither torch nor the weights are loaded: a warm worker starts in a second.
    """
    if _device() == "cuda":
        return _TorchEngine(network())
    return _OpenVinoEngine(network, identity=identity)


class _TorchEngine:
    def __init__(self, network: nn.Module):
        self._network = network.cuda().eval()

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        import torch

        with torch.inference_mode():
            pixels = torch.from_numpy(np.ascontiguousarray(picture)).cuda()
            return self._network(pixels.permute(2, 0, 1)[None].float())[0].cpu().numpy()


class _OpenVinoEngine:
    """Shapes are dynamic: a size not seen before costs some 20 ms once, and a picture keeps its proportions exactly."""

    def __init__(self, network: Callable[[], nn.Module], *, identity: str):
        import openvino

        core = openvino.Core()
        model = _converted(core, network, identity=identity)
        options = {
            "INFERENCE_NUM_THREADS": _threads(),
            "INFERENCE_PRECISION_HINT": _precision(core),
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._request = core.compile_model(model, "CPU", options).create_infer_request()
        self._lock = Lock()  # one request holds one set of buffers

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        with self._lock:
            outputs = self._request.infer([np.ascontiguousarray(picture)[None]], share_inputs=True)
            return outputs[0][0]


def _converted(core: openvino.Core, network: Callable[[], nn.Module], *, identity: str) -> openvino.Model:
    """The network in OpenVINO's form, from the cache or converted now (and then kept, where the folder can be written)."""
    import openvino

    code = Path(__file__).read_bytes() + Path(__file__).with_name("backbones.py").read_bytes()
    key = hashlib.sha256(f"{identity} {openvino.__version__}".encode() + code).hexdigest()[:24]
    path = _cache_dir() / f"{key}.xml"
    if path.is_file():
        return core.read_model(path)
    model = _convert(network())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{key}.{os.getpid()}.xml")
        openvino.save_model(model, part, compress_to_fp16=False)
        part.with_suffix(".bin").replace(path.with_suffix(".bin"))
        part.replace(path)  # last: whoever sees the .xml finds its .bin
    except OSError as error:
        logger.warning("converted network not kept in %s: %s", path.parent, error)
    return model


def _convert(network: nn.Module) -> openvino.Model:
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
    from torch import nn

    torch.set_num_threads(1)

    class FromPixels(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return self.network(pictures.permute(0, 3, 1, 2).float())

    # Not openvino.convert_model: it does the same, and reports its use to a server.
    pictures = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    traced = TorchScriptPythonDecoder(FromPixels().eval(), example_input=(pictures,))  # must outlive convert()
    frontend = FrontEndManager().load_by_framework("pytorch")
    model = frontend.convert(frontend.load(traced))
    model.reshape([1, -1, -1, 3])
    return model


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
