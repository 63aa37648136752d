"""Where a network runs: on a CPU through OpenVINO, on an NVIDIA GPU through torch. Pictures in, arrays out.

A process reads from its environment, when it builds its first engine:
    INFERENCE_DEVICE     cpu, cuda or cuda:1; by default a GPU where torch finds one
    INFERENCE_THREADS    CPU threads of this process; by default one
    INFERENCE_PRECISION  f32 or bf16; by default bf16 where the processor computes with it
    MODEL_CACHE_DIR      where converted networks are kept; by default a folder of the user's cache
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from retrieval.methods.batching import Batches

if TYPE_CHECKING:
    import openvino
    from torch import Tensor, nn

logger = logging.getLogger(__name__)

# How many prepared layers a network remembers, of all sizes it met. OpenVINO's own 5000 let a worker that sees boxes
# of every size grow past 2.5 GB; with this many it stays under 1.4 GB and is a sixth slower on sizes never seen.
REMEMBERED = 1000

_converting = Lock()  # torch's tracing is for one thread at a time

AT_ONCE = 8  # pictures that keep a GPU busy while as many threads decode the next ones

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
    "aliked_network.py",
    "lightglue.py",  # its thresholds are in the converted steps
    "lightglue_network.py",
    "official/cirtorch_network.py",
    "official/trunks.py",
)


@dataclass(frozen=True)
class Graph:
    """A network, or a part of one, of several arrays in and out."""

    module: nn.Module
    examples: tuple[Tensor, ...]  # one per input, to trace the module with
    shapes: tuple[tuple[int, ...], ...]  # one per input; -1 where a side may have any length


@dataclass(frozen=True)
class Chain:
    """Graphs that run one after another until one says that it was the last.

    All take the same state. A step gives whether to go on, a truth value of no axes, and the next state; the end of
    the same number makes the chain's outputs of it where the chain goes no further.
    """

    steps: Sequence[Graph]
    ends: Sequence[Graph]


class Engine(Protocol):
    """A network ready to run."""

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """One picture, (H, W, 3) uint8 RGB of any size -> the network's output, float32, no batch axis."""


def build(network: Network, *, identity: str) -> Engine:
    """An engine for the network that `network()` makes, which takes (N, 3, H, W) RGB values 0..255.

    identity: what tells this network from any other of this folder's code (weights' SHA-256, head); it keys
    the cache of conversions, by which a warm worker loads neither torch nor the weights.
    """
    if (device := _device()) != "cpu":
        return _torch_engine(network, device=device)
    return _OpenVinoEngine(network, identity=identity)


def at_once() -> int:
    """How many threads of this process do well to describe side by side: on a GPU their pictures run in batches."""
    return 1 if _device() == "cpu" else AT_ONCE


class GraphEngine(Protocol):
    """A graph ready to run."""

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Arrays of its shapes -> its outputs in the module's order."""


def build_graphs(
    graphs: Callable[[], Mapping[str, Graph | Chain]], *, names: Sequence[str], identity: str, exact: bool
) -> dict[str, GraphEngine]:
    """An engine for each graph that `graphs()` makes, by its name.

    names: theirs, known before they are made. identity: as for `build`. exact: in f32 whatever
    INFERENCE_PRECISION says.
    """
    if (device := _device()) != "cpu":
        return {name: TorchGraph(graph, device=device) for name, graph in graphs().items()}
    import openvino

    core = openvino.Core()
    precision = "f32" if exact else _precision(core)
    models = _kept(core, names, lambda: _convert_graphs(graphs()), identity=identity)
    return {name: _OpenVinoGraph(core, model, precision) for name, model in zip(names, models, strict=True)}


class TorchGraph:
    """A graph as torch runs it by itself, on the device of this name."""

    def __init__(self, graph: Graph | Chain, *, device: str):
        chain = graph if isinstance(graph, Chain) else Chain([], [graph])
        self._device = device
        self._steps, self._ends = (
            [each.module.to(device).eval() for each in part] for part in (chain.steps, chain.ends)
        )

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        import torch

        with torch.inference_mode():
            outputs = self._run([torch.tensor(value, device=self._device) for value in inputs])
        several = outputs if isinstance(outputs, tuple) else (outputs,)
        return [output.cpu().numpy() for output in several]

    def _run(self, state: list[Tensor]) -> Tensor | tuple[Tensor, ...]:
        for step, end in zip(self._steps, self._ends, strict=False):  # what is no chain is an end alone
            going, *state = step(*state)
            if not going:
                return end(*state)
        return self._ends[-1](*state)


class _OpenVinoGraph:
    def __init__(self, core: openvino.Core, model: openvino.Model, precision: str):
        options = _options() | {"INFERENCE_PRECISION_HINT": precision}
        self._request = core.compile_model(model, "CPU", options).create_infer_request()
        self._lock = Lock()  # one request holds one set of buffers

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        with self._lock:
            outputs = self._request.infer(
                [np.ascontiguousarray(value) for value in inputs], share_inputs=True, share_outputs=True
            )
            return [output.copy() for output in outputs.values()]


def _torch_engine(network: Network, *, device: str) -> Engine:
    import torch
    from torch import nn

    whole = nn.Sequential(*network()).to(device).eval()

    def run(pictures: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            pixels = torch.from_numpy(pictures).to(device)  # as bytes: a quarter of what the numbers would be
            return whole(pixels.permute(0, 3, 1, 2).float()).cpu().numpy()

    return Batches(run)


class _OpenVinoEngine:
    """Compiled once for every size: a size not seen before costs some 20 ms and 2 MB once."""

    def __init__(self, network: Network, *, identity: str):
        import openvino

        core = openvino.Core()
        entrance, rest = _kept(core, ("entrance", "rest"), lambda: _convert(*network()), identity=identity)
        self._parts = [
            core.compile_model(
                part, "CPU", _options() | {"INFERENCE_PRECISION_HINT": precision}
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


def _options() -> dict[str, object]:
    return {
        "INFERENCE_NUM_THREADS": _threads(),
        "PERFORMANCE_HINT": "LATENCY",
        "CPU_RUNTIME_CACHE_CAPACITY": REMEMBERED,
    }


def _kept(
    core: openvino.Core, names: Sequence[str], convert: Callable[[], list[openvino.Model]], *, identity: str
) -> list[openvino.Model]:
    """All parts in OpenVINO's form: from the cache, or converted now and kept if the folder allows it."""
    import openvino

    code = b"".join((Path(__file__).parent / name).read_bytes() for name in _BUILDERS)
    key = hashlib.sha256(f"{identity} {openvino.__version__}".encode() + code).hexdigest()[:24]
    paths = [_cache_dir() / f"{key}-{name}.xml" for name in names]
    if all(path.is_file() for path in paths):
        return [core.read_model(path) for path in paths]
    with _converting:
        models = convert()
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
    from torch import nn

    class Channels(nn.Module):
        """Pixels as a picture holds them -> as a network wants them."""

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return pictures.permute(0, 3, 1, 2).float()

    first, example = nn.Sequential(Channels(), entrance).eval(), torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    between = first(example)
    return _convert_graphs(
        {
            "entrance": Graph(first, (example,), ((1, -1, -1, 3),)),
            "rest": Graph(rest, (between,), ((1, between.shape[1], -1, -1),)),
        }
    )


def _convert_graphs(graphs: Mapping[str, Graph | Chain]) -> list[openvino.Model]:
    return [
        _convert_chain(graph) if isinstance(graph, Chain) else _convert_graph(graph)
        for graph in graphs.values()
    ]


def _convert_graph(graph: Graph) -> openvino.Model:
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    torch.set_num_threads(1)
    frontend = FrontEndManager().load_by_framework("pytorch")
    # Not openvino.convert_model: it does the same, and reports its use to a server.
    traced = TorchScriptPythonDecoder(graph.module.eval(), example_input=graph.examples)
    model = frontend.convert(frontend.load(traced))  # which the decoder must outlive
    inputs = zip(model.inputs, graph.shapes, strict=True)
    model.reshape({value: list(shape) for value, shape in inputs})
    return model


def _convert_chain(chain: Chain) -> openvino.Model:
    """Each step's choice holds all that follows it: one model, whose buffers the steps share.

    Apart they each found their own out of the processor's caches, which took a fifth of the time.
    """
    import openvino
    from openvino import opset13

    following: openvino.Model | None = None
    for step, end in zip(reversed(chain.steps), reversed(chain.ends), strict=True):
        running, ending = _convert_graph(step), _convert_graph(end)
        going, *state = (result.input_value(0) for result in running.get_results())
        if following is None:
            for value, parameter in zip(state, ending.get_parameters(), strict=True):
                for use in parameter.output(0).get_target_inputs():
                    use.replace_source_output(value)
            outputs = [result.input_value(0) for result in ending.get_results()]
        else:
            choice = opset13.if_op(going)
            choice.set_then_body(following)
            choice.set_else_body(ending)
            inputs = zip(state, following.get_parameters(), ending.get_parameters(), strict=True)
            for value, on, off in inputs:
                choice.set_input(value, on, off)
            results = zip(following.get_results(), ending.get_results(), strict=True)
            outputs = [choice.set_output(on, off) for on, off in results]
        following = openvino.Model([opset13.result(each) for each in outputs], running.get_parameters())
    assert following is not None
    return following


def _device() -> str:
    if chosen := os.environ.get("INFERENCE_DEVICE"):
        return chosen
    if not Path("/dev/nvidiactl").exists():  # asking torch would load it, for two seconds and 200 MB
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _threads() -> int:
    return int(os.environ.get("INFERENCE_THREADS") or 1)


def _precision(core: openvino.Core) -> str:
    capable = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return os.environ.get("INFERENCE_PRECISION") or ("bf16" if capable else "f32")


def _cache_dir() -> Path:
    if chosen := os.environ.get("MODEL_CACHE_DIR"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vietnam-tourism-retrieval"
