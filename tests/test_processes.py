"""Several processes give the results of one, make their own codecs, and end with the parent."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from functools import partial

import pytest
from support import AUDIENCE, CODEC, INVITE, KEYRING
from workers import make_codec, make_none, read

from passphrase import Codec
from passphrase.bulk import processes
from passphrase.bulk.processes import spread

pytestmark = pytest.mark.slow

TEXT = CODEC.encode(INVITE)


@pytest.mark.parametrize("count", [1, 2])
def test_results_come_in_order(count: int) -> None:
    """Results are in order, for any number of batches."""
    texts = [CODEC.encode(INVITE.model_copy(update={"variant": v})) for v in range(8)]
    batches = [[text] for text in texts]
    for some in ([], batches[:1], batches):
        expected = [read(CODEC, batch) for batch in some]
        assert [*spread(read, some, make_codec, processes=count)] == expected


@pytest.mark.parametrize("count", [1, 2])
def test_batches_are_not_read_long_before_they_are_worked_on(count: int) -> None:
    """Only a few batches are read ahead, so a file can be larger than the memory."""
    taken: list[int] = []

    def batches() -> Iterator[list[str]]:
        for number in range(20):
            taken.append(number)
            yield []

    done = spread(read, batches(), make_codec, processes=count)
    for number, _ in enumerate(done):
        assert len(taken) <= number + count + 1


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_of_the_work_comes_where_its_result_would_stand(count: int) -> None:
    done = spread(read, [[TEXT], ["nothing"]], make_codec, processes=count)
    assert next(done) == read(CODEC, [TEXT])
    with pytest.raises(ValueError, match="no passphrase in this text"):
        next(done)


def test_a_keyring_is_not_taken_along() -> None:
    """A keyring cannot be sent to a process; this is refused before one starts."""
    with pytest.raises(TypeError, match="holds secrets and cannot be pickled"):
        list(spread(read, [[TEXT]], partial(Codec, KEYRING, audience=AUDIENCE), processes=2))


def test_a_process_without_codec_is_an_error_and_not_a_wait() -> None:
    with pytest.raises(BrokenProcessPool):
        list(spread(read, [[TEXT]], make_none, processes=2))


def test_unasked_it_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(processes, "ProcessPoolExecutor")
    assert [*spread(read, [[TEXT]], make_codec)] == [read(CODEC, [TEXT])]


def test_no_process_is_no_way_to_work() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        list(spread(read, [[TEXT]], make_codec, processes=0))


def test_what_a_process_does_when_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves Ctrl-C to its parent, makes its codec, and ends when its parent has ended."""
    done: list[object] = []

    class Thread:
        def __init__(self, *, target: Callable[[], None], daemon: bool) -> None:
            assert daemon
            self.start = target

    class Parent:
        sentinel = 7

    monkeypatch.setattr(processes, "_worker_codec", [])
    monkeypatch.setattr(processes, "Thread", Thread)
    monkeypatch.setattr(processes, "wait", done.append)
    monkeypatch.setattr(signal, "raise_signal", done.append)
    monkeypatch.setattr(signal, "signal", lambda number, way: done.append((number, way)))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    processes._start(make_codec)
    assert processes._run(read, [TEXT]) == read(CODEC, [TEXT])
    monkeypatch.setattr(processes, "parent_process", Parent)
    processes._start(make_codec)
    ignored = (signal.SIGINT, signal.SIG_IGN)
    assert done == [ignored, ignored, [7], signal.SIGTERM]
