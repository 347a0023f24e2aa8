"""The small experiments on sinks: the language, the ensemble, the measures."""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import torch

from limpid_train.decorrelation import decorrelation_loss
from limpid_train.sinks import measure
from limpid_train.sinks.ensemble import Ensemble, clip_each, losses, train
from limpid_train.sinks.language import TRIGGERS, VOCABULARY, Language, is_trigger
from limpid_train.sinks.train import LENGTH, RUNS, decorrelate, load, make, run


class Toy(unittest.TestCase):
    def test_after_a_trigger_comes_the_token_before_it(self):
        for stop in (False, True):
            language = Language(3, stop)
            tokens = language.draw(50, 40, torch.Generator().manual_seed(1))
            self.assertTrue((tokens[:, 0] == 0).all() and (tokens[:, 1:] > 0).all())
            busy = is_trigger(tokens[:, 1:-1])
            self.assertTrue(busy.any())
            self.assertTrue((tokens[:, 2:][busy] == tokens[:, :-2][busy]).all())
            torch.testing.assert_close(language.probabilities.sum(-1), torch.ones(VOCABULARY, dtype=torch.float64))
            self.assertGreater(language.probabilities[10, list(TRIGGERS)].min().item(), 0.06)

    def test_draws_follow_the_table(self):
        language = Language(1)
        tokens = language.draw(400, 200, torch.Generator().manual_seed(2))
        found = torch.zeros(VOCABULARY, VOCABULARY, dtype=torch.float64)
        free = ~is_trigger(tokens[:, :-1])
        found.index_put_((tokens[:, :-1][free], tokens[:, 1:][free]), torch.ones((), dtype=torch.float64), accumulate=True)
        common = found.sum(-1) > 1000
        difference = found[common] / found[common].sum(-1, keepdim=True) - language.probabilities[common]
        self.assertLess(difference.abs().max().item(), 0.06)


class Runs(unittest.TestCase):
    def test_runs_of_an_ensemble_know_nothing_of_each_other(self):
        for name in ("softmax", "gated", "linear", "decorrelation-1"):
            both, languages = make(name, [4, 7])
            alone, _ = make(name, [7])
            tokens = measure.fresh(languages, 2, LENGTH)
            torch.testing.assert_close(both(tokens)[0][1], alone(tokens[1:])[0][0])

    def test_gradients_are_clipped_one_by_one(self):
        p = torch.nn.Parameter(torch.zeros(2, 3))
        p.grad = torch.tensor([[3.0, 4.0, 0.0], [0.3, 0.0, 0.4]])
        clip_each([p], 1.0)
        torch.testing.assert_close(p.grad, torch.tensor([[0.6, 0.8, 0.0], [0.3, 0.0, 0.4]]))

    def test_decorrelation_is_added_to_each_run(self):
        hidden = [torch.randn(3, 2, 5, 4) for _ in range(3)]
        want = torch.stack([decorrelation_loss([h[run] for h in hidden]) for run in range(3)])
        torch.testing.assert_close(decorrelate(2.0)(hidden), 2 * want)
        self.assertIsNone(decorrelate(0.0))

    def test_every_run_trains_and_can_be_measured(self):
        for name, (_, factor) in RUNS.items():
            model, languages = make(name, [1, 2])
            before = losses(model(measure.fresh(languages, 4, LENGTH))[0], measure.fresh(languages, 4, LENGTH)).mean().item()
            train(model, languages, 6, 4, LENGTH, extra=decorrelate(factor))
            after = measure.sinks(model, languages, 4) if factor is None else measure.alignment(model, languages, 4)
            self.assertLess(sum(after["loss"]) / 2, before, name)
            self.assertTrue(all(len(values) == 2 for values in after.values()), name)

    def test_weights_are_kept_after_each_quarter_and_at_the_end(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            run("softmax", Path(folder) / "softmax.pt", [1], 3, 2)
            self.assertEqual(sorted(load(Path(folder) / "softmax.pt")[0]), [1, 2, 3])

    def test_measures_of_a_known_map(self):
        model = Ensemble([1], "softmax", LENGTH)
        languages = [Language(1)]
        with torch.no_grad():
            model.weight(0, "q").zero_()  # uniform attention: A_ij = 1 / i
            found = measure.sinks(model, languages, 4)
        self.assertAlmostEqual(found["received"][0], sum(1 / i for i in range(1, 65)) / 64, places=5)
        self.assertEqual(found["sink"][0], 0)
        self.assertAlmostEqual(found["row_mass"][0], 1, places=5)

    def test_eviction_compares_like_with_like(self):
        model, languages = make("softmax", [1])
        half = LENGTH // 2
        found = measure.eviction(model, languages, window=half, count=4, kept=(0, half))
        self.assertAlmostEqual(found[half][0], found["all"][0], places=5, msg="kept and recent tokens together are all of them")
        self.assertNotAlmostEqual(found[0][0], found["all"][0], places=5)


if __name__ == "__main__":
    unittest.main()
