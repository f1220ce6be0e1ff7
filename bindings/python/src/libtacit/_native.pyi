# SPDX-License-Identifier: Apache-2.0
# What ffi_build.py makes: cffi's two objects. Their attributes are the C library's (include/tacit/).
from collections.abc import Callable
from typing import Any, TypeVar, type_check_only

_F = TypeVar("_F", bound=Callable[..., Any])

@type_check_only
class _FFI:
    def def_extern(self, name: str = ..., error: Any = ..., onerror: Any = ...) -> Callable[[_F], _F]: ...
    def __getattr__(self, name: str) -> Any: ...

ffi: _FFI
lib: Any
