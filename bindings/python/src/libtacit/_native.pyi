# SPDX-License-Identifier: Apache-2.0
# What ffi_build.py makes: cffi's two objects. Their attributes are the C library's (include/tacit/).
from typing import Any

ffi: Any
lib: Any
