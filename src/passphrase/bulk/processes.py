"""`spread`: batches -> results from several processes, in order, without sending keys to them.

Source: docs/bulk.md, "Several processes".
A `Codec` cannot be pickled, because a pickle would carry its keys through a pipe. Each process
makes its own codec instead.
"""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, Final, TypeVar

Keys = TypeVar("Keys")  # a codec, or an object that contains one
Batch = TypeVar("Batch")
Result = TypeVar("Result")
_worker_codec: Final[list[Any]] = []  # one item, in a worker process


def spread(
    work: Callable[[Keys, Batch], Result],
    batches: Iterable[Batch],
    codec_factory: Callable[[], Keys],
    *,
    processes: int = 1,
) -> Iterator[Result]:
    """Yield `work(codec, batch)` for each batch, in order.

    Batches are read only a few ahead, so together they can be larger than the memory. A script must
    guard its start with ``if __name__ == "__main__":``, as always with spawned processes.

    Args:
        work: A function at the top level of a module, such as `bulk.decode_column`. Give options
            with ``functools.partial(decode_column, repair="exact")``.
        batches: The second argument of `work`; about 10,000 rows is a good size. Pickling a slice
            of an Arrow column sends the whole column: copy it with ``pa.concat_arrays([slice])``.
        codec_factory: Makes the codec in each process, from a keys file or the environment. Also
            a function at the top level of a module.
        processes: Number of processes; one a core is fastest. With 1, the work is done in this
            process.

    Raises:
        ValueError: `processes` is less than 1.
        concurrent.futures.process.BrokenProcessPool: A process was killed, or could not make its
            codec.
        Exception: Any exception of `work`, in place of its result.
    """
    if processes == 1:
        codec = codec_factory()
        for batch in batches:
            yield work(codec, batch)
        return
    # Not "fork": Arrow has threads, and their locks would stay locked in the children.
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
    """Set a worker up: make its codec, ignore Ctrl-C, and end when the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, daemon=True).start()
    _worker_codec[:] = [codec_factory()]


def _leave_with_parent() -> None:
    """End this process when its parent ends. A pool would wait forever for a killed parent."""
    parent = parent_process()
    if parent:
        wait([parent.sentinel])
        signal.raise_signal(signal.SIGTERM)


def _run(work: Callable[[Any, Batch], Result], batch: Batch) -> Result:
    return work(_worker_codec[0], batch)
