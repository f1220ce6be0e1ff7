#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the files of numbers in docs/benchmarks.md: a topology as topojson's own tools write it, and heads of tables.

number_files.py FOLDER

Needs of PyPI bokeh_sampledata 2026.1, topojson 2.2 and shapely 2.2.
"""
import gzip
import json
import pathlib
import sqlite3
import sys

import bokeh_sampledata
import shapely.geometry
import topojson

DATA = pathlib.Path(bokeh_sampledata.__file__).parent / "_data"
TABLES = ("cycling", "stocks", "sea_surface_temperature", "population", "world_cities")


def counties():
    """The first 1,200 counties of the contiguous states, with shared borders as arcs."""
    rows = sqlite3.connect(DATA / "geographic_boundaries.db").execute(
        "select id, geometry from us_counties where state not in ('AK', 'HI') order by id limit 1200")
    features = [{"type": "Feature", "id": int(number), "properties": {},
                 "geometry": shapely.geometry.mapping(shapely.from_wkb(shape))} for number, shape in rows]
    collection = {"type": "FeatureCollection", "features": features}
    return json.loads(topojson.Topology(collection, prequantize=1e5, topology=True).to_json())


def turned(arc):
    """A quantised arc in the other direction."""
    points, x, y = [], 0, 0
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.insert(0, (x, y))
    return [list(points[0])] + [[b[0] - a[0], b[1] - a[1]] for a, b in zip(points, points[1:])]


def renumbered(topology):
    """With arcs in the order and direction in which shapes name them first."""
    numbers, order = {}, []

    def number(index):
        if isinstance(index, list):
            return [number(i) for i in index]
        arc, ahead = (index, True) if index >= 0 else (~index, False)
        if arc not in numbers:
            numbers[arc] = (len(order), ahead)
            order.append((arc, ahead))
        new, first_ahead = numbers[arc]
        return new if ahead == first_ahead else ~new

    shapes = [{"type": s["type"], "id": s["id"], "arcs": number(s["arcs"])}
              for s in topology["objects"]["data"]["geometries"]]
    arcs = [topology["arcs"][arc] if ahead else turned(topology["arcs"][arc]) for arc, ahead in order]
    return {"type": "Topology", "transform": topology["transform"],
            "objects": {"counties": {"type": "GeometryCollection", "geometries": shapes}}, "arcs": arcs}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(renumbered(counties()), separators=(",", ":"))
    (folder / "counties.json").write_text(text[:300000])
    for name in TABLES:
        with gzip.open(DATA / f"{name}.csv.gz") as table:
            (folder / f"{name}.csv").write_bytes(table.read(100000))


main()
