"""The checklist: eighty attacks, and for each the tests that hold, or why none does.

A test stands as "file::name", both without the "test_" that they begin with.
"""

import ast
from functools import cache
from typing import NamedTuple

import pytest
from attacks.attacks_support import ROOT

SECTIONS = {
    "A": ("Forging", 12),
    "B": ("Malleability", 8),
    "C": ("Keys", 9),
    "D": ("Parsing", 12),
    "E": ("Unicode", 9),
    "F": ("Policy", 9),
    "G": ("Side channels", 4),
    "H": ("Oracles", 5),
    "I": ("Logs", 4),
    "J": ("Supply chain", 8),
}


class Item(NamedTuple):
    """An attack.

    Attributes:
        attack: What somebody tries.
        tests: The tests that hold, with blanks between.
        unheld: What of it no test holds, and why.
    """

    attack: str
    tests: str = ""
    unheld: str = ""


CHECKLIST = {
    "A1": Item("try random words in masses", "codec::forged_words_are_refused"),
    "A2": Item(
        "find a bit of the tag that does not count, measured on short tags",
        "forging::as_many_forgeries_pass_as_the_tag_has_bits "
        "forging::the_measurement_sees_a_lost_bit forging::each_proposal_of_repair_is_one_guess",
    ),
    "A3": Item(
        "change a bit of body or tag, or bring a tag that is special",
        "codec::every_changed_bit_is_refused seal::every_changed_bit_is_refused "
        "seal::special_tags_are_refused malleability::where_parity_is_sound_the_tag_holds",
    ),
    "A4": Item(
        "bring a tag of another length",
        "keys::only_a_ten_byte_tag_verifies forging::nobody_can_ask_for_less",
    ),
    "A5": Item("choose a weaker algorithm", "forging::nobody_can_ask_for_less"),
    "A6": Item(
        "have the key sign in another context", "forging::a_tag_of_another_context_is_refused"
    ),
    "A7": Item(
        "use a header or flag that means nothing yet, well signed",
        "codec::another_version_is_never_opened "
        "codec::a_good_tag_on_an_unknown_field_asks_for_an_update "
        "malleability::no_second_word_says_the_same",
    ),
    "A8": Item(
        "let two invites be one signed message",
        "wire::different_invites_differ forging::neighbours_are_signed_apart",
    ),
    "A9": Item(
        "add, scale, turn or reverse words, as parity allows",
        "forging::parity_is_linear_and_the_tag_is_not "
        "forging::turned_and_reversed_words_are_nobodys",
    ),
    "A10": Item("put one invite's tag on another's body", "forging::no_body_goes_with_another_tag"),
    "A11": Item(
        "reach a parser with a body nobody vouched for",
        "forging::nothing_is_used_before_its_tag_is_good",
    ),
    "A12": Item("guess a short key offline", "keys::a_ring_keeps_its_rules"),
    "B1": Item(
        "find a second spelling of what was read",
        "malleability::reading_again_what_was_read_changes_nothing "
        "malleability::a_search_for_a_second_spelling",
    ),
    "B2": Item(
        "use spare bits and lenient base64",
        "malleability::spare_bits_say_nothing malleability::a_secret_has_one_spelling",
    ),
    "B3": Item(
        "lengthen, double or cut a word",
        "malleability::symbols_before_and_behind_make_no_other_word "
        "malleability::a_doubled_word_is_one malleability::a_truncated_word_is_it_or_nothing",
    ),
    "B4": Item(
        "mix scripts, or the case of letters",
        "malleability::a_glyph_of_another_script "
        "malleability::case_and_width_of_base32_say_nothing",
    ),
    "B5": Item(
        "redeem one invite once for each spelling",
        "codec::one_codeword_in_every_script malleability::case_and_width_of_base32_say_nothing "
        "frameworks::single_use",
    ),
    "B6": Item("hide that something was repaired", "repair::repairs_are_reported repair::levels"),
    "B7": Item("hide a second invite in a message", "codec::two_different_ones_are_ambiguous"),
    "B8": Item(
        "let one damaged word be two that verify", "repair::two_repairs_that_verify_are_refused"
    ),
    "C1": Item(
        "make a ring of what is no key",
        "keys::a_ring_keeps_its_rules keyrings::strange_keys_make_no_ring",
    ),
    "C2": Item("let the old key go on signing", "keys::rotation_truth_table"),
    "C3": Item("catch servers in the middle of a rotation", "keys::rotation_truth_table"),
    "C4": Item("use a key that was retired", "keyrings::a_retired_key_is_refused_at_once"),
    "C5": Item("derive other keys than before", "keys::known_answer"),
    "C6": Item(
        "use one secret twice, or a key id that is not there",
        "keys::a_ring_keeps_its_rules oracles::all_that_does_not_verify_is_told_alike "
        "malleability::a_word_cannot_be_moved_to_another_key_id",
    ),
    "C7": Item(
        "paste a key that is cut or has a line break too many",
        "keys::broken_text_form malleability::white_space_around_a_secret_is_none_of_it",
        "a key has no check value: what is cut below 32 bytes is refused, but with one letter "
        "exchanged it is another key, and other servers refuse what it mints",
    ),
    "C8": Item(
        "read while keys are swapped",
        "keyrings::threads_and_a_ring_that_is_swapped keyrings::the_threads_see_what_is_shared",
    ),
    "C9": Item("make processes disagree", "keyrings::processes_agree"),
    "D1": Item(
        "paste what costs most",
        "parsing::work_is_bounded_and_linear parsing::no_call_hides_work "
        "parsing::the_measurement_sees_a_slice",
    ),
    "D2": Item(
        "let normalisation take the square of its time",
        "architecture::no_clock_and_no_normalisation parsing::work_is_bounded_and_linear",
    ),
    "D3": Item("let a text grow when it is read", "unicode::unwrapping_makes_no_text_longer"),
    "D4": Item(
        "have many tags compared in one call",
        "parsing::work_is_bounded_and_linear repair::tag_checks_are_bounded",
    ),
    "D5": Item(
        "have repair try without end",
        "mend::windows_and_proposals_are_bounded parsing::work_is_bounded_and_linear "
        "parsing::thorough_repair_is_bounded",
    ),
    "D6": Item(
        "make a pattern backtrack",
        "parsing::no_pattern_backtracks parsing::the_measurement_sees_a_bad_pattern",
    ),
    "D7": Item(
        "have a long text looked at",
        "parsing::the_limit_is_kept_before_anything_is_read "
        "frameworks::a_long_body_is_refused_unparsed",
        "bytes are limited where there are any: in the body of a request, not in a str",
    ),
    "D8": Item("fill the memory", "parsing::memory_is_bounded"),
    "D9": Item(
        "let each process that starts pay for tables and patterns",
        "supply_chain::an_import_is_cheap architecture::import_loads_next_to_nothing",
    ),
    "D10": Item(
        "paste half characters and what is none",
        "parsing::every_reader_takes_every_text codec::any_text_is_refused_or_read",
    ),
    "D11": Item("pass what is no text", "parsing::what_is_no_text_is_a_type_error"),
    "D12": Item(
        "use a moment at either end of time",
        "parsing::no_moment_overflows parsing::every_expiry_of_the_wire_is_a_moment_or_a_refusal",
    ),
    "E1": Item(
        "slip a character in that folds to a glyph",
        "unicode::every_code_point_is_read_as_it_always_was",
    ),
    "E2": Item(
        "use letters that only case folding makes ASCII",
        "unicode::no_letter_is_let_in_by_folding_case",
    ),
    "E3": Item("use digits of other alphabets", "unicode::digits_of_other_alphabets_are_foreign"),
    "E4": Item(
        "read what was read, and get another text",
        "malleability::reading_again_what_was_read_changes_nothing",
    ),
    "E5": Item(
        "bring a newer Unicode",
        "unicode::every_code_point_is_read_as_it_always_was",
        "the same hash is asked for on 3.11, 3.12 and 3.13; Python 3.14 is in no run yet",
    ),
    "E6": Item("use characters that show nothing", "unicode::white_space_and_format_characters"),
    "E7": Item("cut a text within a character", "unicode::cut_at_every_unit"),
    "E8": Item(
        "let a character be a glyph of two scripts",
        "unicode::a_character_is_a_glyph_of_one_script_at_most scripts::repertoires_are_disjoint "
        "scripts::no_two_emoji_make_a_sequence",
    ),
    "E9": Item(
        "send a text through an old encoding",
        "unicode::old_encodings_make_no_other_invite scripts::hanzi_survive_old_encodings",
    ),
    "F1": Item(
        "write beside it where it comes from", "policy::words_around_a_passphrase_say_nothing"
    ),
    "F2": Item(
        "invite oneself, under an id of another type",
        "policy::nobody_invites_themselves",
        "that two accounts were made one is known to the backend only, which passes the ids",
    ),
    "F3": Item(
        "open it in another family of apps",
        "policy::an_audience_is_compared_whole policy::no_audience_is_not_any_audience",
    ),
    "F4": Item(
        "use the edge of the expiry, or a clock without a zone",
        "policy::the_clock_has_no_leeway policy::a_clock_that_cannot_be_compared_admits_nobody "
        "parsing::every_expiry_of_the_wire_is_a_moment_or_a_refusal",
    ),
    "F5": Item(
        "bring an invite of the future",
        unheld="does not apply: an invite says when it ends and not when it was made; 25 bits of "
        "minutes bound how far that may lie ahead",
    ),
    "F6": Item(
        "have a look-up fail or answer in its own words",
        "policy::mutual_follow_is_true_or_it_is_not policy::a_look_up_that_fails_makes_no_popup",
    ),
    "F7": Item(
        "leave facts out, or ask for them in another order",
        "policy::nothing_known_is_nobody_admitted "
        "policy::facts_that_were_not_asked_for_change_nothing admission::only_true_is_true",
    ),
    "F8": Item(
        "send a popup back that says join",
        "policy::no_function_takes_a_prompt policy::a_prompt_is_no_passphrase "
        "policy::between_popup_and_tap_everything_is_judged_again",
    ),
    "F9": Item(
        "wait until an id is used again",
        "policy::an_id_that_is_used_again oracles::a_group_that_is_gone_is_one_that_was_reset",
        "whoever gives a group's id away a second time must keep its generation, and an id of a "
        "person must not be given away at all: an invite has nothing else to tell them by",
    ),
    "G1": Item(
        "find a comparison in the source that stops early",
        "side_channels::no_secret_is_compared_byte_by_byte side_channels::one_comparison_decides",
    ),
    "G2": Item(
        "time refusals",
        "side_channels::no_clock_tells_how_much_of_a_tag_is_right "
        "side_channels::the_clock_sees_a_naive_comparison",
    ),
    "G3": Item("time which key it was", "keyrings::a_word_is_checked_under_the_key_it_names_only"),
    "G4": Item("time repair", "side_channels::repair_works_as_much_for_a_stranger"),
    "H1": Item(
        "tell a forgery from an unknown key",
        "oracles::all_that_does_not_verify_is_told_alike "
        "codec::unknown_key_wrong_audience_and_forgery_are_one_error",
        "that no tag is compared for a key that is not there can be timed; which ids are in use, "
        "each minted text shows",
    ),
    "H2": Item('learn from "expired"', "oracles::expired_is_said_of_a_good_tag_only"),
    "H3": Item(
        "learn which group, or which fact, from a refusal",
        "oracles::a_refusal_is_the_same_for_every_group_and_inviter "
        "oracles::a_group_that_is_gone_is_one_that_was_reset",
        "how long an answer takes is the backend's, which looks the facts up",
    ),
    "H4": Item(
        "read a tag or a body in a traceback",
        "codec::no_traceback_shows_the_clipboard_or_a_tag logs::no_frame_keeps_the_clipboard",
    ),
    "H5": Item(
        "have a web service repeat its input",
        "frameworks::a_body_that_is_not_understood_is_not_repeated",
    ),
    "I1": Item(
        "print what holds a key",
        "keys::no_holder_shows_or_pickles_a_secret logs::what_is_handed_over_shows_no_key",
    ),
    "I2": Item("pickle or copy what holds a key", "keys::no_holder_shows_or_pickles_a_secret"),
    "I3": Item(
        "record local variables",
        "keys::no_traceback_shows_a_secret logs::nothing_is_written "
        "logs::what_was_only_half_made_can_be_printed",
    ),
    "I4": Item(
        "turn all logs on",
        "logs::nothing_is_written logs::the_search_would_see_a_key",
        "each public call is run so, well and badly; the rest of the suite is not",
    ),
    "J1": Item(
        "take over what is imported in passing", "supply_chain::two_packages_are_all_that_runs"
    ),
    "J2": Item(
        "exchange a dependency",
        "supply_chain::the_project_asks_for_no_more",
        "versions are pinned for those who test, without hashes; who deploys pins their own",
    ),
    "J3": Item("build something else", "supply_chain::two_builds_are_one"),
    "J4": Item(
        "put a file into a release, or change a table",
        "supply_chain::the_wheel_is_the_source_and_nothing_else "
        "supply_chain::the_sdist_holds_what_was_listed scripts::tables_are_frozen",
    ),
    "J5": Item(
        "hide characters in the source",
        "supply_chain::no_character_hides_in_the_source "
        "supply_chain::names_in_the_source_are_ascii",
    ),
    "J6": Item(
        "use a hole that is known",
        unheld="a job and not a test: the workflow runs pip-audit --strict over constraints.txt, "
        "and needs the network for it",
    ),
    "J7": Item(
        "release in somebody else's name",
        unheld="a job and not a test: the release is attested where it is published; nothing here "
        "can look at it afterwards",
    ),
    "J8": Item(
        "hide what a release is made of",
        unheld="does not apply: no list of parts is built; the wheel is our source, and its two "
        "dependencies stand in its metadata",
    ),
}


@cache
def names_in(name: str) -> set[str]:
    """Name the tests that stand in a file, here or in the folder above."""
    folder = ROOT / "tests"
    [path] = [*folder.glob(f"test_{name}.py"), *folder.glob(f"attacks/test_{name}.py")]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {function.removeprefix("test_") for function in defined if function.startswith("test_")}


def test_every_number_is_there() -> None:
    """None is left out, and each has a test, or says why it has none."""
    numbers = [f"{letter}{n + 1}" for letter, (_, last) in SECTIONS.items() for n in range(last)]
    assert [*CHECKLIST] == numbers
    assert len(numbers) == 80
    assert all(item.attack and (item.tests or item.unheld) for item in CHECKLIST.values())


@pytest.mark.parametrize("number", CHECKLIST)
def test_what_is_said_to_hold_is_there(number: str) -> None:
    """A test that was renamed or taken away leaves an attack without one."""
    for test in CHECKLIST[number].tests.split():
        name, _, function = test.partition("::")
        assert function in names_in(name), test
