"""The door through which TensorFlow and Keras come in: on the CPU, quiet, with as many threads as the engine's.

Importing them takes seconds and hundreds of megabytes: only a method that needs them calls this.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from types import ModuleType


@cache
def tensorflow() -> ModuleType:
    """TensorFlow, with INFERENCE_THREADS threads (see retrieval.methods.engine) and no GPU taken."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when the library is loaded
    import tensorflow

    threads = int(os.environ.get("INFERENCE_THREADS") or 1)
    with suppress(RuntimeError):  # it ran before: whoever started it chose
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        tensorflow.config.set_visible_devices([], "GPU")
    return tensorflow


@cache
def keras() -> ModuleType:
    """Keras on TensorFlow, whatever its own configuration names."""
    tensorflow()
    os.environ["KERAS_BACKEND"] = "tensorflow"  # read at import
    import keras

    return keras
