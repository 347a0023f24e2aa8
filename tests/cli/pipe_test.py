# SPDX-License-Identifier: MIT
"""Streams through standard input and output."""
import array
import fcntl
import math
import os
import pathlib
import pty
import signal
import socket
import struct
import subprocess
import threading
import time

from end_to_end import FAILED, INTERRUPTED, MODEL, OK, PROGRAM, USAGE, EndToEnd, run
from recordings import float_wav, wav_bytes

DATA = pathlib.Path(MODEL).parent
WHOLE, RECOGNISER = str(DATA / "deftan2_tiny.safetensors"), str(DATA / "avsr_tiny_average.safetensors")
UNKNOWN = 0xFFFFFFFF
HEADER = 44


def endless(data, size=UNKNOWN):
    """A WAV whose header knows no length."""
    return data[:4] + struct.pack("<I", size) + data[8:40] + struct.pack("<I", size) + data[HEADER:]


def adpcm(blocks, size):
    """MS ADPCM of 256 bytes a block, with as many bytes of samples in the header."""
    coefficients = struct.pack("<14h", 256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232)
    form = struct.pack("<HHIIHHHHH", 2, 1, 16000, 8192, 256, 4, 32, 500, 7) + coefficients
    data = b"".join(struct.pack("<Bhhh", 0, 16, 0, 0) + bytes([0x1F, 0xE2, (0x1F, 0x2E, 0xD3)[block % 3]] * 83) for block in range(blocks))
    return b"RIFF" + struct.pack("<I", UNKNOWN) + b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size) + data


def non_blocking(descriptor):
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_NONBLOCK)


def header(data):
    """(kind, channels, rate, bits, bytes promised) of a WAV that begins with nothing but a header."""
    assert data[:4] + data[8:16] + data[36:40] == b"RIFFWAVEfmt data", data[:HEADER]
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", data[20:36])
    return kind, channels, rate, bits, struct.unpack("<I", data[40:44])[0]


class Pipe(EndToEnd):
    def pipe(self, data, *options, code=OK, said="", model=MODEL):
        """What comes out for what goes in."""
        result = subprocess.run([PROGRAM, "pipe", "-m", model, *options], input=data, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, code, result.stderr)
        if said:
            self.assertIn(said, result.stderr.decode())
        else:
            self.assertEqual(result.stderr, b"")
        return result.stdout

    def enhanced(self, name):
        self.expect(OK, "1 enhanced", "enhance", name, "-o", "file.wav", "--overwrite")
        return (self.folder / "file.wav").read_bytes()

    def redirected(self, shell, **options):
        return subprocess.run(["sh", "-c", shell, "sh", PROGRAM, MODEL], cwd=self.folder, capture_output=True, timeout=60, **options)

    def assertNear(self, made, wanted, steps=1):
        """Samples of 16 bits: a file's products are grouped in another way than a stream's."""
        made, wanted = array.array("h", made), array.array("h", wanted)
        self.assertEqual(len(made), len(wanted))
        self.assertLessEqual(max(abs(a - b) for a, b in zip(made, wanted)), steps)

    def test_stream_is_what_enhance_makes(self):
        for rate, channels, samples in ((16000, 1, 16000), (48000, 2, 24001), (6000, 1, 3001), (192000, 1, 20000), (16000, 1, 1)):
            with self.subTest(rate=rate, channels=channels, samples=samples):
                data = self.wav(rate=rate, channels=channels, samples=samples).read_bytes()
                out = self.pipe(data)
                self.assertEqual(header(out), (1, channels, rate, 16, UNKNOWN))
                self.assertNear(out[HEADER:], self.enhanced("a.wav")[-2 * channels * samples:])

    def test_sample_types_are_kept(self):
        for bits, kind in ((16, 1), (24, 1), (32, 1), (32, 3)):
            values = [0.25, -0.5, 0.125] * 800
            packed = struct.pack(f"<{len(values)}f", *values) if kind == 3 else b"".join(
                int(value * 2 ** (bits - 1)).to_bytes(bits // 8, "little", signed=True) for value in values)
            out = self.pipe(wav_bytes(kind, 1, 16000, bits, packed))
            self.assertEqual(header(out), (kind, 1, 16000, bits, UNKNOWN))
            self.assertEqual(len(out) - HEADER, len(packed))
        self.assertEqual(header(self.pipe(wav_bytes(1, 1, 16000, 8, bytes(range(64, 192)) * 9)))[3], 8)
        self.assertEqual(header(self.pipe(wav_bytes(7, 1, 16000, 8, bytes(range(64, 192)) * 9)))[3], 16)  # of u-law

    def test_raw_samples_are_those_of_a_file(self):
        data = self.wav(rate=44100, channels=2, seconds=0.4).read_bytes()[HEADER:]
        self.assertNear(self.pipe(data, "--raw", "s16:44100:2"), self.enhanced("a.wav")[-len(data):])
        floats = struct.pack("<800f", *[0.1] * 800)
        self.assertEqual(len(self.pipe(floats + b"abc", "--raw", "f32:16000:1")), len(floats))  # no half samples
        self.assertEqual(self.pipe(b"", "--raw", "s24:16000:1"), b"")

    def test_headers_that_know_no_length_are_read(self):
        data = self.wav(seconds=0.5).read_bytes()
        self.assertEqual(self.pipe(endless(data)), self.pipe(data))
        self.assertEqual(self.pipe(data[:-3001]), self.pipe(data[:-3002]))  # whoever wrote it was stopped within a sample

    def test_what_promises_nothing_goes_on_to_its_end(self):
        data = self.wav(seconds=0.2).read_bytes()
        for size in (0, 0x7FFFFFFF - 36, 0x80000000, UNKNOWN):
            self.assertEqual(self.pipe(endless(data, size)), self.pipe(data))
        samples = array.array("h", data[HEADER:])
        samples.byteswap()
        sun = b".snd" + struct.pack(">IIIII", 24, UNKNOWN, 3, 16000, 1) + samples.tobytes()
        self.assertEqual(self.pipe(sun), self.pipe(data))

    def test_decoders_are_not_asked_beyond_the_end(self):
        for blocks in (4, 8):  # of 500 samples: within a hop of 160 and at its end
            self.assertEqual(self.pipe(adpcm(blocks, 0x7FFFFF00)), self.pipe(adpcm(blocks, blocks * 256)))

    def test_samples_are_read_from_where_the_input_stands(self):
        data = self.wav(seconds=0.2).read_bytes()
        result = self.redirected('(dd bs=44 count=1 of=/dev/null 2>&-; "$1" pipe -m "$2" --raw s16:16000:1) < a.wav')
        self.assertEqual(result.stdout, self.pipe(data)[HEADER:])
        result = self.redirected('"$1" pipe -m "$2" --raw s16:16000:1 < /dev/zero | head -c 9000')  # no file, no pipe
        self.assertEqual((result.stdout, result.stderr), (bytes(9000), b""))

    def test_a_file_that_grows_by_its_own_end_is_no_endless_one(self):
        data = self.wav(seconds=0.2).read_bytes()[HEADER:]
        (self.folder / "a.raw").write_bytes(data)
        self.assertEqual(self.redirected('"$1" pipe -m "$2" --raw s16:16000:1 < a.raw >> a.raw').returncode, OK)
        self.assertEqual(os.path.getsize(self.folder / "a.raw"), 2 * len(data))

    def test_descriptors_that_others_made_non_blocking(self):
        data = self.wav(seconds=4).read_bytes()  # more than a pipe holds
        wanted = self.pipe(data)
        (our_in, their_in), (their_out, our_out) = os.pipe(), os.pipe()
        for descriptor in (our_in, our_out):
            non_blocking(descriptor)
        program = subprocess.Popen([PROGRAM, "pipe", "-m", MODEL], stdin=our_in, stdout=our_out, stderr=subprocess.PIPE)
        os.close(our_in), os.close(our_out)

        def write():
            with open(their_in, "wb", buffering=0) as file:
                for i in range(0, len(data), 4001):
                    file.write(data[i:i + 4001])

        writer = threading.Thread(target=write)
        writer.start()
        with open(their_out, "rb") as file:
            made = file.read(HEADER)
            time.sleep(0.5)  # until it is full
            made += file.read()
        writer.join()
        _, said = program.communicate(timeout=60)
        self.assertEqual((program.returncode, said), (OK, b""))
        self.assertEqual(made[HEADER:], wanted[HEADER:])

    def test_comes_out_as_it_goes_in(self):
        data = endless(self.wav(seconds=1).read_bytes())
        with subprocess.Popen([PROGRAM, "pipe", "-m", MODEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            program.stdin.write(data[:HEADER])
            program.stdin.flush()
            self.assertEqual(len(program.stdout.read(HEADER)), HEADER)
            program.stdin.write(data[HEADER:HEADER + 16000])
            program.stdin.flush()
            program.stdout.read(16000 - 2 * 640)  # all but two windows, while the other end is open
            program.stdin.close()
            self.assertEqual(len(program.stdout.read()), 2 * 640)
        self.assertEqual(program.returncode, OK)

    def test_a_file_gets_the_length_at_the_end(self):
        self.wav("8.wav", seconds=0.3, bits=16)
        (self.folder / "odd.wav").write_bytes(wav_bytes(1, 1, 16000, 8, bytes([128]) * 4001))
        for name, size in (("8.wav", 9600), ("odd.wav", 4001)):
            self.assertEqual(self.redirected(f'"$1" pipe -m "$2" < {name} > out.wav').returncode, OK)
            out = (self.folder / "out.wav").read_bytes()
            self.assertEqual((header(out)[4], len(out)), (size, HEADER + size + size % 2))
            self.assertEqual(struct.unpack("<I", out[4:8])[0], len(out) - 8)
            self.expect(OK, "1 enhanced", "enhance", "out.wav", "--overwrite")

    def test_what_was_in_a_file_stays(self):
        data = self.wav(seconds=0.3).read_bytes()
        made = self.pipe(data)
        for shell, before in (('"$1" pipe -m "$2" < a.wav >> out.wav', b""), ('"$1" pipe -m "$2" < a.wav >> out.wav', b"before"),
                              ('(printf before; "$1" pipe -m "$2" < a.wav) > out.wav', b"before")):
            (self.folder / "out.wav").write_bytes(before if ">>" in shell else b"")
            self.assertEqual(self.redirected(shell).returncode, OK)
            self.assertEqual((self.folder / "out.wav").read_bytes(), before + made)

    def test_several_write_into_one_redirection(self):
        made = self.pipe(self.wav(seconds=0.3).read_bytes())
        result = self.redirected('("$1" pipe -m "$2" < a.wav; "$1" pipe -m "$2" < a.wav; printf after) > out.wav')
        self.assertEqual(result.returncode, OK)
        out = (self.folder / "out.wav").read_bytes()
        self.assertEqual((header(out)[4], out[len(made):]), (len(made) - HEADER, made + b"after"))

    def test_a_connection_that_breaks_is_a_reader_that_stops(self):
        server = socket.create_server(("127.0.0.1", 0))
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        with subprocess.Popen([PROGRAM, "pipe", "-m", MODEL, "--raw", "s16:16000:1"], stdin=subprocess.PIPE, stdout=ours, stderr=subprocess.PIPE) as program:
            ours.close()
            program.stdin.write(bytes(9000))
            program.stdin.flush()
            theirs.recv(1)
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            theirs.close()  # and what was not read makes it a reset
            server.close()
            try:
                program.stdin.write(bytes(9000))
                program.stdin.close()
            except BrokenPipeError:
                pass
            self.assertEqual((program.wait(timeout=60), program.stderr.read()), (OK, b""))

    def test_who_stops_reading_ends_it(self):
        self.wav(seconds=20)
        result = self.redirected('{ "$1" pipe -m "$2" < a.wav; echo $? >&2; } | head -c 44 | wc -c')
        self.assertEqual((result.stdout.strip(), result.stderr.strip()), (b"44", b"0"))

    def test_output_that_is_lost_is_a_failure(self):
        self.wav(seconds=0.3)
        for lost, reason in ((">/dev/full", b"No space left on device"), (">&-", b"Bad file descriptor")):
            result = self.redirected(f'"$1" pipe -m "$2" < a.wav {lost}')
            self.assertEqual(result.returncode, FAILED)
            self.assertIn(b"cannot write standard output: " + reason, result.stderr)

    def test_an_interruption_leaves_a_whole_file(self):
        data = endless(self.wav(seconds=0.5).read_bytes())
        with open(self.folder / "out.wav", "wb") as out:
            program = subprocess.Popen([PROGRAM, "pipe", "-m", MODEL], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE)
            program.stdin.write(data)
            program.stdin.flush()
            while os.path.getsize(self.folder / "out.wav") < 8000:
                self.assertIsNone(program.poll())
            program.send_signal(signal.SIGINT)
            _, said = program.communicate(timeout=60)  # closes its input: as Ctrl-C ends what writes there
        self.assertEqual((program.returncode, said), (INTERRUPTED, b""))
        out = (self.folder / "out.wav").read_bytes()
        self.assertEqual(header(out)[4], len(out) - HEADER)

    def test_a_signal_ends_what_waits_for_input(self):
        data = endless(self.wav(seconds=0.5).read_bytes())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with open(self.folder / "out.wav", "wb") as out:
                program = subprocess.Popen([PROGRAM, "pipe", "-m", MODEL], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE)
            self.addCleanup(program.kill)
            program.stdin.write(data[:-1001])  # ends within a hop
            program.stdin.flush()
            while os.path.getsize(self.folder / "out.wav") < 8000:
                self.assertIsNone(program.poll())
            time.sleep(0.2)
            program.send_signal(number)
            self.assertEqual(program.wait(timeout=60), INTERRUPTED)  # while its input is open
            program.stdin.close()
            self.assertEqual(program.stderr.read(), b"")
            program.stderr.close()
            out = (self.folder / "out.wav").read_bytes()
            self.assertEqual((header(out)[4], len(out)), (len(out) - HEADER, len(data) - 1002))

    def test_says_what_it_changed(self):
        values = [0.0] * 1600
        values[100] = float("nan")
        values[200] = float("inf")
        data = float_wav(self.folder / "a.wav", values).read_bytes()
        out = self.pipe(data, said="2 samples were not numbers (NaN or infinity) and were taken as silence")
        self.assertTrue(all(math.isfinite(value) for value in array.array("f", out[HEADER:])))
        self.pipe(wav_bytes(1, 1, 16000, 8, bytes(range(256)) * 9), said="samples beyond full scale were clipped")

    def test_refuses_what_is_no_stream_for_it(self):
        data = self.wav(seconds=0.1).read_bytes()
        for given, said in ((b"", "cannot read standard input"), (b"RIFF", "cannot read standard input"), (b"no audio" * 99, "WAV, AIFF, AU")):
            self.assertEqual(self.pipe(given, code=USAGE, said=said), b"")
        for raw in ("s16", "s16:48000", "s16:48000:", "s16:0:1", "s16:48000:1:1", "u8:48000:1", "s16:48000:1025", "s16:x:1", ":48000:1"):
            self.pipe(data, "--raw", raw, code=USAGE, said=f"--raw {raw}: expected TYPE:RATE:CHANNELS")
        self.pipe(data, "--channels", "2", code=USAGE, said="standard input: ")
        long = b"RF64" + struct.pack("<I", UNKNOWN) + b"WAVEds64" + struct.pack("<IQQQI", 28, len(data) + 28, len(data) - HEADER, 0, 0) + data[12:]
        self.assertEqual(self.pipe(long, code=USAGE, said="RF64 and CAF can be read from files only"), b"")
        (self.folder / "long.wav").write_bytes(long)
        self.assertEqual(self.redirected('"$1" pipe -m "$2" < long.wav').stdout, self.pipe(data))
        for model, said in ((WHOLE, "looks at whole recordings"), (RECOGNISER, "gives no audio"), ("nobody", "nobody")):
            self.pipe(data, code=USAGE, said=said, model=model)

    def test_refuses_terminals(self):
        ours, theirs = pty.openpty()
        for streams in ({"stdin": theirs, "stdout": subprocess.PIPE}, {"stdin": subprocess.DEVNULL, "stdout": theirs}):
            result = subprocess.run([PROGRAM, "pipe"], stderr=subprocess.PIPE, timeout=60, **streams)
            self.assertEqual(result.returncode, USAGE)
            self.assertIn(b"terminal", result.stderr)
        os.close(ours)
        os.close(theirs)


if __name__ == "__main__":
    run(Pipe)
