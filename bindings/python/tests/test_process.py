# SPDX-License-Identifier: Apache-2.0
"""The package among others in a process: threads, signals, memory, import time, speed."""

import gc
import io
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import libtacit
import pytest


def test_threads_share_the_module_and_objects(text):
    """Many threads compress, decompress, seek in one file and feed one compressor."""
    archive = libtacit.compress(text, 2, block_size="4K")
    model = libtacit.Model()
    shared = libtacit.Compressor(1, threads=2, block_size="4K")
    reader = libtacit.open(io.BytesIO(archive))
    one = libtacit.Archive(io.BytesIO(archive))

    def work(seed):
        chance = random.Random(seed)
        for _ in range(8):
            start = chance.randrange(len(text) - 3000)
            piece = text[start : start + 3000]
            level = chance.choice([1, 2, 3, 4, 6] if seed == 1 else [1, 2, 3])
            assert libtacit.decompress(libtacit.compress(piece, level, model=model if level > 2 and seed == 1 else None)) == piece
            assert one.read(start, 3000) == piece
            with reader_lock:
                reader.seek(start)
                assert reader.read(3000) == piece
            shared.compress(piece)
        return True

    reader_lock = threading.Lock()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    shared.flush()


def test_the_gil_is_released(text):
    """While one thread compresses, another one's loop goes on."""
    ticks = 0
    done = threading.Event()

    def compress():
        libtacit.compress(text * 4, 4, threads=1)
        done.set()

    thread = threading.Thread(target=compress)
    thread.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.001)
    thread.join()
    assert ticks > 20


INTERRUPTED = """
import libtacit, os, signal, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs have it ignored
data = open({path!r}, "rb").read() * 40
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
start = time.time()
try:
    {call}
except KeyboardInterrupt:
    assert time.time() - start < 3, time.time() - start
    print("stopped")
"""


@pytest.mark.parametrize(
    "call",
    [
        "libtacit.compress(data, 9, threads=1)",
        "libtacit.compress(data, 9, threads=2, block_size='1M')",
        "c = libtacit.Compressor(9); c.compress(data); c.flush()",
    ],
)
def test_control_c_stops_long_work(call):
    path = os.path.join(os.environ["TACIT_SOURCE"], "docs/format.md")
    done = subprocess.run([sys.executable, "-c", INTERRUPTED.format(path=path, call=call)], capture_output=True)
    assert done.stdout == b"stopped\n" and done.stderr == b"", done


def test_nothing_leaks(text):
    """Handles, callbacks and failures in a loop: memory and reference counts stay."""
    data = text[:3000]
    archive = libtacit.compress(data, 1)
    progress = lambda n_in, n_out: None

    def loop(n):
        for _ in range(n):
            libtacit.decompress(libtacit.compress(data, 1, progress=progress))
            with libtacit.open(io.BytesIO(archive)) as file:
                file.seek(100)
                file.read(10)
            compressor = libtacit.Compressor(1, progress=progress)
            compressor.compress(data)
            with pytest.raises(libtacit.ArchiveError):
                libtacit.decompress(archive[:-2])
        gc.collect()

    loop(30)
    counts = [sys.getrefcount(x) for x in (data, archive, progress)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    loop(300)
    assert [sys.getrefcount(x) for x in (data, archive, progress)] == counts
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3000  # KiB


def cpu_of(code):
    """User and system seconds of a fresh interpreter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_import_is_quick():
    """Less than 0.1 s, as processor time against a bare interpreter: a busy machine changes nothing."""
    taken = min(cpu_of("import libtacit") for _ in range(5)) - min(cpu_of("") for _ in range(5))
    print(f"import: {taken:.3f} s")
    assert taken < 0.1


def least_costs(*calls):
    """Processor time of each call, in turns. Neighbours on the machine make single calls slower, never quicker: the least
    of many is what a call costs."""
    least = [float("inf")] * len(calls)
    for _ in range(40):
        for i, call in enumerate(calls):
            start = time.process_time()
            call()
            least[i] = min(least[i], time.process_time() - start)
    return least


def test_compressing_costs_what_the_c_call_costs():
    """Within 2 % for 1 MB. What Python adds is measured by itself, with a function in the library's place that makes
    nothing: it is so little that the difference of two whole calls drowns in noise, where other work goes on."""
    path = os.path.join(os.environ["TACIT_SOURCE"], "models/default.tmodel")
    with open(path, "rb") as file:
        data = file.read(500_000) + b"What two sides both already know need not be said.\n" * 10_000
    native, new, reports = libtacit._buffer.lib, libtacit._buffer._new, []
    n_made = len(libtacit.compress(data, 1, threads=1, progress=lambda n_in, n_out: reports.append(n_in)))
    bound, n_out = native.tacit_buffer_bound(len(data)), libtacit._buffer.ffi.new("size_t *")
    options = libtacit._calls.CallOptions(1, threads=1)
    options.struct.progress = libtacit._buffer.ffi.NULL

    def in_c():
        assert native.tacit_buffer_compress(data, len(data), new("uint8_t[]", bound), bound, n_out, options.struct) == 0

    def nothing(data, n_bytes, out, bound, n_out, options):
        for n in reports:
            assert options.progress(options.progress_context, n, 0) == 0
        n_out[0] = n_made
        return 0

    def around_it():
        options = libtacit._calls.CallOptions(1, threads=1)
        libtacit._buffer.encode_whole(data, native.tacit_buffer_bound, nothing, options, "compress")

    c, own, whole = least_costs(in_c, around_it, lambda: libtacit.compress(data, 1, threads=1))
    print(f"compress: {c * 1000:.2f} ms in C, {own * 1000:.3f} ms around it; in all {whole / c:.3f} times the C call")
    assert own < 0.02 * c
    assert whole < 1.2 * c, "what was measured by itself is not all"


def test_default_action_of_signals_stays():
    code = "import signal; a = signal.getsignal(signal.SIGINT); import libtacit; assert signal.getsignal(signal.SIGINT) is a"
    subprocess.run([sys.executable, "-c", code], check=True)
