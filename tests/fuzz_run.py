"""All functions at once, each fuzzed from a thread of its own, over real services."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.function_process import FUNCTIONS, FunctionProcess, function_process
from tests.fuzzing import Outcome, fuzz


def fuzz_functions(
    env: Mapping[str, str],
    folder: Path,
    seed: int,
    numbers: range,
    functions: Sequence[str] = FUNCTIONS,
) -> list[Outcome]:
    """The outcome of each; a process that does not stop with status 0, or logs a fault, is one."""
    with ExitStack() as stack:
        processes = [stack.enter_context(function_process(name, env, folder)) for name in functions]
        for process in processes:
            process.wait_until_it_answers(60)
        with ThreadPoolExecutor(len(processes)) as pool:
            outcomes = list(pool.map(lambda each: fuzz(each, seed, numbers), processes))
        for process, outcome in zip(processes, outcomes, strict=True):
            outcome.faults += _end_faults(process)
    return outcomes


def _end_faults(process: FunctionProcess) -> list[str]:
    faults = []
    status = process.stop()
    if status != 0:
        faults.append(f"{process.name}: expected exit status 0 after SIGTERM, was {status}")
    log = process.log.read_text(errors="replace")
    at = log.find("Traceback (most recent call last)")
    if at >= 0:
        faults.append(
            f"{process.name}: a traceback in its log:\n{log[max(0, at - 300) : at + 3_000]}"
        )
    return faults
