"""The converter accepts the official layout and names whatever is wrong with anything else."""
import contextlib
import io
import struct
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from limpid_train import official, pickles, weights
from limpid_train.config import load_config
from limpid_train.convert import freeze, main, read_checkpoint, read_gains
from limpid_train.network import Frcrn
from limpid_train.official import CheckpointError, convert, state_of
from make_test_vectors import randomise

CONFIG = {**load_config("frcrn-published")["network"], "channels": [8] * 7}


def release():
    """A state dictionary as the release has it: two names for each tensor, transform kernels, parts never used."""
    network = randomise(Frcrn(CONFIG), seed=5)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    for name in [name for name in state if ".encoder" in name]:
        head, tail = name.split(".encoder")
        state[f"{head}.encoders.{tail[0]}{tail[1:]}"] = state[name]
    state["unet.fsmn_enc0.fsmn_re_L1.linear.bias"] = torch.zeros(8)
    state["unet.encoder0.bn.bn_re.num_batches_tracked"] = torch.tensor(10)
    for name, value in official._transform(CONFIG).items():
        state[name] = torch.tensor(value, dtype=torch.float32)
    return network, state


class Converter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network, cls.state = release()

    def refused(self, change, words):
        state = dict(self.state)
        change(state)
        with self.assertRaises(CheckpointError) as caught:
            convert(state_of(state), CONFIG)
        self.assertIn(words, str(caught.exception))

    def test_round_trip_through_a_wrapped_pickle(self):
        with tempfile.TemporaryDirectory() as folder:
            pickled, converted = Path(folder) / "c.pt", Path(folder) / "c.safetensors"
            torch.save({"model": {f"module.{k}": v for k, v in self.state.items()}, "epoch": 1}, pickled)
            weights.write(converted, convert(state_of(read_checkpoint(pickled)), CONFIG), CONFIG, {})
            again = weights.load_network(converted)
        signal = torch.randn(1, 4000) * 0.1
        with torch.no_grad():
            torch.testing.assert_close(again(signal), self.network(signal))

    def test_code_in_a_pickle_is_refused(self):
        class Attack:
            def __reduce__(self):
                return print, ("this ran",)
        for payload in (Path("x"), Attack()):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "c.pt"
                torch.save({"model": payload}, path)
                with self.assertRaisesRegex(pickles.PickleError, "not allowed"):
                    read_checkpoint(path)

    def test_damaged_pickles_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "c.pt"
            torch.save({"w": torch.zeros(100)}, path)
            whole = path.read_bytes()
            for size in (0, 10, len(whole) // 2):
                path.write_bytes(whole[:size])
                with self.assertRaises(pickles.PickleError):
                    read_checkpoint(path)
            for place in range(0, len(whole), 7):
                path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
                with contextlib.suppress(pickles.PickleError):  # and nothing else
                    read_checkpoint(path)

    def test_a_file_that_is_not_there_is_said_to_be_so(self):
        for name in ("c.pt", "c.safetensors"):
            with self.assertRaises(FileNotFoundError):
                read_checkpoint(Path("/nowhere") / name)

    def refusal(self, name, data, *options):
        """What the command says of a checkpoint of these bytes."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            command = ["convert", str(path), "-o", str(Path(folder) / "out.safetensors"), *options]
            with mock.patch.object(sys, "argv", command), self.assertRaises(SystemExit) as caught:
                main()
            self.assertFalse((Path(folder) / "out.safetensors").exists())
        self.assertIn(name, str(caught.exception.code))
        return caught.exception.code

    def test_the_command_says_what_is_wrong_with_a_file(self):
        stored = io.BytesIO()
        torch.save({"w": torch.zeros(1000)}, stored)
        whole = bytearray(stored.getvalue())
        self.assertIn("missing", self.refusal("c.pt", whole))
        self.assertIn("those of frcrn, and --config light is a longconv", self.refusal("c.pt", whole, "--config", "light"))
        whole[len(whole) // 2] ^= 1
        self.assertIn("damaged checkpoint: Bad CRC", self.refusal("flip.pt", whole))
        headers = {"short": b"abc", "empty": b"", "huge": b"\xff" * 100, "long": struct.pack("<Q", 1 << 20) + b"{}",
                   "text": struct.pack("<Q", 4) + b"abcd", "list": struct.pack("<Q", 2) + b"[]",
                   "type": struct.pack("<Q", 53) + b'{"w":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}',
                   "cut": struct.pack("<Q", 53) + b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'}
        for name, data in headers.items():
            self.assertIn("not a whole .safetensors file", self.refusal(f"{name}.safetensors", data))

    def test_names_what_is_wrong(self):
        name = "unet2.decoder3.transconv.tconv_im.weight"
        self.refused(lambda s: s.pop(name), f"{name}: missing")
        self.refused(lambda s: s.update({name: torch.zeros(3)}), f"{name}: shape")
        self.refused(lambda s: s.update({name: s[name] * float("nan")}), f"{name}: not finite")
        self.refused(lambda s: s.update({"unet.extra.weight": torch.zeros(1)}), "unet.extra.weight: unexpected")
        alias = "unet.encoders.2.bn.bn_im.running_var"
        self.refused(lambda s: s.update({alias: s[alias] + 1}), "names the same tensor")
        self.refused(lambda s: s.update({"stft.weight": s["stft.weight"] * 1.1}), "stft.weight")

    def test_what_is_no_file_of_gains_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "g.json"
            for text in ("[", "[]", "{}", '{"gains": 3}', '{"gains": {"a": [1], "b": [1, 2]}}'):
                path.write_text(text)
                with self.assertRaisesRegex(CheckpointError, r"g\.json: no gains"):
                    read_gains(path, 22, 8)

    def test_frozen_gains_replace_the_gates(self):
        gains = np.random.default_rng(0).standard_normal((22, 2, 8)).astype(np.float32)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "g.json"
            path.write_text('{"gains": {%s}}' % ", ".join(f'"{i}": {g.tolist()}' for i, g in enumerate(gains)))
            tensors = freeze(convert(state_of(self.state), CONFIG), CONFIG, path)
        network = weights.build({**CONFIG, "pooling": "frozen"}, tensors)
        np.testing.assert_array_equal(network.gates()[21].frozen.numpy(), gains[21])
        self.assertEqual(network.double().gates()[21].frozen.dtype, torch.float64)  # it goes where the network goes
        self.assertFalse([name for name in tensors if "se_layer" in name])


if __name__ == "__main__":
    unittest.main()
