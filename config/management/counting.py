"""Progress bars for work whose end is not known: a bar a stage, each counted up."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from tqdm import tqdm


@contextmanager
def counted(*, total: int | None = None) -> Iterator[Callable[[str, int], None]]:
    """A callable that takes what is being done and how many more are. Shown to people only, not to logs."""
    with ExitStack() as stack:

        @cache
        def bar(stage: str) -> tqdm:
            return stack.enter_context(tqdm(total=total, desc=stage, leave=False, disable=None))

        yield lambda stage, count: bar(stage).update(count) and None
