"""Kills and power cuts, a few of each; ``python -m tests.faults kills cuts`` does hundreds."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.faults.counting import Ear
from tests.faults.disk_remains import ROOT, SECTOR, Op, Wreck
from tests.faults.kills import MOST_LOST_MS, kill_many
from tests.faults.power_cuts import MOST_LOST_S, Cut, cut_one, fly

CAN_MOUNT = os.access("/dev/fuse", os.W_OK) and os.geteuid() == 0


def test_a_kill_at_any_moment_loses_no_line_and_doubles_none() -> None:
    tally = kill_many(6, seed=11)
    assert (tally.n_lost, tally.wrong) == (0, [])
    assert tally.n_committed >= 3
    assert tally.lost_ms <= MOST_LOST_MS


@pytest.mark.skipif(not CAN_MOUNT, reason="needs /dev/fuse, and the right to mount")
def test_a_power_cut_at_any_moment_loses_no_saved_line_and_a_second_of_sound() -> None:
    rng = random.Random(12)

    async def cut_all() -> tuple[list[Cut], Cut]:
        cuts = [
            await cut_one(ear, flight, rng, rng.random(), is_torn=n % 2 == 1) for n in range(14)
        ]
        lied = [op for op in flight.ops if not op.kind.startswith("sync")]
        flight.ops[:] = lied  # a disk that says that it has synced, and has not
        return cuts, await cut_one(ear, flight, rng, 1.0, is_torn=False)

    with Ear() as ear:
        flight = fly(ear, 4.0)
        cuts, lie = asyncio.run(cut_all())
    assert [cut.wrong for cut in cuts if cut.wrong] == []
    assert sum(cut.n_lost for cut in cuts) == 0
    assert sum(cut.n_saved for cut in cuts) > 10
    assert max(cut.lost_s for cut in cuts) <= MOST_LOST_S
    assert lie.n_lost == lie.n_saved > 0, "what is not synced is noticed"


def made(*ops: Op) -> list[Op]:
    """A folder and a file in it, and what comes after."""
    return [
        Op("make", ROOT, name="home", other=2, is_folder=True),
        Op("sync folder", ROOT),
        Op("make", 2, name="a", other=3),
        *ops,
    ]


def left(ops: list[Op], target: Path, *, seed: int | None = None) -> dict[str, bytes]:
    wreck = Wreck(random.Random(seed), is_torn=seed is not None)
    wreck.replay(ops)
    wreck.salvage(target)
    return {path.name: path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_what_was_synced_is_left_and_nothing_else(tmp_path: Path) -> None:
    write = Op("write", 3, data=b"first")
    later = Op("write", 3, offset=5, data=b" later")
    sync, sync_folder = Op("sync", 3), Op("sync folder", 2)
    move = Op("move", 2, name="a", other=2, new_name="b")
    for n, (ops, wanted) in enumerate(
        (
            ([write, sync], {}),  # its name was not synced
            ([write, sync_folder], {"a": b""}),  # its content was not
            ([write, sync, sync_folder, later], {"a": b"first"}),
            ([write, later, sync, sync_folder], {"a": b"first later"}),
            ([write, sync, sync_folder, Op("size", 3, offset=2), sync], {"a": b"fi"}),
            ([write, sync, sync_folder, Op("remove", 2, name="a")], {"a": b"first"}),
            ([write, sync, sync_folder, Op("remove", 2, name="a"), sync_folder], {}),
            ([write, sync, move, sync_folder], {"b": b"first"}),
        )
    ):
        assert left(made(*ops), tmp_path / str(n)) == wanted


def test_of_the_rest_any_sectors_may_be_left(tmp_path: Path) -> None:
    content = b"".join(bytes([n]) * SECTOR for n in range(1, 9))
    ops = made(Op("sync folder", 2), Op("write", 3, offset=100, data=content))
    found = {left(ops, tmp_path / str(seed), seed=seed)["a"] for seed in range(8)}
    assert len(found) > 3
    for it in found:
        pieces = it[100:]
        assert all(it in (0, whole) for it, whole in zip(pieces, content, strict=False))
