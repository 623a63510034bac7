"""Attribution with a loop over the events and a dict: slow, and plain to read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
ORDER = ("joined", "left", "opened", "refused")


def by_person(events: Iterable[Row], until: datetime) -> dict[tuple[str, str], list[Row]]:
    """Return the events of each person in a group, in order."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for event in events:
        if event["at"] <= until:
            found[event["group_id"], event["user_id"]].append(event)
    for own in found.values():
        own.sort(key=lambda event: (event["at"], ORDER.index(event["event"]), by(event)))
    return found


def by(event: Row) -> str:
    """Return the fingerprint of an event, or "~", which sorts after all fingerprints."""
    return event["fingerprint"] or "~"


def read_issued(issued: Iterable[Row]) -> dict[tuple[str | None, str], Row]:
    """Return the passphrase of each fingerprint and group; of several labels the first counts."""
    known: dict[tuple[str | None, str], Row] = {}
    for row in sorted(issued, key=lambda row: (row["label"] is None, row["label"])):
        known.setdefault((row["fingerprint"], row["group_id"]), row)
    return known


def people(
    events: Iterable[Row], issued: Iterable[Row], until: datetime, days: Sequence[int]
) -> list[dict[str, Any]]:
    known = read_issued(issued)
    rows: list[dict[str, Any]] = []
    for (group, user), own in by_person(events, until).items():
        moves: list[Row] = []
        for event in own:
            if event["event"] == ("left" if len(moves) % 2 else "joined"):
                moves.append(event)
        if not moves:
            continue
        first = moves[0]
        source = known.get((first["fingerprint"], group), {})
        row = {
            "group_id": group,
            "user_id": user,
            **{name: source.get(name) for name in ("inviter_id", "origin", "label")},
            "fingerprint": first["fingerprint"],
            "joined_at": first["at"],
            "left_at": None if len(moves) % 2 else moves[-1]["at"],
        }
        for count in days:
            due = first["at"] + timedelta(days=count)
            there = sum(move["at"] <= due for move in moves) % 2 == 1
            row[f"stayed_{count}"] = there if due <= until else None
        rows.append(row)
    return rows


def steps(own: Iterable[Row]) -> Iterator[tuple[str, str | None]]:
    """Yield what one person did, and by which fingerprint, with repetitions."""
    inside = joined = False
    for event in own:
        name = event["event"]
        if name in {"joined", "left"}:
            if inside == (name == "joined"):
                continue
            inside = not inside
            if name == "left":
                continue
            name, joined = "returned" if joined else "joined", True
        yield name, event["fingerprint"]


def uses(
    events: Iterable[Row], issued: Iterable[Row], until: datetime, days: Sequence[int]
) -> dict[tuple[object, object], Counter[str]]:
    """Count by origin and label; counts of 0 are left out."""
    events, issued = [*events], [*issued]
    known = read_issued(issued)
    counted: list[tuple[str, str | None, str]] = [("issued", *of_group) for of_group in known]
    for (group, _), own in by_person(events, until).items():
        counted += {(name, fingerprint, group) for name, fingerprint in steps(own)}
    for row in people(events, issued, until, days):
        for number in days:
            stayed = row[f"stayed_{number}"]
            of_group = row["fingerprint"], row["group_id"]
            counted += [(f"due_{number}", *of_group)] * (stayed is not None)
            counted += [(f"stayed_{number}", *of_group)] * (stayed is True)
    counts: dict[tuple[object, object], Counter[str]] = defaultdict(Counter)
    for name, fingerprint, group in counted:
        source = known.get((fingerprint, group), {})
        counts[source.get("origin"), source.get("label")][name] += 1
    return counts


def branch(people: Iterable[Row], inviter_id: str) -> dict[tuple[str, str], int]:
    """Return how far below the inviter each person of a group is, level by level."""
    depths: dict[tuple[str, str], int] = {}
    rows = [*people]
    below: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        below[row["group_id"], row["inviter_id"]].append(row["user_id"])
    for group in {row["group_id"] for row in rows}:
        level, depth = [inviter_id], 1
        while level:
            found = [user for above in level for user in below[group, above]]
            level = [x for x in found if x != inviter_id and (group, x) not in depths]
            depths |= {(group, user): depth for user in level}
            depth += 1
    return depths


def branch_issued(
    issued: Iterable[Row], depths: Mapping[tuple[str, str], int], inviter_id: str
) -> set[str]:
    return {
        row["fingerprint"]
        for row in issued
        if row["inviter_id"] == inviter_id or (row["group_id"], row["inviter_id"]) in depths
    }
