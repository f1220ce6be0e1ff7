# SPDX-License-Identifier: Apache-2.0
"""What crosses the border: options, callbacks, handles.

cffi lets go of the GIL around every call of the library and takes it for callbacks. Each long call has
the progress callback, in which Python handles signals: what it raises (KeyboardInterrupt too) is kept in
the Call, stops the work, and is raised again when the library has returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, Union, cast

from ._errors import ArgumentError, check
from ._native import ffi, lib

if TYPE_CHECKING:
    from ._model import Model
    from ._reference import Reference


class Bar(Protocol):
    """What shows progress, as tqdm does."""

    def update(self, n: int, /) -> object:
        """So much more is done."""


Progress = Union[Callable[[int, int], object], Bar]


class Options(TypedDict, total=False):
    """Options by the names that the command has.

    threads: 0 is one for each processor; never changes a result. block_size, memory: bytes, or text
    as "16M". model: a Model, a name or a file. streams, context, kv: of the model; kv ("8", "4", "k4v3", "3", "k4v2", "k3v2" or "k4v3s"): the bits of its
    keys and values; kv_keep: of how many positions in a hundred, 0 for all. mix: False takes the model without context models. no_model: context models only. cpu: processor
    features, "scalar" for none. reference: a Reference, which decoding needs again. progress: called with bytes done of
    the input and bytes made, at last with all, or a bar with update(n), as tqdm has; what it raises stops the work.
    """

    threads: int
    block_size: int | str
    memory: int | str
    model: Model | str | None
    streams: int
    context: int
    kv: str
    kv_keep: int
    mix: bool
    no_model: bool
    cpu: str | None
    reference: Reference | None
    progress: Progress | None


class Call:
    """Callbacks of one handle or call, and the exception that one of them raised."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.error: BaseException | None = None
        self.handle = ffi.new_handle(self)
        self.report = as_function(progress)
        self.needed_reference = ""  # for the message where an archive gets no such reference
        self.take: Callable[[Any], Any] | None = None
        self.drop: Callable[[Any], Any] | None = None
        self.record: Callable[[int, int, Any], Any] | None = None
        self.read: Callable[[int, Any, int], None] | None = None

    def finish(self, n_in: int, n_out: int) -> None:
        """Reports the end, of which the library says nothing."""
        if self.report is not None:
            self.report(n_in, n_out)


def as_function(progress: Progress | None) -> Callable[[int, int], object] | None:
    """A function of (n_in, n_out) for a bar that has update(n)."""
    update = getattr(progress, "update", None)
    if update is None:
        return cast("Union[Callable[[int, int], object], None]", progress)
    seen = 0

    def report(n_in: int, _n_out: int) -> None:
        nonlocal seen
        if n_in > seen:
            update(n_in - seen)
            seen = n_in

    return report


def _quiet(*_error: object) -> None:
    """An exception that came before the callback's own `try`: its error value stops the work."""


@ffi.def_extern(error=1, onerror=_quiet)
def on_progress(context: Any, n_in: int, n_out: int) -> int:
    call = ffi.from_handle(context)
    try:
        if call.report is not None:
            call.report(n_in, n_out)
    except BaseException as error:
        call.error = error
        return 1
    return 0


def _hand_over(context: Any, name: str, item: Any) -> int:
    call = ffi.from_handle(context)
    try:
        getattr(call, name)(item)
    except BaseException as error:
        call.error = error
        return 1
    return 0


@ffi.def_extern(error=1, onerror=_quiet)
def on_token(context: Any, token: Any) -> int:
    return _hand_over(context, "take", token)


@ffi.def_extern(error=1, onerror=_quiet)
def on_choice(context: Any, choice: Any) -> int:
    return _hand_over(context, "take", choice)


@ffi.def_extern(error=1, onerror=_quiet)
def on_text(context: Any, data: Any, n_bytes: int) -> int:
    return _hand_over(context, "take", ffi.buffer(data, n_bytes))


@ffi.def_extern(error=1, onerror=_quiet)
def on_drop(context: Any, choice: Any) -> int:
    return _hand_over(context, "drop", choice)


@ffi.def_extern(error=ffi.NULL, onerror=_quiet)
def on_record(context: Any, reader: int, record: int, n_bytes: Any) -> Any:
    call = ffi.from_handle(context)
    try:
        return call.record(reader, record, n_bytes)
    except BaseException as error:
        call.error = error
        return ffi.NULL


@ffi.def_extern(error=lib.TACIT_ERR_IO, onerror=_quiet)
def on_read(context: Any, offset: int, data: Any, n_bytes: int) -> Any:
    call = ffi.from_handle(context)
    try:
        call.read(offset, data, n_bytes)
    except BaseException as error:
        call.error = error
        return lib.TACIT_ERR_IO
    return lib.TACIT_OK


def size(value: int | str, what: str) -> int:
    """Bytes: a number, or text as the command takes it, "16M", "1GiB"."""
    if isinstance(value, int) and value >= 0:
        return value
    match = re.fullmatch(r"(\d+)(?:([KMGT])(?:i?B)?)?", str(value), re.IGNORECASE)
    if match is None:
        raise ArgumentError(f"{what} is a number of bytes, or as '16M': not {value!r}")
    unit = (match[2] or "").upper()
    return int(match[1]) << (10 * " KMGT".index(unit or " "))


def parse_budget(value: int | str) -> tuple[int, bool]:
    """Bytes (a number, "16M") or records ("2000r"), and whether it is records."""
    if match := re.fullmatch(r"(\d+)r", str(value)):
        return int(match[1]), True
    return size(value, "budget"), False


_KV_KINDS = {"8": lib.TACIT_KV_8, "4": lib.TACIT_KV_4, "k4v3": lib.TACIT_KV_K4V3, "3": lib.TACIT_KV_3,
             "k4v2": lib.TACIT_KV_K4V2, "k3v2": lib.TACIT_KV_K3V2, "k4v3s": lib.TACIT_KV_K4V3S}


def kv_kind(name: str) -> int:
    """How a model's keys and values are kept, as --kv has it."""
    if name not in _KV_KINDS:
        raise ArgumentError(f"kv is one of {', '.join(_KV_KINDS)}: not {name!r}")
    return int(_KV_KINDS[name])


def kv_name(kind: int) -> str:
    """The name that stands for a kind."""
    return next(name for name, value in _KV_KINDS.items() if value == kind)


def kv_share(percent: int) -> int:
    """Of how many positions in a hundred keys and values are kept, as --kv-keep has it; 0: of all."""
    if not 0 <= percent <= 99:
        raise ArgumentError(f"kv_keep goes from 0 to 99: not {percent}")
    return percent


class CallOptions:
    """A struct tacit_options with all that it points to, and the Call of its callbacks."""

    def __init__(
        self,
        level: int | None = None,
        *,
        threads: int = 0,
        block_size: int | str = 0,
        memory: int | str = 0,
        model: Model | str | None = None,
        streams: int = 0,
        context: int = 0,
        kv: str = "8",
        kv_keep: int = 0,
        mix: bool = True,
        no_model: bool = False,
        cpu: str | None = None,
        reference: Reference | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.call = Call(progress)
        self.struct = struct = ffi.new("struct tacit_options *")
        check(lib.tacit_options_init_sized(struct, ffi.sizeof("struct tacit_options")))
        if level is not None:
            if not lib.TACIT_LEVEL_MIN <= level <= lib.TACIT_LEVEL_MAX:
                raise ArgumentError(f"level goes from {lib.TACIT_LEVEL_MIN} to {lib.TACIT_LEVEL_MAX}: not {level}")
            struct.level = level
        for name, value in (("threads", threads), ("streams", streams), ("context", context)):
            if value < 0:
                raise ArgumentError(f"{name} is 0 or more: not {value}")
        struct.n_threads = threads
        struct.block_size = size(block_size, "block_size")
        struct.memory_limit = size(memory, "memory")
        struct.n_streams = streams
        struct.n_context = context
        struct.kv = kv_kind(kv)
        struct.kv_keep = kv_share(kv_keep)
        struct.unmixed = not mix
        struct.no_model = no_model
        struct.progress = lib.on_progress
        struct.progress_context = self.call.handle
        self._cpu = ffi.NULL if cpu is None else ffi.new("char[]", cpu.encode())
        struct.cpu = self._cpu
        self.reference = reference  # which lives as long as what uses it
        struct.reference = ffi.NULL if reference is None else reference._handle.pointer
        self.use(model)

    def use(self, model: Model | str | None) -> None:
        """Sets the language model; None: the linked-in one where the level has one."""
        if isinstance(model, str):
            from ._model import Model

            model = Model(model)
        self.model = model
        self.struct.model = ffi.NULL if model is None else model._handle


class Handle:
    """A handle of the library, destroyed with its last reference.

    By a finalizer, not by ffi.gc: in a circle of garbage Python runs all finalizers before it takes anything
    apart, so that what the handle uses (`kept`: options, a model) is still whole. A Model, which outlives
    its users, has ffi.gc.
    """

    __slots__ = ("_destroy", "_kept", "pointer")

    def __init__(self, pointer: Any, destroy: Callable[[Any], None], *kept: Any) -> None:
        self.pointer, self._destroy, self._kept = pointer, destroy, kept

    def __del__(self) -> None:
        self._destroy(self.pointer)
