"""A network computes what the smaller one did that it begins as, for everything it can grow by; other differences are named."""
import json
import tempfile
import unittest
from pathlib import Path

import torch

from limpid_train import weights
from limpid_train.config import load_config
from limpid_train.deftan2 import Deftan2
from limpid_train.growth import adopt, check_growth
from limpid_train.longconv import LongConv
from limpid_train.master import Master
from limpid_train.network import Frcrn
from limpid_train.weights import NETWORKS, tensors_of
from make_test_vectors import ARRAY_CAUSAL, LONGCONV, LONGCONV_ARRAY, TINY, randomise, randomise_array
from tests.test_train import CONFIG

QUIET = {**LONGCONV, "voice": False}
DEAF = {**TINY, "level_horizon": 0}
# (the smaller network, what the larger one has more)
GROWTH = [(LONGCONV, {"blocks": 4}), (LONGCONV, {"hidden": 16}), (LONGCONV, {"exchange": 12}), (LONGCONV, {"taps": 4}),
          (LONGCONV, {"any_rate": False, "microphones": 3, "coherence_horizon": 15}), (LONGCONV_ARRAY, {"microphones": 4}),
          (LONGCONV_ARRAY, {"microphones": 5, "taps": 3, "blocks": 3}), (LONGCONV_ARRAY, {"other_taps": 3}),
          ({**LONGCONV_ARRAY, "other_taps": 2}, {"other_taps": 4, "microphones": 5}), (QUIET, {"voice": True}),
          (TINY, {"taps": 3}), ({**TINY, "taps": 2}, {"taps": 5}), (TINY, {"voice": True}),
          (DEAF, {"level_horizon": 40}), (DEAF, {"level_horizon": 40, "taps": 3, "voice": True}),
          (ARRAY_CAUSAL, {"layers": 3})]
# (the smaller network, what the larger one has otherwise), refused by the names of the keys
REFUSED = [(LONGCONV, {"memory": 8}), (LONGCONV, {"filter_hidden": 8}), (LONGCONV, {"channels": 8}), (LONGCONV, {"long_taps": 142}),
           (LONGCONV, {"short_taps": 4}), (LONGCONV, {"level_horizon": 30}), (LONGCONV, {"taps": 1}), (LONGCONV, {"voice": False}),
           (LONGCONV_ARRAY, {"coherence_horizon": 20}), (LONGCONV_ARRAY, {"microphones": 2}),
           (TINY, {"channels": [4, 4, 6, 6, 8, 10]}), (TINY, {"level_horizon": 50}), (TINY, {"time_order": 21}),
           (TINY, {"pooling": "none"}), (ARRAY_CAUSAL, {"hidden": 24}), (ARRAY_CAUSAL, {"head_width": 6}),
           (ARRAY_CAUSAL, {"microphones": 4})]


def made(config, seed=5):
    """A network with weights of no special values."""
    fill = randomise if config["architecture"] == "frcrn" else randomise_array
    return fill(NETWORKS[config["architecture"]](config), seed)


def heard(config, samples=1600):
    """Noise [2, N] or [2, M, N], the same in the microphones that networks have in common."""
    x = torch.randn(2, 5, samples, generator=torch.Generator().manual_seed(1)) * 0.1
    return x[:, :config["microphones"]] if config.get("microphones", 1) > 1 else x[:, 0]


class Growth(unittest.TestCase):
    def test_what_is_new_begins_as_nothing_and_is_learnt(self):
        for before, more in GROWTH:
            small, large = made(before), made({**before, **more}, seed=6)
            large.start_open()
            adopt(large, tensors_of(small.state_dict()), before)
            with torch.no_grad():
                torch.testing.assert_close(large(heard(large.config)), small(heard(before)), rtol=0, atol=2e-6, msg=str(more))
                self.assertGreater(float(small(heard(before)).abs().max()), 1e-2)
            estimate, _, voice = large.estimate(large.stft(heard(large.config)))
            (estimate.abs().square().sum() + (0 if voice is None else voice.square().sum() + voice.sum())).backward()
            sizes = {name: value.shape for name, value in small.named_parameters()}
            grown = [p.grad for name, p in large.named_parameters() if p.shape != sizes.get(name)]
            self.assertTrue(any(float(g.abs().max()) > 0 for g in grown if g is not None), str(more))

    def test_all_that_may_grow_is_tried(self):
        for kind in (LongConv, Frcrn, Deftan2):
            tried = {key for before, more in GROWTH if NETWORKS[before["architecture"]] is kind for key in more}
            self.assertLessEqual({*kind.grows, *kind.gains}, tried, kind.__name__)

    def test_a_new_voice_output_says_nothing(self):
        large = made(LONGCONV, seed=6)
        large.start_open()
        adopt(large, tensors_of(made(QUIET).state_dict()), QUIET)
        self.assertEqual(float(large.masks(large.stft(heard(LONGCONV)))[1].abs().max()), 0)

    def test_other_differences_are_refused_by_name(self):
        for before, other in REFUSED:
            small, large = made(before), made({**before, **other})
            state = {name: value.clone() for name, value in large.state_dict().items()}
            with self.assertRaisesRegex(ValueError, f"of another {next(iter(other))} ", msg=str(other)):
                adopt(large, tensors_of(small.state_dict()), before)
            for name, value in large.state_dict().items():
                self.assertTrue(torch.equal(value, state[name]), name)  # and nothing was changed

    def test_another_kind_of_network_is_refused(self):
        with self.assertRaisesRegex(ValueError, r"architecture \(frcrn, here longconv\)"):
            adopt(made(LONGCONV), tensors_of(made(TINY).state_dict()), TINY)

    def test_what_the_recipes_begin_from_is_accepted(self):
        configs = {name: load_config(name)["network"] for name in ("light", "array-light-4", "base", "frcrn", "frcrn-causal",
                                                                   "array-small-4", "array-small-4-low", "array-small-2-low")}
        deeper = {**configs["base"], "blocks": 12}
        for before, now in ((configs["light"], configs["array-light-4"]), (configs["frcrn-causal"], configs["frcrn"]),
                            (configs["array-small-4-low"], configs["array-small-4"]), (configs["base"], deeper),
                            ({**configs["array-small-4-low"], "microphones": 2}, configs["array-small-2-low"])):
            check_growth(NETWORKS[now["architecture"]], now, before)

    def test_weights_that_are_not_shipped_are_a_start(self):
        for path in sorted((Path(__file__).parent.parent / "unshipped").glob("*.safetensors")):
            tensors, about = weights.read(path)
            adopt(made(load_config(path.stem)["network"]), tensors, json.loads(about["config"]))

    def test_a_run_starts_from_a_model_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "small.safetensors"
            small = made(LONGCONV)
            weights.write(path, tensors_of(small.state_dict()), LONGCONV, {})
            config = {**CONFIG, "network": {**LONGCONV, "taps": 3}}
            master = Master(config, folder, torch.device("cpu"), path)
            with torch.no_grad():
                torch.testing.assert_close(master.average(heard(LONGCONV)), small(heard(LONGCONV)), rtol=0, atol=2e-6)
            with self.assertRaisesRegex(ValueError, r"long_taps \(71, here 142\)"):
                Master({**CONFIG, "network": {**LONGCONV, "long_taps": 142}}, folder, torch.device("cpu"), path)


if __name__ == "__main__":
    unittest.main()
