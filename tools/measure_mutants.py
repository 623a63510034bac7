"""Change the package in thousands of small ways, and list the changes that no test notices.

A `+` becomes a `-`, an argument is left out, a string is another. The changes are those of mutmut,
which leaves decorated functions alone; this does not. Numbers outside of functions stay.

    python tools/measure_mutants.py                         all modules
    python tools/measure_mutants.py format.seal cli.read    these
    python tools/measure_mutants.py --every 3 codec         every third change of this one
    python tools/measure_mutants.py --resume                only what has not been killed before
    python tools/measure_mutants.py --seconds 20            more tests for each change
    python tools/measure_mutants.py --reach                 measure anew which tests call what

It prints what survives, and exits with 1 where too few changes of a module are killed: fewer than
all of ALL_KILLED, or fewer than 95 of 100 elsewhere. Hypothesis tries fewer examples than usual, a
change is given some seconds of tests, and what starts processes is left out; so a change may
survive here that the whole suite kills. A change that makes the tests run without end is killed.

It works in the copy `mutants/`, and needs fork and the extra `mutation`.
"""

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import libcst as cst
from libcst import matchers
from mutants_loop import OUTCOMES, REACHED, WANTED
from mutmut.mutation import file_mutation

ROOT = Path(__file__).parents[1]
COPY = ROOT / "mutants"
SOURCE = ROOT / "src"
COPIED = (".github", "benchmarks", "clients", "docs", "examples", "fuzz", "tests", "tools")
# What times or counts, reads the source or frames, is in another language, or starts processes.
LEFT_OUT = (
    "tests/attacks/test_forging.py",
    "tests/attacks/test_keyrings.py::test_processes_agree",
    "tests/attacks/test_parsing.py",
    "tests/attacks/test_side_channels.py",
    "tests/attacks/test_supply_chain.py",
    "tests/attacks/test_unicode.py::test_every_code_point_is_read_as_it_always_was",
    "tests/test_admission.py::test_every_situation_with_every_single_fact_amiss",
    "tests/test_architecture.py",
    "tests/test_batch.py::test_a_closed_pipe_is_no_traceback",
    "tests/test_batch.py::test_a_killed_run_run_again",
    "tests/test_batch.py::test_a_terminal_sees_a_bar_and_a_pipe_does_not",
    "tests/test_batch.py::test_decode[2-",
    "tests/test_cli.py::test_a_closed_pipe_is_no_traceback",
    "tests/test_cli.py::test_a_full_disk_is_one_line",
    "tests/test_cli.py::test_a_real_terminal_does_not_hang",
    "tests/test_cli.py::test_utf8_whatever_the_locale",
    "tests/test_codec.py::test_forged_words_are_refused",
    "tests/test_codec.py::test_no_traceback_shows_the_clipboard_or_a_tag[forged]",
    "tests/test_js_client.py",
    "tests/test_js_page.py",
    "tests/test_keys.py::test_no_traceback_shows_a_secret[forged]",
    "tests/test_lifecycle.py",
    "tests/test_markup.py::test_cost_is_linear",
    "tests/test_prompt.py::test_the_page_and_the_schema_are_fresh",
    "tests/test_spark.py",
    "tests/test_vectors.py::test_the_file_is_fresh",
)
ALL_KILLED = {"format.seal", "format.wire", "joining.rules"}
KILLED_LEAST = 0.95  # of the changes of any other module


class Mutant(NamedTuple):
    """One change.

    Attributes:
        module: The module in the package, such as cli.read.
        change: Function, old and new code on one line; it stays the same while others are edited.
    """

    module: str
    change: str


def mutate_decorated_functions() -> None:
    """Have mutmut mutate decorated functions: what the decorator gets is what picks the mutant."""
    patched: Any = file_mutation
    skip = patched.MutationVisitor._skip_node_and_children  # noqa: SLF001
    arrange = patched.function_trampoline_arrangement
    unmade = matchers.Name("overload") | matchers.Name("abstractmethod")

    def skip_few(self: object, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return any(matchers.matches(each.decorator, unmade) for each in node.decorators)
        return bool(skip(self, node))

    def arrange_bare(function: cst.FunctionDef, mutants: Any, class_name: str | None) -> Any:  # noqa: ANN401
        bare = function.with_changes(decorators=[])
        declared, nodes, assigned, names = arrange(bare, mutants, class_name)
        both = [*function.decorators, *nodes[0].decorators]
        return declared, [nodes[0].with_changes(decorators=both), *nodes[1:]], assigned, names

    patched.MutationVisitor._skip_node_and_children = skip_few  # noqa: SLF001
    patched.function_trampoline_arrangement = arrange_bare


def generate() -> dict[str, Mutant]:
    """Copy the project, mutated, and say what each mutant changes."""
    for folder in COPIED:
        shutil.copytree(ROOT / folder, COPY / folder, dirs_exist_ok=True)
    for file in (
        *ROOT.glob("*.md"),
        *(ROOT / name for name in ("LICENSE", "conftest.py", "pyproject.toml")),
    ):
        shutil.copy(file, COPY)
    mutants: dict[str, Mutant] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        mutated = file_mutation.mutate_file_contents(str(path), source)
        code = mutated.code if mutated.mutant_names else source
        copy = COPY / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(code, encoding="utf-8")
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        lines = [_named(line.strip()) for line in code.splitlines()]
        spans = mutated.line_span_by_function_name
        for name in mutated.mutant_names:
            function = name.partition("__mutmut")[0]
            before, after = (
                lines[span.start - 1 : span.end]
                for span in (spans[f"{function}__mutmut_orig"], spans[name])
            )
            mutants[f"{module}.{name}"] = Mutant(
                module.removeprefix("passphrase."),
                f"{module}.{_named(name)}: {_change(before, after)}",
            )
    return mutants


def _named(text: str) -> str:
    """Call functions what the source calls them."""
    return re.sub(r"\bx[_ǁ](\w+?)__mutmut_\w+", r"\1", text).replace("ǁ", ".")


def _change(before: Sequence[str], after: Sequence[str]) -> str:
    lines = [*difflib.ndiff(before, after)]
    old, new = (" ".join(line[2:] for line in lines if line[:2] == sign) for sign in ("- ", "+ "))
    return f"`{old}` is `{new}`"


def run(task: str, seconds: float) -> None:
    """Run the tests in the copy under the loop."""
    quiet = ["-q", "--tb=no", "-p", "no:cacheprovider"]
    arguments = [*quiet, "-m", "", *(f"--deselect={x}" for x in LEFT_OUT)]
    environment = os.environ | {
        "HYPOTHESIS_PROFILE": "mutation",
        "MUTANTS_ARGUMENTS": json.dumps(arguments),
        "MUTANTS_SECONDS": str(seconds),
        "MUTANTS_TASK": task,
        "MUTANT_UNDER_TEST": "",
        "PYTHONPATH": os.pathsep.join((str(COPY / "src"), str(ROOT / "tools"))),
    }
    command = [sys.executable, "-m", "pytest", "-s", "-p", "mutants_loop", *arguments, "tests"]
    subprocess.run(command, cwd=COPY, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def main() -> int:
    """Do what the arguments say.

    Returns:
        The exit status: 1 if too many changes of a module survive.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--seconds", type=float, default=3.0, metavar="S")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--reach", action="store_true")
    options = parser.parse_args()
    mutate_decorated_functions()
    mutants = generate()
    outcomes = COPY / OUTCOMES
    if not options.resume:
        outcomes.unlink(missing_ok=True)
    modules = options.modules or sorted({mutant.module for mutant in mutants.values()})
    tried = {
        name: mutant
        for name, mutant in [*mutants.items()][:: options.every]
        if mutant.module in modules
    }
    wanted = {name: mutant.change for name, mutant in tried.items()}
    (COPY / WANTED).write_text(json.dumps(wanted), encoding="utf-8")
    if options.reach:
        (COPY / REACHED).unlink(missing_ok=True)
    run("reach", options.seconds)
    run("try", options.seconds)
    after = json.loads(outcomes.read_text())
    is_enough = True
    for module in modules:
        changes = {name: change for name, change in wanted.items() if tried[name].module == module}
        survivors = [c for name, c in changes.items() if after[f"{name} {c}"] == "survived"]
        killed = len(changes) - len(survivors)
        is_enough &= killed >= (1 if module in ALL_KILLED else KILLED_LEAST) * len(changes)
        print("\n".join(f"survives: {change}" for change in sorted(survivors)))
        print(f"{module}: {killed} of {len(changes)} killed")
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main())
