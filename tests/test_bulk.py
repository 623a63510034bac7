"""Columns: each row gets the result of the library for that row alone, and raises nothing."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from typing import Any
from uuid import UUID
from weakref import ref

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import AUDIENCE, CODEC, INVITE, KEYRING, OTHER_SECRET, YI, invites

from passphrase import Codec, Invite, Keyring, Origin, PassphraseError, errors, parse_id
from passphrase.bulk import columns as arrow
from passphrase.bulk.columns import DECODED, ENCODED, FOUND
from passphrase.bulk.table import (
    COLUMNS,
    REQUIRED,
    CachingCodec,
    Variants,
    decode_column,
    encode_table,
    find_column,
)
from passphrase.opening import LEVELS, Level
from passphrase.reading.find import MAX_CHARS, scan
from passphrase.testing.strategies import manglings, messages

STRANGER = Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE)
TEXT = CODEC.encode(INVITE)
OTHER_TEXT = CODEC.encode(INVITE.model_copy(update={"variant": 7}))
NEWER = "".join(chr(code) for code in range(0x1F600, 0x1F640))

texts = (
    st.builds(
        lambda message, mangling: mangling(message.text),
        messages(CODEC) | messages(STRANGER),
        manglings(damage=3),
    )
    | st.text()
    | st.sampled_from(["", TEXT, TEXT + OTHER_TEXT, TEXT[3:], NEWER, "x" * 4_097])
)
columns_of_texts = st.lists(texts | st.none(), max_size=6).flatmap(
    lambda distinct: st.lists(st.sampled_from(distinct), max_size=12) if distinct else st.just([])
)


def encodable(text: str) -> str:
    """Return a text without unpaired surrogates, which Arrow and UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()


def alone(text: object, level: Level = "standard") -> Mapping[str, object]:
    """Return the result of the library for one text, as a row of DECODED."""
    row: dict[str, Any] = dict.fromkeys(DECODED.names)
    if not isinstance(text, str):
        return row | {"error": "null" if text is None else "not_text"}
    try:
        decoded = CODEC.decode(text, repair=level)
    except PassphraseError as error:
        return row | {"error": error.code, "evidence": evidence(error)}
    invite = decoded.invite
    return row | {
        **invite.model_dump(),
        "group_id": str(invite.group_id),
        "inviter_id": str(invite.inviter_id),
        "text": decoded.text,
        "script": decoded.script,
        "span": [*decoded.span],
        "repairs": [asdict(repair) | {"span": [*repair.span]} for repair in decoded.repairs],
        "key_id": decoded.key_id,
        "fingerprint": decoded.fingerprint,
    }


def evidence(error: PassphraseError) -> Mapping[str, object]:
    """Return the attributes of an error, with lists for tuples and None for missing ones."""
    attributes: dict[str, Any] = dict.fromkeys(DECODED.field("evidence").type.names)
    assert vars(error).keys() <= attributes.keys()
    return attributes | {name: in_lists(value) for name, value in vars(error).items()}


def in_lists(value: object) -> object:
    return [in_lists(item) for item in value] if isinstance(value, tuple) else value


# --- decode -------------------------------------------------------------------------------------


@given(column=columns_of_texts, level=st.sampled_from(LEVELS[:2]))
def test_a_column_says_what_each_text_says_alone(column: list[str | None], level: Level) -> None:
    """Each text gets its own result, in order, whether it is null, repeated or malformed."""
    table = decode_column(CODEC, column, repair=level)
    assert table.schema == DECODED
    assert table.to_pylist() == [alone(text, level) for text in column]


@given(
    column=columns_of_texts.map(lambda column: [text and encodable(text) for text in column]),
    column_type=st.sampled_from(
        [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int16(), pa.string())]
    ),
    cut=st.integers(0, 12),
)
def test_arrow_and_lists_are_the_same(
    column: list[str | None], column_type: pa.DataType, cut: int
) -> None:
    """Arrow arrays of any text type, sliced or in chunks, give the same results as a list."""
    array = pa.array(column, pa.string()).cast(column_type)
    expected = decode_column(CODEC, column)
    assert decode_column(CODEC, array) == expected
    assert decode_column(CODEC, array[cut:]) == expected.slice(cut)
    assert decode_column(CODEC, pa.chunked_array([array[:cut], array[cut:]])) == expected


def test_a_value_that_is_not_text_is_refused() -> None:
    column: Sequence[object] = [None, 7, ["x"], b"x", TEXT]
    assert decode_column(CODEC, column)["error"].to_pylist() == [
        "null", "not_text", "not_text", "not_text", None
    ]  # fmt: skip


def test_invalid_utf8_is_read_as_replacement_characters() -> None:
    """A Parquet file can declare invalid UTF-8 as text."""
    raw = TEXT.encode() + b"\xff"
    column = pa.array([raw, b"\xff\xfe"]).view(pa.string())
    table = decode_column(CODEC, column)
    assert table.to_pylist() == [alone(TEXT + "\ufffd"), alone("\ufffd\ufffd")]


@pytest.mark.parametrize("column", [[], [None, None]])
def test_nothing_to_read(column: list[None]) -> None:
    for texts_given in (column, pa.array(column), pa.chunked_array([pa.array(column)])):
        assert decode_column(CODEC, texts_given)["error"].to_pylist() == ["null"] * len(column)


def test_a_column_of_another_type_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="texts must be strings, not int64"):
        decode_column(CODEC, pa.array([1]))
    with pytest.raises(ValueError, match="repair must be one of"):
        decode_column(CODEC, [], repair="all")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Counting:
    """A codec that counts its calls."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def _decode_each(self, texts: Iterable[str], *, repair: Level) -> Iterator[object]:
        for text in texts:
            self.asked.append(text)
            yield from CODEC._decode_each([text], repair=repair)


def test_a_text_that_repeats_is_read_once() -> None:
    for column in ([TEXT, "x", TEXT, "x"], pa.array([TEXT, "x", TEXT, "x"])):
        codec: Any = Counting()
        decode_column(codec, column)
        assert codec.asked == [TEXT, "x"]


@given(column=columns_of_texts)
def test_a_cache_changes_nothing(column: list[str | None]) -> None:
    """A cache of any size gives the same results, and a cached text is not read again."""
    caching = CachingCodec(CODEC, 4)
    expected = decode_column(CODEC, column)
    assert decode_column(caching, column) == decode_column(caching, column) == expected


def test_a_cache_reads_a_text_of_several_columns_once() -> None:
    """A text is read once, also if it is refused; a long text is not cached."""
    codec: Any = Counting()
    caching = CachingCodec(codec)
    for _ in range(2):
        decode_column(caching, [TEXT, "x", "y" * 513])
    assert codec.asked == [TEXT, "x", "y" * 513, "y" * 513]


def test_a_cache_keeps_nothing_of_its_callers() -> None:
    """A cached error has no traceback, which would keep a batch and clipboard text alive."""

    class Batch:
        pass

    def read() -> ref[Batch]:
        batch = Batch()
        with pytest.raises(errors.NotFoundError):
            caching.decode("x")
        return ref(batch)

    caching = CachingCodec(CODEC)
    batch = read()
    gc.collect()
    assert batch() is None
    refusals: list[PassphraseError] = []
    for _ in range(2):
        with pytest.raises(errors.NotFoundError) as caught:
            caching.decode("x")
        refusals.append(caught.value)
    assert refusals[0] is not refusals[1]


def test_every_refusal_has_room_for_its_evidence() -> None:
    """Each attribute of each error class is a field of `evidence` with the same name."""
    examples = [
        errors.NotFoundError(),
        errors.DamagedError((0, 30), 28, ((3, 4), (5, 6))),
        errors.VersionError("expiry", 1, (0, 30)),
        errors.SignatureError(3, (0, 30)),
        errors.AmbiguousError(((0, 30), (31, 60))),
        errors.TextTooLongError(10**6, 65_536),
    ]
    assert {type(example) for example in examples} == {
        kind for kind in errors.PassphraseError.__subclasses__() if hasattr(errors, kind.__name__)
    } - {errors.PaddingError, errors.KeyringError, errors.LimitError}  # which no text leads to
    for refusal in examples:

        class Refusing:
            def _decode_each(
                self, texts: Iterable[str], *, repair: Level, error: PassphraseError = refusal
            ) -> Iterator[PassphraseError]:
                del repair
                return (error for _ in texts)

        codec: Any = Refusing()
        [row] = decode_column(codec, ["text"]).to_pylist()
        assert (row["error"], row["evidence"]) == (refusal.code, evidence(refusal))


# --- find ---------------------------------------------------------------------------------------


@given(column=columns_of_texts)
@example(column=["x", "x" * (MAX_CHARS + 1)])
def test_finding_says_what_a_scan_says(column: list[str | None]) -> None:
    table = find_column(column)
    assert table.schema == FOUND
    for text, row in zip(column, table.to_pylist(), strict=True):
        if text is None:
            assert row == {"candidates": None, "error": "null", "evidence": None}
            continue
        try:
            findings = scan(text)
            expected = [
                (c.text, c.script, [*c.span], c.header.version, c.header.key_id)
                for c in findings.candidates
            ]
            refusal: PassphraseError = findings.refusal
        except PassphraseError as error:
            expected, refusal = [], error
        assert [tuple(found.values()) for found in row["candidates"] or []] == expected
        if not expected:
            assert (row["error"], row["evidence"]) == (refusal.code, evidence(refusal))


# --- encode -------------------------------------------------------------------------------------

OPTIONAL = COLUMNS[len(REQUIRED) :]


@given(
    drawn=st.lists(st.tuples(invites, st.sampled_from(["emoji", "hanzi", "base32"])), max_size=6),
    as_text=st.booleans(),
)
def test_a_table_mints_what_each_row_mints_alone(
    drawn: list[tuple[Invite, str]], *, as_text: bool
) -> None:
    """Arrow types and CSV text both work, and decoding returns the same columns."""
    rows = [invite.model_dump(mode="json" if as_text else "python") for invite, _ in drawn]
    columns: dict[str, list[object]] = {
        name: [str(row[name]) if as_text or name.endswith("_id") else row[name] for row in rows]
        for name in Invite.model_fields
    }
    columns["script"] = [script for _, script in drawn]
    schema = pa.schema([*[*DECODED][:9], pa.field("script", pa.string())])
    arrow_schema = pa.schema([(name, pa.string()) for name in columns]) if as_text else schema
    given_table = pa.table(columns, arrow_schema)
    minted = encode_table(CODEC, given_table)
    assert minted.column_names == [*given_table.column_names, "text", "error"]
    assert minted.select(given_table.column_names) == given_table
    assert minted["error"].null_count == len(drawn)
    expected = [CODEC.encode(invite, script=script) for invite, script in drawn]
    assert minted["text"].to_pylist() == expected
    back = decode_column(CODEC, minted["text"])
    if not as_text:
        assert back.select(Invite.model_fields) == given_table.select(Invite.model_fields)


values_of_any_type = {
    "group_id": st.integers(-1, 2**63 - 1),
    "inviter_id": st.text(max_size=4) | st.sampled_from(["7", "007", "18446744073709551616"]),
    "expires_at": st.datetimes() | st.just(INVITE.expires_at.replace(tzinfo=None)),
    "origin": st.sampled_from(["wechat", "weibo", ""]),
    "mutual_follow": st.booleans(),
    "approval": st.sampled_from(["true", "FALSE", "0", "yes", ""]),
    "single_use": st.integers(0, 1),
    "generation": st.integers(-1, 256),
    "variant": st.sampled_from(["0", "255", "256", "-1", "", "٣", "1.0"]),
    "script": st.sampled_from(["emoji", "klingon", ""]),
}


@given(data=st.data(), zoned=st.booleans())
def test_a_row_is_refused_if_and_only_if_the_model_refuses_it(
    data: st.DataObject, *, zoned: bool
) -> None:
    """The error names the first bad column."""
    drawn = {
        name: data.draw(st.lists(st.none() | values, min_size=3, max_size=3))
        for name, values in values_of_any_type.items()
    }
    types = {"expires_at": pa.timestamp("us", "UTC" if zoned else None)}
    table = pa.table({n: pa.array(v, types.get(n)) for n, v in drawn.items()})
    for at, row in enumerate(encode_table(CODEC, table).to_pylist()):
        fields: dict[str, Any] = {name: values[at] for name, values in drawn.items()}
        text = fields.pop("script") or None
        try:
            expected = CODEC.encode(Invite(**as_python(fields, zoned=zoned)), script=text)
        except (ValueError, KeyError):
            assert row["text"] is None
            assert row["error"].partition("_")[0] in {"missing", "invalid"}
            assert row["error"].partition("_")[2] in COLUMNS
        else:
            assert (row["error"], row["text"]) == (None, expected)


def as_python(fields: Mapping[str, Any], *, zoned: bool) -> dict[str, Any]:
    """Read cells in another way, as an oracle."""
    python = {name: value for name, value in fields.items() if value not in (None, "")}
    if "inviter_id" in python:
        python["inviter_id"] = parse_id(python["inviter_id"])
    if "expires_at" in python and zoned:
        python["expires_at"] = python["expires_at"].replace(tzinfo=UTC)
    if "approval" in python:
        python["approval"] = {"true": True, "FALSE": False, "0": False}[python["approval"]]
    if "variant" in python:
        python["variant"] = {"0": 0, "255": 255}[python["variant"]]
    if python.get("origin") == "wechat":
        python["origin"] = Origin.WECHAT
    return python


def table_of(**columns: object) -> pa.Table:
    """Return a table with one valid row, except for the given columns."""
    good = {
        "group_id": ["1"],
        "inviter_id": ["2"],
        "expires_at": ["2026-12-01T20:00+08:00"],
        "origin": ["qq"],
    }
    return pa.table(good | columns)


FINE = pa.array([1796000000 * 10**9 + 1], pa.timestamp("ns", "UTC"))


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({}, None),
        ({"group_id": pa.array([2**64 - 1], pa.uint64())}, None),
        ({"group_id": pa.array([UUID(int=7).bytes], pa.uuid())}, None),
        ({"group_id": pa.array([7.0])}, "invalid_group_id"),
        ({"group_id": pa.array([True])}, "invalid_group_id"),
        ({"group_id": [["7"]]}, "invalid_group_id"),
        ({"group_id": pa.array(["1"]).dictionary_encode()}, None),
        ({"group_id": pa.array([b"\xff"]).view(pa.string())}, "invalid_group_id"),
        ({"inviter_id": [""]}, "missing_inviter_id"),
        ({"expires_at": ["2026-12-01T20:00"]}, "invalid_expires_at"),
        ({"expires_at": ["1796000000"]}, "invalid_expires_at"),
        ({"expires_at": [None]}, "missing_expires_at"),
        ({"expires_at": pa.array([1796000000], pa.timestamp("s", "Asia/Shanghai"))}, None),
        ({"expires_at": FINE}, None),
        ({"expires_at": pa.array([2**62], pa.timestamp("s", "UTC"))}, "invalid_expires_at"),
        ({"expires_at": pa.array([-(2**62)], pa.timestamp("ms", "UTC"))}, "invalid_expires_at"),
        ({"expires_at": pa.array([1796000000], pa.timestamp("s"))}, "invalid_expires_at"),
        ({"expires_at": pa.array([20000], pa.date32())}, "invalid_expires_at"),
        ({"expires_at": pa.array([2932897], pa.date32())}, "invalid_expires_at"),
        ({"expires_at": pa.array([1], pa.time64("ns"))}, "invalid_expires_at"),
        ({"expires_at": pa.array([2**62], pa.duration("s"))}, "invalid_expires_at"),
        ({"expires_at": FINE.dictionary_encode()}, None),
        ({"variant": pa.array([1], pa.duration("ns"))}, "invalid_variant"),
        ({"variant": pa.array([None], pa.duration("ns"))}, None),
        ({"group_id": pa.array([[1]])}, "invalid_group_id"),
        ({"script": pa.array([{"a": 1}])}, "invalid_script"),
        ({"mutual_follow": ["maybe"]}, "invalid_mutual_follow"),
        ({"variant": ["٣"]}, "invalid_variant"),
        ({"variant": ["-1"]}, "invalid_variant"),
        ({"variant": ["9" * 5000]}, "invalid_variant"),
        ({"generation": ["256"]}, "invalid_generation"),
        ({"script": ["klingon"]}, "invalid_script"),
        ({"script": [["emoji"]]}, "invalid_script"),
        ({"script": [None], "note": ["kept"]}, None),
    ],
)
def test_cells(columns: dict[str, object], error: str | None) -> None:
    """Valid and invalid values of each column."""
    minted = encode_table(CODEC, table_of(**columns))
    [row] = minted.select(ENCODED.names).to_pylist()
    assert row["error"] == error
    assert (row["text"] is None) is bool(error)


def test_a_custom_script() -> None:
    """A decoded row is minted again as it was, in the script that its column names."""
    codec = Codec(KEYRING, audience=AUDIENCE, script=YI)
    [row] = encode_table(codec, table_of(script=["yi"])).select(ENCODED.names).to_pylist()
    assert (row["error"], codec.decode(row["text"]).script) == (None, "yi")
    [row] = encode_table(codec, table_of(script=["klingon"])).select(ENCODED.names).to_pylist()
    assert row["error"] == "invalid_script"


TAKEN = "the table already has a column"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (table_of().drop(["origin"]), "the table has no column origin"),
        (table_of().drop([*REQUIRED[:2]]), f"the table has no column {', '.join(REQUIRED[:2])}"),
        (table_of(text=["x"]), f"{TAKEN} text, or has it twice"),
        (table_of(text=["x"], error=["x"]), f"{TAKEN} text, error, or has it twice"),
        (table_of().append_column("origin", pa.array(["qq"])), f"{TAKEN} origin, or has it twice"),
    ],
    ids=["missing", "two missing", "taken", "two taken", "twice"],
)
def test_a_table_of_other_columns_is_a_mistake_of_the_program(
    table: pa.Table, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        encode_table(CODEC, table)


def test_an_unknown_level_is_an_error() -> None:
    for read in (decode_column, Codec.decode):
        with pytest.raises(ValueError, match="one of exact, standard, thorough"):
            read(CODEC, TEXT, repair="best")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_cache_forgets() -> None:
    """When the cache is full, the least recently used text is dropped."""
    read: list[str] = []

    class Counting(Codec):
        def _decode_each(self, texts: Any, **how: Any) -> Any:
            read.extend(texts)
            return super()._decode_each(texts, **how)

    caching = CachingCodec(Counting(KEYRING, audience=AUDIENCE), texts_max=1)
    for text in (TEXT, TEXT, OTHER_TEXT, TEXT):
        assert caching.decode(text).text == text
    assert read == [TEXT, OTHER_TEXT, TEXT]


# --- variants -----------------------------------------------------------------------------------

ROWS = {
    "group_id": st.sampled_from(["7", "8"]),
    "inviter_id": st.just("9"),
    # the same minute, written in several ways, and another
    "expires_at": st.sampled_from(
        ["2026-12-01T20:00+08:00", "2026-12-01T12:00:59Z", "2026-12-01T12:01Z"]
    ),
    "origin": st.sampled_from(["qq", "wechat"]),
    "single_use": st.sampled_from(["true", "1", "TRUE", "0", "", "maybe", None]),
    "approval": st.sampled_from(["0", "false", "", None, "1"]),
    "variant": st.sampled_from(["", None, None, None, "0", "3", "-1"]),
}


@pytest.mark.slow
@given(rows=st.lists(st.fixed_dictionaries(ROWS), max_size=30), cuts=st.sets(st.integers(1, 29)))
def test_equal_single_use_rows_get_different_variants(
    rows: list[dict[str, str | None]], cuts: set[int]
) -> None:
    """Variants are the same however rows are split into tables; other rows are unchanged."""
    schema = pa.schema(dict.fromkeys(ROWS, pa.string()))
    whole = pa.Table.from_pylist(rows, schema)
    alone_minted = encode_table(CODEC, whole)["text"].to_pylist()
    bounds = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    variants, counts = Variants(), Variants()
    filled = [variants.fill(whole[a:b]) for a, b in pairwise(bounds)]
    assert pa.concat_tables(filled) == counts.fill(whole)
    assert variants.given == counts.given
    minted = [encode_table(CODEC, table)["text"].to_pylist() for table in filled]
    given_before: set[str] = set()
    for row, text, before in zip(rows, chain(*minted), alone_minted, strict=True):
        if text is None or row["variant"] or not CODEC.decode(text).invite.single_use:
            assert text == before
        else:
            assert text not in given_before
            given_before.add(text)


@pytest.mark.slow
@given(named=st.integers(0, 255))
def test_a_variant_that_is_named_is_not_given(named: int) -> None:
    """Later equal rows continue after it; if an earlier row may have it, that is counted."""
    columns = {"single_use": ["1"] * 3, "variant": ["", str(named), ""]}
    table = table_of(**{n: v * 3 for n, v in table_of().to_pydict().items()} | columns)
    variants = Variants()
    filled = variants.fill(table)["variant"].to_pylist()
    assert filled == ["0", str(named), "used_up" if named == 255 else str(max(named + 1, 1))]
    assert variants.clashes == (named == 0)
    assert variants.given == (1 if named == 255 else 2)


def test_there_are_256_variants() -> None:
    """The 257th of equal rows is refused as `variants_used_up`."""
    table = pa.concat_tables([table_of(single_use=[True])] * 257)
    minted = encode_table(CODEC, Variants().fill(table))
    assert len({*minted["text"].to_pylist()}) == 257
    assert minted["error"].to_pylist() == [None] * 256 + ["variants_used_up"]


def test_variants_of_a_table_that_cannot_be_minted() -> None:
    with pytest.raises(ValueError, match="no column origin"):
        Variants().fill(table_of().drop_columns("origin"))


def test_an_empty_table() -> None:
    assert encode_table(CODEC, table_of().slice(1))["text"].to_pylist() == []
    assert ENCODED.names == ["text", "error"]


def test_nothing_secret_and_nothing_of_the_text() -> None:
    """Evidence has positions and numbers, never text, keys or tags."""
    secret_text = "hunter2 " + TEXT[:15] + TEXT[16:20] + "x" + STRANGER.encode(INVITE)
    shown = str(decode_column(CODEC, [secret_text]).to_pylist())
    assert "hunter2" not in shown
    assert KEYRING.reveal()[2:-4] not in shown
    assert not {*TEXT} & {*shown}
    [packed] = CODEC._decode_each([TEXT])
    assert repr(packed) == "Packed(...)"


def test_a_moment_is_floored_as_the_model_floors_it() -> None:
    """A timestamp is rounded down, also if it is finer than a microsecond."""
    nanoseconds = int((INVITE.expires_at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1))
    table = table_of(expires_at=pa.array([nanoseconds * 10**9 - 1], pa.timestamp("ns", "UTC")))
    text = encode_table(CODEC, table)["text"][0].as_py()
    assert CODEC.decode(text).invite.expires_at == INVITE.expires_at - timedelta(minutes=1)


def test_a_table_is_of_its_schema() -> None:
    """A table has its schema, also without values or rows; rows must have its length."""
    none: list[arrow.Record] = []
    for rows in (none, [*none, (None, None)]):
        table = arrow.table_of(ENCODED, rows)
        table.validate(full=True)
        assert table.schema == ENCODED
        assert table.num_rows == len(rows)
    with pytest.raises(ValueError, match="shorter"):
        arrow.table_of(ENCODED, [("text", None), ("text",)])


def test_a_column_in_no_pieces_is_empty() -> None:
    assert arrow.distinct(pa.chunked_array([], pa.string()))[0] == []


@pytest.mark.parametrize("value", [TEXT, "x" * 10**6, None])
def test_a_dictionary_is_not_written_out(value: str | None) -> None:
    """Expanding one long text a million times would take a terabyte; results are the same."""
    rows = 10**5 if value == TEXT else 10**6
    values = pa.array([value, "unused"], pa.string())
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows + [None], pa.int32()), values)
    read = decode_column(CODEC, column)
    assert read.slice(0, 1) == decode_column(CODEC, [value])
    assert read["error"].value_counts().to_pylist()[0]["counts"] >= rows
    assert read.slice(rows) == decode_column(CODEC, [None])
    invites = pa.table({name: column.slice(0, 9) for name in REQUIRED})
    plain = pa.table({name: pa.array([value] * 9, pa.string()) for name in REQUIRED})
    assert encode_table(CODEC, invites)["error"] == encode_table(CODEC, plain)["error"]
