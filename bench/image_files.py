#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images of 16-bit samples beside JPEG XL, PNG and xz, which see the same pixels.

    bench/image_files.py [--level "6 --no-model"] [--program TACIT] [--made] [--alpha] FILE...

A FILE is DICOM, FITS with whole numbers of 16 bits, an .npz whose largest array has 16 bits, or PGM or PPM with a largest
value above 255; an 8-bit PNG becomes a linear image of 48 bits, each of whose pixels is the mean of four. The last frame of several is
taken; signed samples are shifted, so that the least becomes 0. --made adds images made of a smooth field with
noise as a sensor has it, 12 bits in 16. --alpha gives colour a fourth sample: a disc that is opaque, and nothing around it. All
programs take the pixels: cjxl -d 0 -e 9 and tacit as PGM, PPM or PAM, xz -9e as that file too, PNG with the best of its five filters for each row (least sum of magnitudes) and zlib at 9. `As it is` is the
DICOM or FITS file itself with the last level, unless it is compressed. Every archive is restored and compared, and
JPEG XL too, but for PAM, which djxl does not write.

Needs: apt-get install libjxl-tools; pip install numpy pydicom astropy pillow
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import zlib

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, check=True).stdout


def read_pnm(data):
    kind, width, height, _ = data.split(maxsplit=4)[:4]
    planes = 3 if kind == b"P6" else 1
    pixels = numpy.frombuffer(data[-2 * planes * int(width) * int(height):], ">u2")
    return pixels.reshape((int(height), int(width), planes)[:2 + (planes > 1)])


def read_linear(path):
    from PIL import Image
    y = numpy.array(Image.open(path).convert("RGB")) / 255.0
    y = numpy.where(y <= 0.04045, y / 12.92, ((y + 0.055) / 1.055) ** 2.4)
    y = y[:y.shape[0] // 2 * 2, :y.shape[1] // 2 * 2]
    y = y.reshape(y.shape[0] // 2, 2, y.shape[1] // 2, 2, 3).mean(axis=(1, 3))
    return numpy.round(y * 65535).astype("u2")


def read(path):
    if path.suffix == ".dcm":
        import pydicom
        pixels = pydicom.dcmread(path).pixel_array
    elif path.suffix == ".fits":
        from astropy.io import fits
        with fits.open(path, do_not_scale_image_data=True) as units:
            pixels = next(unit.data for unit in units if unit.data is not None)
    elif path.suffix == ".npz":
        arrays = numpy.load(path)
        pixels = max((arrays[name] for name in arrays), key=lambda array: array.size)
    elif path.suffix == ".png":
        pixels = read_linear(path)
    else:
        pixels = read_pnm(path.read_bytes())
    while pixels.ndim > 2 and pixels.shape[-1] != 3:
        pixels = pixels[-1]
    if pixels.dtype.itemsize != 2 or pixels.dtype.kind not in "iu":
        sys.exit(f"image_files.py: {path}: not of 16 bits")
    pixels = pixels.astype(numpy.int64)
    return (pixels - min(pixels.min(), 0)).astype(">u2")


def made(seed, spread, photons):
    rng = numpy.random.default_rng(seed)
    field = numpy.fft.rfft2(rng.standard_normal((256, 256)))
    y, x = numpy.meshgrid(numpy.fft.fftfreq(256), numpy.fft.rfftfreq(256), indexing="ij")
    field = numpy.fft.irfft2(field * numpy.exp(-(x * x + y * y) * 2.0 * (numpy.pi * spread) ** 2))
    field = (field - field.min()) / (field.max() - field.min()) * photons + photons / 100
    noise = rng.standard_normal(field.shape) * numpy.sqrt(field + 25)
    return numpy.clip(numpy.round((field + noise) * 3000 / photons), 0, 4095).astype(">u2")


def with_disc(pixels):
    height, width = pixels.shape[:2]
    y, x = numpy.ogrid[:height, :width]
    disc = (y - height / 2) ** 2 + (x - width / 2) ** 2 < (min(height, width) / 2) ** 2
    return numpy.dstack([pixels, disc * 65535]).astype(">u2")


def png_bytes(pixels):
    """Of the compressed rows; the rest of such a file is 57 bytes and 12 for each piece."""
    step, rows = 2 * (pixels.shape[2] if pixels.ndim == 3 else 1), []
    data = pixels.reshape(pixels.shape[0], -1).view("u1").astype(numpy.int16)
    above = numpy.zeros_like(data[0])
    for row in data:
        left, corner = (numpy.concatenate([numpy.zeros(step, numpy.int16), x[:-step]]) for x in (row, above))
        base = left + above - corner
        a, b, c = abs(base - left), abs(base - above), abs(base - corner)
        paeth = numpy.where((a <= b) & (a <= c), left, numpy.where(b <= c, above, corner))
        forms = [(row - guess).astype("u1") for guess in (0, left, above, (left + above) // 2, paeth)]
        best = min(range(5), key=lambda k: abs(forms[k].view("i1").astype(int)).sum())
        rows.append(bytes([best]) + forms[best].tobytes())
        above = row
    return len(zlib.compress(b"".join(rows), 9)) + 69


def jxl_bytes(path, folder):
    out, back = folder / "out.jxl", folder / f"back{path.suffix}"
    run("cjxl", "-d", "0", "-e", "9", "--num_threads=1", path, out)
    if path.suffix == ".pam":
        return out.stat().st_size
    run("djxl", "--bits_per_sample", "16", out, back)
    if back.read_bytes() != path.read_bytes():
        sys.exit("image_files.py: JPEG XL gives other content")
    return out.stat().st_size


def tacit_bytes(options, level, path, folder):
    archive = folder / "archive"
    archive.write_bytes(run(options.program, *f"-{level}".split(), "-T1", "-c", path))
    if run(options.program, "-dc", archive) != path.read_bytes():
        sys.exit("image_files.py: other content")
    return archive.stat().st_size


def show(name, pixels, given, options, folder):
    height, width, planes = (pixels.shape + (1,))[:3]
    path = folder / f"image{({1: '.pgm', 3: '.ppm', 4: '.pam'}[planes])}"
    head = b"%s\n%d %d\n65535\n" % (b"P6" if planes == 3 else b"P5", width, height)
    if planes == 4:
        head = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n" % (width, height)
    path.write_bytes(head + pixels.tobytes())
    jxl = jxl_bytes(path, folder)
    sizes = [path.stat().st_size, len(run("xz", "-9e", "-c", path)), png_bytes(pixels), jxl]
    sizes += [tacit_bytes(options, level, path, folder) for level in options.level]
    cells = [f"{size:,}" for size in sizes]
    whole = given is not None and given.suffix in (".dcm", ".fits") and given.stat().st_size > pixels.nbytes
    asis = f"{given.stat().st_size:,} to {tacit_bytes(options, options.level[-1], given, folder):,}" if whole else ""
    print(f"| {name} | {pixels.shape[1]} x {pixels.shape[0]} | {' | '.join(cells)} | {sizes[-1] / jxl:.3f} | {asis} |",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", action="append", help="and other options of tacit behind it; several columns")
    parser.add_argument("--program", default=ROOT / "build/release/cli/tacit")
    parser.add_argument("--made", action="store_true")
    parser.add_argument("--alpha", action="store_true")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    options.level = options.level or ["3", "4"]
    names = ["bytes", "xz", "PNG", "JPEG XL"] + [f"tacit -{level.split()[0]}" for level in options.level]
    print(f"| image | pixels | {' | '.join(names)} | to JPEG XL | as it is |\n|---|---|" + "---:|" * (len(names) + 1) +
          "---|")
    with tempfile.TemporaryDirectory() as folder:
        for path in options.files:
            pixels = read(path)
            show(path.stem, with_disc(pixels) if options.alpha and pixels.ndim == 3 else pixels, path, options, pathlib.Path(folder))
        for seed, (spread, photons) in enumerate(((6, 400), (12, 4000), (30, 30000)) if options.made else ()):
            show(f"made, {photons} photons", made(seed, spread, photons), None, options, pathlib.Path(folder))


if __name__ == "__main__":
    main()
