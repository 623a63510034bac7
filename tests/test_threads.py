"""Threads that share a codec get the answers that one thread gets."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from support import AUDIENCE, CODEC, INVITE, OTHER_SECRET

from passphrase import Codec, Keyring, PassphraseError, explain, recognize, share
from passphrase.reading.fold import folding_of

THREADS = 16
ROUNDS = 4
MESSAGES = [
    share(CODEC.encode(INVITE.model_copy(update={"variant": variant})), group_name="火锅小分队")
    for variant in range(4)
]
DAMAGED = [message.replace(CODEC.encode(INVITE)[5], "?") for message in MESSAGES]
FORGED = Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE)
TEXTS = (*MESSAGES, *DAMAGED, FORGED, "no invite", "".join(MESSAGES[:2]))


def outcome(ask: Callable[[], object]) -> str:
    try:
        return repr(ask())
    except PassphraseError as error:
        return repr(error)


def ask(at: int) -> list[str]:
    """Ask everything about one text."""
    return [
        outcome(lambda: CODEC.encode(INVITE.model_copy(update={"variant": at}))),
        outcome(lambda: CODEC.decode(TEXTS[at])),
        outcome(lambda: CODEC.decode_all(TEXTS[at])),
        outcome(lambda: CODEC.decode(TEXTS[at], repair="exact")),
        outcome(lambda: explain(TEXTS[at], codec=CODEC)),
        outcome(lambda: recognize(TEXTS[at])),
    ]


@pytest.fixture
def short_turns() -> Iterator[None]:
    """Let threads take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("short_turns")
@pytest.mark.slow
def test_threads_that_share_a_codec_answer_as_one_does() -> None:
    """All begin at once with empty tables: encode, read, repair, explain and recognise."""
    alone = [ask(at) for at in range(len(TEXTS))]
    barrier = threading.Barrier(THREADS)
    folding_of.cache_clear()

    def work(seed: int) -> None:
        draw = Random(seed)
        barrier.wait(30)
        for _ in range(ROUNDS):
            for at in draw.sample(range(len(TEXTS)), len(TEXTS)):
                assert ask(at) == alone[at]

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
