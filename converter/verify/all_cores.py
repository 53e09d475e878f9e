"""Plays the scenarios of many DAGs on all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from converter.all_cores import ctrl_c_held, let_ctrl_c_in
from converter.verify.verification import Verification, Verifier

#: For fewer scenarios than these, other processes would take longer to start than they save.
_WORTH_A_PROCESS = 30
_LARGEST_CHUNK = 10

#: In a process of the pool: what it may be asked to play.
_verifiers: list[Verifier] = []


def verify_all(
    verifiers: Sequence[Verifier], seeds: range, *, jobs: int, on_played: Callable[[int], None]
) -> list[Verification]:
    """Play the scenarios of these seeds of each DAG, in ``jobs`` processes; return what each has shown.

    ``on_played`` is called with how many scenarios more have been played. If it raises, or Ctrl-C is pressed,
    nothing more is begun.
    """
    in_one = jobs == 1 or len(verifiers) * len(seeds) <= _WORTH_A_PROCESS
    size = 1 if in_one else min(_LARGEST_CHUNK, -(-len(seeds) // jobs))
    chunks = [seeds[first : first + size] for first in range(0, len(seeds), size)]
    if in_one:
        return [_play_here(verifier, chunks, on_played) for verifier in verifiers]
    # Not forked: a thread of the progress bar may hold a lock.
    with ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=_prepare, initargs=(list(verifiers),)
    ) as pool:
        with ctrl_c_held():
            for _ in range(jobs):
                pool.submit(_nothing)  # starts a process
        futures = [[pool.submit(_play, index, chunk) for chunk in chunks] for index in range(len(verifiers))]
        try:
            for future in as_completed([future for of_one in futures for future in of_one]):
                on_played(future.result().scenarios)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        return [_summed(verifier, of_one) for verifier, of_one in zip(verifiers, futures, strict=True)]


def _play_here(verifier: Verifier, chunks: Sequence[range], on_played: Callable[[int], None]) -> Verification:
    result = Verification(verifier.workflow.dag_id, 0)
    for chunk in chunks:
        result += verifier.verify(chunk)
        on_played(len(chunk))
    return result


def _summed(verifier: Verifier, futures: Sequence[Future[Verification]]) -> Verification:
    return sum((future.result() for future in futures), Verification(verifier.workflow.dag_id, 0))


def _prepare(verifiers: Sequence[Verifier]) -> None:
    let_ctrl_c_in()
    _verifiers.extend(verifiers)


def _nothing() -> None:
    pass


def _play(index: int, seeds: range) -> Verification:
    return _verifiers[index].verify(seeds)
