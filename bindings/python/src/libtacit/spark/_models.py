# SPDX-License-Identifier: Apache-2.0
"""A language model on every executor: shipped once to each as a file, opened once by each process."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import Any

from pyspark import SparkFiles

from libtacit._model import Model, find


@dataclass(frozen=True)
class SharedModel:
    """The name under which Spark has the file; None: the model that is linked into the library."""

    file: str | None

    def open(self) -> Model:
        return _open(self.file)


@functools.lru_cache(maxsize=4)
def _open(file: str | None) -> Model:
    return Model() if file is None else Model(SparkFiles.get(file))


def share(spark: Any, model: Model | str | None) -> SharedModel:
    """Has Spark copy the model's file to each executor, once."""
    path = model.path if isinstance(model, Model) else model and find(model)
    if path is None:
        return SharedModel(None)
    spark.sparkContext.addFile(os.path.abspath(path))
    return SharedModel(os.path.basename(path))
