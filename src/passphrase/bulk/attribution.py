"""Events and issued passphrases -> who invited whom, who stayed, and what each origin brought.

Source: docs/attribution.md, "What counts".
`steps` needs all events of a person in a group, and the functions after it need whole groups. So
a log of any size can be cut: first by group and person, then by group.

Shapes:
    EVENTS   as in `passphrase.bulk.logs`
    ISSUED   the same
    STEPS    what a person did, without repetitions; `stayed_7` for each number of days
    PEOPLE   the first join of each person in a group, with its inviter
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from passphrase.bulk.logs import EVENTS, ISSUED, MOMENT

PERSON: Final = ("group_id", "user_id")
_SOURCE: Final = ("inviter_id", "origin", "label")  # columns of ISSUED that `attribute` adds
_PEOPLE: Final = (*PERSON, *_SOURCE, "fingerprint", "joined_at", "left_at")
_COUNTED: Final = ("opened", "refused", "joined", "returned")  # events of STEPS, counts of `uses`
_MOVES: Final = pa.array(["joined", "left"])
_OFF: Final = -1  # depth of a person outside of the branch
_UNKNOWN: Final = -2  # depth that is not computed yet


def steps(events: pa.Table, until: datetime, days: Sequence[int] = (7,)) -> pa.Table:
    """Reduce the events of people to what counts: each step once, the first join apart.

    The order of the rows has no effect, and repeated rows count once. Within a group, a person
    joins if they are outside, and leaves if they are inside; other rows are retries. At the same
    moment, a join comes before a leave.

    Args:
        events: EVENTS, with all rows of each person in a group; rows of nulls are ignored.
        until: The end of the log, an aware datetime. Later events are ignored.
        days: After how many days to look whether a person is there. A day is 24 hours.

    Returns:
        EVENTS with `left_at` and, for each number of days, `stayed_` and the number. `event` is
        "opened", "refused", "joined" (for the first time) or "returned". Only rows of "joined"
        have values in the new columns. `left_at` is null for members; `stayed_` is null if its
        moment is after `until`.

    Raises:
        TypeError: `until` is naive. Give it a time zone.
        KeyError: A column of EVENTS is missing; the message names it.
    """
    if until.tzinfo is None:
        raise TypeError("until must have a time zone")
    events = events.select(EVENTS.names)
    events = events.filter(pc.less_equal(events["at"], pa.scalar(until, MOMENT)))
    events = events.append_column("person", _codes(*(events[name] for name in PERSON)))
    events = events.sort_by(
        [(name, "ascending") for name in ("person", "at", "event", "fingerprint")]
    )
    is_move = pc.is_in(events["event"], value_set=_MOVES)
    moves = _moves(events.filter(is_move))
    is_first = _changes(moves["person"])
    again = moves.filter(pc.and_not(pc.equal(moves["event"], "joined"), is_first))
    others = pa.concat_tables([events.filter(pc.invert(is_move)), _renamed(again, "returned")])
    parts = [_firsts(moves, is_first, until, days), _first_of_each(others)]
    return pa.concat_tables(parts, promote_options="default").drop_columns("person")


def attribute(steps: pa.Table, issued: pa.Table) -> pa.Table:
    """Add `inviter_id`, `origin` and `label` of the passphrase to each step.

    They are null if no passphrase of the step's group has the fingerprint. If a fingerprint has
    several labels, the first one in alphabetical order counts.
    """
    known = _distinct(issued)
    names, of_known = _pairs(*([t["fingerprint"], t["group_id"]] for t in (steps, known)))
    at = pc.index_in(names, value_set=of_known)
    for name in _SOURCE:
        steps = steps.append_column(ISSUED.field(name), known[name].take(at))
    return steps


def people(attributed: pa.Table) -> pa.Table:
    """Return one row for each person who joined a group: who invited them, and whether they stayed.

    Args:
        attributed: What `attribute` returned.

    Returns:
        `group_id`, `user_id`, `inviter_id`, `origin`, `label`, `fingerprint`, `joined_at`,
        `left_at` and the columns `stayed_`. `inviter_id` is null if no issued passphrase explains
        the first join.
    """
    joined = attributed.filter(pc.equal(attributed["event"], "joined"))
    named = joined.rename_columns({"at": "joined_at"})
    return named.select([*_PEOPLE, *_stayed(attributed)])


def uses(attributed: pa.Table, issued: pa.Table) -> pa.Table:
    """Count what came of the passphrases of each origin and label.

    Returns:
        `origin`, `label`, and counts: `issued` passphrases; people who `opened` one, were
        `refused`, `joined` a group for the first time, or `returned`; and, for each number of
        days, `due_`: people who joined at least that many days before the end, and `stayed_`:
        those who were there. A person counts once in each group and for each passphrase.
    """
    known = _distinct(issued)
    counts = {"issued": pa.array([1] * len(known), pa.int64())}
    made = pa.table({"origin": known["origin"], "label": known["label"], **counts})
    names = _stayed(attributed)
    did = {name: _ones(pc.equal(attributed["event"], name)) for name in _COUNTED}
    for name in names:
        did[name.replace("stayed", "due")] = _ones(pc.is_valid(attributed[name]))
        did[name] = _ones(attributed[name])
    done = pa.table({"origin": attributed["origin"], "label": attributed["label"], **did})
    return add_up([made, done])


def add_up(counted: Iterable[pa.Table]) -> pa.Table:
    """Add tables of `uses` of different groups up; sorted by origin and label."""
    table = pa.concat_tables(counted, promote_options="default")
    keys, counts = ["origin", "label"], table.column_names[2:]
    sums = table.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in counts])
    sums = sums.rename_columns({f"{name}_sum": name for name in counts})
    for name in counts:
        at = sums.column_names.index(name)
        sums = sums.set_column(at, name, pc.fill_null(sums[name], 0))
    return sums.select([*keys, *counts]).sort_by([(key, "ascending") for key in keys])


def branch(people: pa.Table, inviter_id: int | UUID | str) -> pa.Table:
    """Return the people below one inviter: whom they invited, whom these invited, and so on.

    The tree stays within each group. A person hangs below the inviter of their first join. Cycles
    end: nobody occurs twice, and the inviter does not occur.

    Args:
        people: What `people` returned, for whole groups.
        inviter_id: The inviter at the top.

    Returns:
        The rows of these people, and `depth`: 1 for people whom the inviter invited.
    """
    root = str(inviter_id)
    groups, users, inviters = (people[name] for name in ("group_id", "user_id", "inviter_id"))
    nodes, above = _pairs((groups, users), (groups, inviters))
    parents = pc.fill_null(pc.index_in(above, value_set=nodes), _OFF).to_pylist()
    is_child = pc.fill_null(pc.equal(inviters, root), False).to_pylist()
    depths = pa.array(_depths(parents, is_child), pa.int32())
    found = pc.and_(pc.greater(depths, 0), pc.not_equal(users, root))
    return people.append_column("depth", depths).filter(found)


def branch_issued(issued: pa.Table, branch: pa.Table, inviter_id: int | UUID | str) -> pa.Table:
    """Return what an inviter and the people of their branch issued, once for each fingerprint.

    The fingerprints belong on a deny-list until `expires_at`.

    Args:
        issued: ISSUED, of whole groups.
        branch: What `branch` returned for the same groups.
        inviter_id: The inviter at the top.
    """
    known = _distinct(issued)
    members, issuers = _pairs(
        (branch["group_id"], branch["user_id"]), (known["group_id"], known["inviter_id"])
    )
    is_own = pc.equal(known["inviter_id"], str(inviter_id))
    return known.filter(pc.or_(is_own, pc.is_in(issuers, value_set=members)))


# --- Steps ---------------------------------------------------------------------------------------


def _moves(sorted_moves: pa.Table) -> pa.Table:
    """Keep the joins of people who were outside, and the leaves of people who were inside."""
    is_join = pc.equal(sorted_moves["event"], "joined")
    is_other = _changes(is_join.cast(pa.int64()))
    return sorted_moves.filter(pc.if_else(_changes(sorted_moves["person"]), is_join, is_other))


def _firsts(
    moves: pa.Table, is_first: pa.ChunkedArray, until: datetime, days: Sequence[int]
) -> pa.Table:
    """Return the first join of each person, with `left_at` and the columns `stayed_`."""
    firsts = moves.filter(is_first)
    is_last = _changes(moves["person"], period=-1)
    ends = moves.filter(is_last)
    left_at = pc.if_else(pc.equal(ends["event"], "left"), ends["at"], pa.scalar(None, MOMENT))
    columns: dict[str, Any] = {"left_at": left_at}
    run = pc.subtract(pc.cumulative_sum(is_first.cast(pa.int64())), 1)  # the person of each move
    for count in days:
        due = pc.add(firsts["at"], pa.scalar(timedelta(days=count), pa.duration("us")))
        before = pc.less_equal(moves["at"], due.take(run))
        number = pc.cumulative_sum(before.cast(pa.int64()))
        # After the first join, moves out and in alternate: after an even number, they are inside.
        later = pc.subtract(number.filter(is_last), number.filter(is_first))
        stayed = pc.equal(pc.bit_wise_and(later, 1), 0)
        is_due = pc.less_equal(due, pa.scalar(until, MOMENT))
        columns[f"stayed_{count}"] = pc.if_else(is_due, stayed, pa.scalar(None, pa.bool_()))
    for name, column in columns.items():
        firsts = firsts.append_column(name, column)
    return firsts


def _renamed(rows: pa.Table, event: str) -> pa.Table:
    at = rows.column_names.index("event")
    return rows.set_column(at, rows.field("event"), pa.array([event] * len(rows), pa.string()))


def _stayed(attributed: pa.Table) -> list[str]:
    return [name for name in attributed.column_names if name.startswith("stayed_")]


def _ones(flags: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(flags, False).cast(pa.int64())


# --- Rows with the same key ----------------------------------------------------------------------


def _codes(*columns: pa.ChunkedArray) -> pa.ChunkedArray:
    """Number the rows: n ints. Two rows have the same number if they agree in all columns."""
    codes: Any = None
    for column in columns:
        encoded = column.combine_chunks().dictionary_encode("encode")
        indices = encoded.indices.cast(pa.int64())
        if codes is not None:  # encode again, so that the product cannot overflow
            wide = pc.add(pc.multiply(codes, len(encoded.dictionary)), indices)
            indices = wide.dictionary_encode().indices.cast(pa.int64())
        codes = indices
    return pa.chunked_array([codes])


def _pairs(*pairs: Sequence[pa.ChunkedArray]) -> Sequence[pa.Array]:
    """Number the pairs of values in two columns of two tables: equal pairs get the same number."""
    whole = [
        pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string())
        for columns in zip(*pairs, strict=True)
    ]
    codes = _codes(*whole).combine_chunks()
    size = len(pairs[0][0])
    return codes[:size], codes[size:]


def _changes(column: pa.ChunkedArray, period: int = 1) -> pa.ChunkedArray:
    """Mark the rows whose value is not that of the row before, or with -1 of the row after."""
    steps = pc.pairwise_diff(column.combine_chunks(), period)
    return pc.fill_null(pc.not_equal(steps, 0), True)


def _first_of_each(rows: pa.Table) -> pa.Table:
    """Keep the earliest row of each person, event and fingerprint."""
    codes = _codes(*(rows[name] for name in ("person", "event", "fingerprint")))
    rows = rows.append_column("code", codes).sort_by([("code", "ascending"), ("at", "ascending")])
    return rows.filter(_changes(rows["code"])).drop_columns("code")


def _distinct(issued: pa.Table) -> pa.Table:
    """Return one row for each fingerprint of a group, in order; rows without one are dropped."""
    names = ["fingerprint", "group_id", "label", "inviter_id", "origin", "expires_at"]
    rows = issued.filter(pc.is_valid(issued["fingerprint"])).select(ISSUED.names)
    rows = rows.sort_by([(name, "ascending") for name in names])
    return rows.filter(_changes(_codes(rows["fingerprint"], rows["group_id"])))


def _depths(parents: Sequence[int], is_child: Sequence[bool]) -> list[int]:
    """Return how far each person is below the inviter; 0 or less for people who are not.

    Each person is visited once, without recursion: a hostile tree is a million people deep.

    Args:
        parents: For each person the index of their inviter, or _OFF.
        is_child: Whether the inviter at the top invited a person.
    """
    depths = [1 if child else _UNKNOWN for child in is_child]
    for start in range(len(depths)):
        path: list[int] = []
        at = start
        while at != _OFF and depths[at] == _UNKNOWN:
            depths[at] = _OFF  # so a cycle ends here
            path.append(at)
            at = parents[at]
        depth = _OFF if at == _OFF else depths[at]
        for place in reversed(path):
            depth = depth + 1 if depth != _OFF else _OFF
            depths[place] = depth
    return depths
