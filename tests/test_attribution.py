"""Attribution: columns say what a plain loop says, and refuse bad rows without raising."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import naive_attribution as naive
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_events import LOG_DAYS, START, make_events, make_issued, person

from passphrase import Origin
from passphrase.bulk import (
    EVENTS,
    ISSUED,
    add_up,
    attribute,
    branch,
    branch_issued,
    people,
    read_events,
    read_issued,
    steps,
    uses,
)

LARGE = str(2**64 - 1)
UUID_ID = "12345678-1234-5678-1234-56781234abcd"
IDS = ["1", "2", "3", LARGE, UUID_ID]
FINGERPRINTS = [f"1-{number:020x}" for number in range(4)]
DAYS = (1, 3)
END = START + timedelta(days=8)


def table(schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([*rows], schema)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


moments = st.integers(0, 20).map(lambda half: day(half / 2))
event_rows = st.fixed_dictionaries(
    {
        "at": moments,
        "event": st.sampled_from(["joined", "left", "joined", "left", "opened", "refused"]),
        "group_id": st.sampled_from(IDS[:2]),
        "user_id": st.sampled_from(IDS),
        "fingerprint": st.sampled_from([*FINGERPRINTS, None]),
    }
)
SOURCES = [  # what a fingerprint stands for does not change; its label can
    {
        "fingerprint": fingerprint,
        "group_id": IDS[number % 2],
        "inviter_id": IDS[number],
        "origin": [*Origin][number % 3].value,
        "expires_at": END,
    }
    for number, fingerprint in enumerate([*FINGERPRINTS[:3], FINGERPRINTS[0]])
]
issued_rows = st.tuples(st.sampled_from(SOURCES), st.sampled_from(["spring", "春节", None])).map(
    lambda pair: pair[0] | {"label": pair[1]}
)


def key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["group_id"], row["user_id"]


def counts(counted: pa.Table) -> dict[tuple[object, object], dict[str, int]]:
    """Return the counts of `uses` as the naive reading has them."""
    return {
        (row.pop("origin"), row.pop("label")): {name: count for name, count in row.items() if count}
        for row in counted.to_pylist()
    }


def compare(
    events: pa.Table, issued: pa.Table, until: datetime, days: Sequence[int], root: str
) -> None:
    """Compare every function with the naive reading."""
    rows, sources = events.to_pylist(), issued.to_pylist()
    attributed = attribute(steps(events, until, days), issued)
    found = people(attributed)
    expected = naive.people(rows, sources, until, days)
    assert sorted(found.to_pylist(), key=key) == sorted(expected, key=key)
    assert counts(uses(attributed, issued)) == naive.uses(rows, sources, until, days)
    below = branch(found, root)
    depths = naive.branch(expected, root)
    assert {key(row): row["depth"] for row in below.to_pylist()} == depths
    assert len(below) == len(depths)
    denied = branch_issued(issued, below, root).to_pylist()
    listed = [row["fingerprint"] for row in denied]
    assert {*listed} == naive.branch_issued(sources, depths, root)
    assert len(listed) == len({(row["fingerprint"], row["group_id"]) for row in denied})


@given(
    events=st.lists(event_rows, max_size=25),
    issued=st.lists(issued_rows, max_size=6),
    until=moments,
    root=st.sampled_from(IDS),
)
def test_columns_say_what_a_loop_says(
    events: list[Any], issued: list[Any], until: datetime, root: str
) -> None:
    compare(table(EVENTS, events), table(ISSUED, issued), until, DAYS, root)


@pytest.mark.slow
def test_a_hundred_thousand_events() -> None:
    """The log of the benchmark, with every unkindness that it has."""
    events, issued = (pa.concat_tables(make(100_000)) for make in (make_events, make_issued))
    assert read_events(events)["error"].null_count == len(events) == 100_000
    compare(read_events(events), read_issued(issued), day(LOG_DAYS), (1, 7, 30), person(1))


@given(rows=st.lists(event_rows, max_size=12).flatmap(lambda r: st.permutations([*r, *r[:3]])))
def test_order_and_retries_change_nothing(rows: list[Any]) -> None:
    """Rows in any order, some of them twice, give the same steps."""
    plain = [row for at, row in enumerate(rows) if row not in rows[:at]]
    one, other = (
        sorted(steps(table(EVENTS, some), END, DAYS).to_pylist(), key=str)
        for some in (rows, sorted(plain, key=str))
    )
    assert one == other


@pytest.mark.slow
@given(events=st.lists(event_rows, max_size=25), issued=st.lists(issued_rows, max_size=6))
def test_the_cut_changes_nothing(events: list[Any], issued: list[Any]) -> None:
    """Groups alone, added up, say what all of them say together."""

    def made(groups: Sequence[str]) -> tuple[list[Any], pa.Table]:
        some, known = (
            table(schema, [row for row in rows if row["group_id"] in groups])
            for schema, rows in ((EVENTS, events), (ISSUED, issued))
        )
        done = attribute(steps(some, END, DAYS), known)
        return people(done).to_pylist(), uses(done, known)

    (first, first_uses), (second, second_uses), (both, both_uses) = map(
        made, (IDS[:1], IDS[1:2], IDS[:2])
    )
    assert sorted(first + second, key=key) == sorted(both, key=key)
    assert add_up([first_uses, second_uses]) == both_uses


# --- People --------------------------------------------------------------------------------------


def one_person(*moves: tuple[float, str, str | None], until: datetime = END) -> dict[str, Any]:
    """Return the row of one person, after events at some days."""
    rows = [
        {"at": day(at), "event": event, "group_id": "1", "user_id": "2", "fingerprint": by}
        for at, event, by in moves
    ]
    issued = table(ISSUED, SOURCES)
    (row,) = people(attribute(steps(table(EVENTS, rows), until, DAYS), issued)).to_pylist()
    return dict(row)


FIRST, SECOND, THIRD, UNISSUED = FINGERPRINTS


def test_the_first_invitation_counts() -> None:
    """Somebody who comes back by another invite stays below the first inviter."""
    row = one_person((0, "joined", FIRST), (1, "left", None), (2, "joined", SECOND))
    assert (row["inviter_id"], row["fingerprint"], row["left_at"]) == ("1", FIRST, None)


@pytest.mark.parametrize("by", [None, UNISSUED])
def test_nobody_else_becomes_the_inviter(by: str | None) -> None:
    """Somebody whose first join is unexplained has no inviter, whatever came later."""
    row = one_person((0, "joined", by), (1, "left", None), (2, "joined", SECOND))
    assert (row["inviter_id"], row["origin"], row["fingerprint"]) == (None, None, by)


def test_a_day_is_24_hours() -> None:
    """Who leaves at the very end of it has left; before the end of the log nobody knows."""
    stayed = one_person((0, "joined", FIRST), (1.0001, "left", None))
    assert (stayed["stayed_1"], stayed["stayed_3"]) == (True, False)
    left = one_person((0, "joined", FIRST), (1, "left", None))
    assert (left["stayed_1"], left["left_at"]) == (False, day(1))
    early = one_person((0, "joined", FIRST), until=day(2.999))
    assert (early["stayed_1"], early["stayed_3"]) == (True, None)
    assert one_person((0, "joined", FIRST), until=day(3))["stayed_3"] is True


def test_who_is_back_in_time_has_stayed() -> None:
    row = one_person((0, "joined", FIRST), (0.5, "left", None), (0.9, "joined", None))
    assert (row["stayed_1"], row["left_at"]) == (True, None)


def test_a_join_comes_before_a_leave_of_the_same_moment() -> None:
    row = one_person((0, "left", None), (0, "joined", FIRST))
    assert (row["joined_at"], row["left_at"], row["stayed_1"]) == (day(0), day(0), False)


# --- Branches ------------------------------------------------------------------------------------


def tree(*pairs: tuple[str, str | None], group: str = "1") -> pa.Table:
    """Return people, given as each with their inviter."""
    columns = {"group_id": group, "origin": "qq", "joined_at": START}
    rows = [{"user_id": user, "inviter_id": inviter, **columns} for user, inviter in pairs]
    empty = people(attribute(steps(EVENTS.empty_table(), END), ISSUED.empty_table()))
    return table(empty.schema, rows)


def depths(found: pa.Table) -> dict[str, int]:
    return dict(zip(found["user_id"].to_pylist(), found["depth"].to_pylist(), strict=True))


def test_a_tree_ends_in_a_cycle() -> None:
    """People who invited each other, or themselves, occur once; the one at the top never does."""
    assert depths(branch(tree(("2", "1"), ("1", "2"), ("3", "2"), ("4", "4"), ("5", None)), 1)) == {
        "2": 1,
        "3": 2,
    }
    assert depths(branch(tree(("1", "1"), ("2", "1")), "1")) == {"2": 1}
    assert depths(branch(tree(("2", "3"), ("3", "2"), ("4", "3")), 1)) == {}
    assert depths(branch(tree(), 1)) == {}


@pytest.mark.slow
def test_a_tree_can_be_very_deep() -> None:
    """Without recursion, in any order of the rows."""
    pairs = [(str(number + 1), str(number)) for number in range(100_000)]
    for some in (pairs, pairs[::-1]):
        found = depths(branch(tree(*some), 50_000))
        assert (len(found), found["100000"]) == (50_000, 50_000)


def test_a_tree_stays_in_its_group() -> None:
    both = pa.concat_tables([tree(("2", "1")), tree(("3", "2"), group="7")])
    assert depths(branch(both, 1)) == {"2": 1}
    issued = table(
        ISSUED,
        [
            SOURCES[0] | {"group_id": group, "inviter_id": inviter, "fingerprint": f"1-{at:020x}"}
            for at, (group, inviter) in enumerate([("1", "2"), ("7", "2"), ("7", "1"), ("1", "3")])
        ],
    )
    listed = branch_issued(issued, branch(both, UUID(int=0)), 1)
    assert listed["fingerprint"].to_pylist() == [f"1-{2:020x}"]
    listed = branch_issued(issued, branch(both, 1), 1)
    assert listed["fingerprint"].to_pylist() == [f"1-{at:020x}" for at in (0, 2)]


# --- Reading -------------------------------------------------------------------------------------

GOOD = {
    "at": "2026-01-01T08:00:00+08:00",
    "event": "joined",
    "group_id": "1",
    "user_id": UUID_ID,
    "fingerprint": FIRST,
}
BAD = {
    "at": [
        "2026-01-01T08:00:00",
        "2026-01-01",
        "now",
        "1767225600",
        "0001-01-01T00:00+23:59",
        "1969-12-31T23:59Z",
        "2200-01-01T00:00Z",
    ],
    "event": ["Joined", "minted", "春"],
    "group_id": [
        "01",
        "-1",
        str(2**64),
        "1.0",
        "1e3",
        UUID_ID + "0",
        UUID_ID.replace("-", ""),
        " 1",
    ],
    "user_id": ["x", "٣", "1\n"],
    "fingerprint": [
        "8-" + "0" * 20,
        "1-" + "0" * 19,
        FIRST.upper().replace("0", "G"),
        FIRST + "\n",
    ],
}


def error_of(**changed: object) -> str | None:
    (error,) = read_events(pa.table({n: [v] for n, v in (GOOD | changed).items()}))[
        "error"
    ].to_pylist()
    return error if error is None else str(error)


@pytest.mark.parametrize(("name", "value"), [(name, v) for name, bad in BAD.items() for v in bad])
def test_a_bad_value_is_named(name: str, value: str) -> None:
    """The row has nothing but its error, and rows beside it are read."""
    rows = [GOOD, GOOD | {name: value}]
    good, bad = read_events(pa.Table.from_pylist(rows)).to_pylist()
    assert bad == dict.fromkeys(EVENTS.names) | {"error": f"invalid_{name}"}
    assert good == GOOD | {"at": START, "error": None}


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_value_is_named(value: str | None) -> None:
    for name in GOOD:
        expected = None if name == "fingerprint" else f"missing_{name}"
        assert error_of(**{name: value}) == expected


def test_the_first_bad_column_is_named() -> None:
    assert error_of(event="?", user_id=None) == "invalid_event"
    assert error_of(event=None, user_id="?") == "missing_event"


def test_a_missing_column_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="the table has no column group_id, user_id"):
        read_events(pa.table({"at": [START], "event": ["left"]}))
    with pytest.raises(ValueError, match="the table has no column inviter_id"):
        read_issued(table(ISSUED, SOURCES).drop_columns("inviter_id"))


def test_ids_of_any_type_without_loss() -> None:
    """64-bit ints stay exact, UUIDs are in lower case, and a float is refused."""
    wide = pa.array([2**64 - 1, 2**63], pa.uint64())
    typed: list[tuple[pa.Array, list[str | None]]] = [
        (wide, [LARGE, str(2**63)]),
        (pa.array([7, -1]), ["7", None]),
        (pa.array([UUID_ID.upper(), LARGE], pa.large_string()), [UUID_ID, LARGE]),
        (pa.array([LARGE, LARGE]).dictionary_encode(), [LARGE, LARGE]),
        (pa.array([7.0, 8.0]), [None, None]),
        (pa.array([b"7", b"8"]), [None, None]),
        (pa.array([["7"], None]), [None, None]),
        (pa.array([b"7", b"\xff"]).view(pa.string()), ["7", None]),
    ]
    for column, expected in typed:
        rows = pa.table({name: [value] * 2 for name, value in GOOD.items() if name != "user_id"})
        read = read_events(rows.append_column("user_id", column))
        assert read["user_id"].to_pylist() == expected
        assert [e is None for e in read["error"].to_pylist()] == [e is not None for e in expected]


def test_moments_of_any_type() -> None:
    """Zones are converted, fractions are rounded down, and a moment without a zone is refused."""
    exact = START + timedelta(microseconds=1)
    typed: list[tuple[pa.Array, datetime | None]] = [
        (pa.array([START], pa.timestamp("s", "Asia/Shanghai")), START),
        (pa.array([1_767_225_600_000_001_999], pa.timestamp("ns", "UTC")), exact),
        (pa.array([START.replace(tzinfo=None)], pa.timestamp("us")), None),
        (pa.array([START.date()]), None),
        (pa.array([1_767_225_600]), None),
        (pa.array(["2026-01-01 00:00:00.000001999Z"]), exact),
        (pa.array(["2025-12-31T16:00:00.000001-08:00"]), exact),
        (pa.array([b"\xff"]).view(pa.string()), None),
    ]
    for column, expected in typed:
        rows = pa.table({name: [value] for name, value in GOOD.items() if name != "at"})
        assert read_events(rows.append_column("at", column))["at"].to_pylist() == [expected]


def test_issued_needs_no_expiry_and_no_label() -> None:
    rows = table(ISSUED, SOURCES).drop_columns(["expires_at", "label"])
    assert read_issued(rows).to_pylist() == [
        row | {"expires_at": None, "label": None, "error": None} for row in SOURCES
    ]
    (bad,) = read_issued(pa.table({name: ["x"] for name in ISSUED.names})).to_pylist()
    assert bad["error"] == "invalid_fingerprint"
    (bad,) = read_issued(pa.Table.from_pylist([SOURCES[0] | {"origin": "sms"}])).to_pylist()
    assert bad["error"] == "invalid_origin"


def test_the_end_of_a_log_has_a_zone() -> None:
    """A naive one would be read as UTC, hours off."""
    with pytest.raises(TypeError, match="until must have a time zone"):
        steps(EVENTS.empty_table(), datetime(2026, 1, 1))  # noqa: DTZ001
