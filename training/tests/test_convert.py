"""The converter accepts the official layout and names whatever is wrong with anything else."""
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from limpid_train import official, pickles, weights
from limpid_train.config import load_config
from limpid_train.convert import freeze, read_checkpoint
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

    def test_names_what_is_wrong(self):
        name = "unet2.decoder3.transconv.tconv_im.weight"
        self.refused(lambda s: s.pop(name), f"{name}: missing")
        self.refused(lambda s: s.update({name: torch.zeros(3)}), f"{name}: shape")
        self.refused(lambda s: s.update({name: s[name] * float("nan")}), f"{name}: not finite")
        self.refused(lambda s: s.update({"unet.extra.weight": torch.zeros(1)}), "unet.extra.weight: unexpected")
        alias = "unet.encoders.2.bn.bn_im.running_var"
        self.refused(lambda s: s.update({alias: s[alias] + 1}), "names the same tensor")
        self.refused(lambda s: s.update({"stft.weight": s["stft.weight"] * 1.1}), "stft.weight")

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
