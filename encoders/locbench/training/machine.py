"""Where a model is trained, and that it makes no difference how many threads there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from geobias.encoders.seeding import seeded
from geobias.errors import InputError


def device_of(name: str) -> torch.device:
    """Return a device that is there, or say what is.

    >>> device_of("cpu")
    device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise InputError(f"device={name!r} is none of auto, cpu, cuda, cuda:1 and so on.")
    if device.type == "cuda":
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= there:
            found = f"torch finds {there} of them" if there else "torch finds none on this machine"
            raise InputError(
                f"device={name!r} asks for a graphics card, but {found}: say device='cpu', or "
                "'auto' to take what there is."
            )
    return device


def precision_on(device: torch.device, amp: str) -> AbstractContextManager[object]:
    """Half precision where it is wanted and the device is made for it."""
    if amp == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute sums in one order, whatever the number of threads: in several they differ in bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def drawing(seed: int, device: torch.device) -> Iterator[None]:
    """Draw what layers leave out from a seed, on a processor and on a graphics card."""
    cards = [device] if device.type == "cuda" else []
    with seeded(seed), torch.random.fork_rng(devices=cards):
        if cards:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield
