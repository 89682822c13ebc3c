"""How a model is trained, checked before anything is computed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from geobias.encoders.checks import positive, weight
from geobias.errors import InputError
from geobias.settings import chosen_from, whole_number

LOSSES = ("auto", "presence", "users", "cross_entropy", "mse")
OF_TASK = {"classification": ("presence", "users", "cross_entropy"), "regression": ("mse",)}
"""What each task can be trained with; the first is what ``auto`` stands for."""

WIDTHS = ("small", "published")
MODES = ("auto", "off")


@dataclass(frozen=True)
class Training:
    """The choices of a training.

    Parameters
    ----------
    epochs : int
        How often the training samples are gone through.
    batch_size : int
        Samples per step of Adam.
    lr, lr_decay : float
        The learning rate of an epoch, counted from 0, is ``lr * lr_decay**epoch``.
    weight_decay : float
        Of Adam.
    loss : {"auto", "presence", "users", "cross_entropy", "mse"}
        ``auto`` is ``presence`` for classes and ``mse`` for values. ``presence`` is
        `presence_only_loss`, the published one, and ``users`` is `presence_only_user_loss`, which
        is for data that say who took each image: samples of unknown users are left out, and
        counted. ``cross_entropy`` is that of the class probabilities brought to a sum of one,
        ``-log(p_label / Σ p_c)``: it knows no random places.
    negative_weight : float
        How much random places count in ``presence``.
    samples_per_class : int or None
        At most so many samples of each class, drawn anew for each epoch; None takes all.
    patience : int or None
        Stop after so many epochs in a row without a better model on the validation split, and keep
        the best. None goes through all epochs and keeps the last, as published.
    compat : {None, "torchspatial"}
        The mode of the encoder, and of the random places, which the reference code draws from a
        quarter of the sphere only.
    widths : {"small", "published"}
        Of the networks around the encoder in regression.
    device : str
        ``auto`` takes a graphics card where there is one. Or ``cpu``, ``cuda``, ``cuda:1``.
    amp : {"auto", "off"}
        Whether networks compute in bfloat16 on graphics cards that can; on a processor never.

    Raises
    ------
    InputError
        If a value does not fit.

    Examples
    --------
    >>> from geobias.encoders.locbench import Training
    >>> Training(epochs=10, patience=3).lr
    0.001
    """

    epochs: int = 30
    batch_size: int = 1024
    lr: float = 0.001
    lr_decay: float = 0.98
    weight_decay: float = 0.0
    loss: str = "auto"
    negative_weight: float = 1.0
    samples_per_class: int | None = 100
    patience: int | None = None
    compat: str | None = None
    widths: str = "small"
    device: str = "auto"
    amp: str = "auto"

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            self._keep(name, whole_number(name, getattr(self, name), 1))
        for name in ("samples_per_class", "patience"):
            if getattr(self, name) is not None:
                self._keep(name, whole_number(name, getattr(self, name), 1))
        for name in ("lr", "lr_decay"):
            self._keep(name, positive(name, getattr(self, name)))
        for name in ("weight_decay", "negative_weight"):
            self._keep(name, weight(name, getattr(self, name)))
        for name, known in (("loss", LOSSES), ("widths", WIDTHS), ("amp", MODES)):
            chosen_from(name, getattr(self, name), known)
        if self.compat is not None:
            chosen_from("compat", self.compat, ("torchspatial",))

    @classmethod
    def of(cls, given: Any) -> Training:
        """Return what was given, or the defaults; refuse anything else.

        >>> Training.of(None) == Training()
        True
        """
        if given is None:
            return cls()
        if not isinstance(given, cls):
            raise InputError(f"training={given!r} has to be a Training, as in Training(epochs=10).")
        return given

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def loss_of(self, task: str) -> str:
        """Return the loss of a task, or refuse one that belongs to the other."""
        fitting = OF_TASK[task]
        if self.loss == "auto":
            return fitting[0]
        if self.loss not in fitting:
            raise InputError(
                f"loss={self.loss!r} is not for {task}: take {' or '.join(fitting)}, or auto."
            )
        return self.loss

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return asdict(self)
