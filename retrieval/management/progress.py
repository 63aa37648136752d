"""Progress bars for what library code reports: a bar per stage."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from tqdm import tqdm


@contextmanager
def bars(*, of: str = "") -> Iterator[Callable[[str, int, int], None]]:
    """A callable that takes what is being done, how many are done, of how many. `of` stands before each stage."""
    with ExitStack() as stack:

        @cache
        def bar(stage: str, total: int) -> tqdm:
            return stack.enter_context(tqdm(total=total, desc=f"{of}{stage}", leave=False, disable=None))

        def progress(stage: str, done: int, total: int) -> None:
            bar(stage, total).update(done - bar(stage, total).n)

        yield progress
