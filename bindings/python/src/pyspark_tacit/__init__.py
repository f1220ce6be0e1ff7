# SPDX-License-Identifier: Apache-2.0
"""By this module's name Spark finds the data source "tacit" (it looks for pyspark_*)."""

from libtacit.spark._source import TacitSource as DefaultSource

__all__ = ["DefaultSource"]
