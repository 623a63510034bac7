"""Batches -> tables in several processes, in order, and no secret on the way.

A `Codec` refuses to be pickled, on purpose: what is pickled is written to a pipe. Each process
makes a codec of its own instead.
"""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, Final, TypeVar

Keys = TypeVar("Keys")  # a codec, or what has one
Batch = TypeVar("Batch")
Result = TypeVar("Result")
_worker_codec: Final[list[Any]] = []  # one, in a process of `spread`


def spread(
    work: Callable[[Keys, Batch], Result],
    batches: Iterable[Batch],
    codec_factory: Callable[[], Keys],
    *,
    processes: int = 1,
) -> Iterator[Result]:
    """Yield `work(codec, batch)` of each batch, in order; one process for each core is best.

    A few batches at most are under way, so they may come out of a file larger than the memory.

    Args:
        work: A function of a module, such as `bulk.decode_column`, where needed with options:
            ``functools.partial(decode_column, repair="exact")``.
        batches: What `work` takes second; some 10,000 rows are a good size. Of a slice of an Arrow
            column, pickle writes the whole column: cut it out with ``pa.concat_arrays([slice])``.
        codec_factory: Makes the codec in each process, out of a keys file or the environment. A
            function of a module too. As with all processes that Python spawns, a script must guard
            its own start with ``if __name__ == "__main__":``.
        processes: How many; with 1 the work is done in this one.

    Raises:
        ValueError: There are to be fewer than 1 processes.
        concurrent.futures.process.BrokenProcessPool: One was killed, or could not make its codec.
        Exception: Whatever `work` raises, where its result would have stood.
    """
    if processes == 1:
        codec = codec_factory()
        for batch in batches:
            yield work(codec, batch)
        return
    # Not forked: Arrow has threads, and a fork would leave their locks locked for ever.
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_start, initargs=(codec_factory,)
    ) as pool:
        pending: deque[Future[Result]] = deque()
        for batch in batches:
            pending.append(pool.submit(_run, work, batch))
            if len(pending) > processes:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _start(codec_factory: Callable[[], object]) -> None:
    """Make the codec of this process, leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, daemon=True).start()
    _worker_codec[:] = [codec_factory()]


def _leave_with_parent() -> None:
    """End when the parent has ended, even by a kill; a pool alone would wait for it for ever."""
    parent = parent_process()
    if parent:
        wait([parent.sentinel])
        signal.raise_signal(signal.SIGTERM)


def _run(work: Callable[[Any, Batch], Result], batch: Batch) -> Result:
    return work(_worker_codec[0], batch)
