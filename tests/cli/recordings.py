# SPDX-License-Identifier: MIT
"""WAV and model files for the end-to-end tests, good and bad, with nothing but the standard library."""
import json
import math
import struct
import wave


def tone(count, rate, channel=0):
    return [0.3 * math.sin(2 * math.pi * (300 + 200 * channel) * i / rate) for i in range(count)]


def pcm_wav(path, seconds=1.0, rate=16000, channels=1, bits=16, samples=None):
    count = round(seconds * rate) if samples is None else samples
    columns = [tone(count, rate, c) for c in range(channels)]
    width, scale = bits // 8, 2 ** (bits - 1) - 1
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"".join(round(column[i] * scale).to_bytes(width, "little", signed=True)
                                  for i in range(count) for column in columns))
    return path


def wav_bytes(kind, channels, rate, bits, data):
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def float_wav(path, values, rate=16000):
    path.write_bytes(wav_bytes(3, 1, rate, 32, struct.pack(f"<{len(values)}f", *values)))
    return path


def read_float_wav(path):
    data = path.read_bytes()
    at = data.index(b"data")
    size = struct.unpack("<I", data[at + 4:at + 8])[0]
    return struct.unpack(f"<{size // 4}f", data[at + 8:at + 8 + size])


def model_file(path, metadata):
    header = json.dumps({"__metadata__": metadata}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path
