"""DNSMOS with a stub in place of Microsoft's model: cutting, feeding, and the way to the scale of listeners."""
import importlib.util
import pickle
import tempfile
import unittest
from pathlib import Path

import numpy as np

from limpid_train.dnsmos import RATE, SEGMENT, Dnsmos, segments

MISSING = [name for name in ("onnx", "onnxruntime") if importlib.util.find_spec(name) is None]


def stub(path, names=("mean", "magnitude", "two")):
    """Means of a segment, of its magnitude, and a constant 2, as raw scores [batch, 3]; or some of them."""
    from onnx import TensorProto, checker, helper, save
    nodes = [helper.make_node("ReduceMean", ["input_1"], ["mean"], axes=[1], keepdims=1),
             helper.make_node("Abs", ["input_1"], ["size"]),
             helper.make_node("ReduceMean", ["size"], ["magnitude"], axes=[1], keepdims=1),
             helper.make_node("Constant", [], ["two"], value=helper.make_tensor("v", TensorProto.FLOAT, [1, 1], [2.0])),
             helper.make_node("Concat", names, ["out"], axis=1)]
    graph = helper.make_graph(nodes, "stub", [helper.make_tensor_value_info("input_1", TensorProto.FLOAT, ["n", SEGMENT])],
                              [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", len(names)])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    save(model, str(path))


class Cutting(unittest.TestCase):
    def test_as_many_segments_as_the_published_script_goes_through(self):
        # int(floor(seconds) - 9.01) + 1, by hand
        for seconds, count in ((9.01, 1), (10, 1), (10.99, 1), (11, 2), (12.5, 3), (20, 11)):
            self.assertEqual(len(segments(np.zeros(round(seconds * RATE)))), count, seconds)

    def test_short_recordings_are_doubled(self):
        part = np.arange(4 * RATE, dtype=np.float64)
        whole = segments(part)
        self.assertEqual(whole.shape[1], SEGMENT)
        np.testing.assert_array_equal(whole[0], np.tile(part, 4)[:SEGMENT])
        self.assertEqual(len(whole), 7)  # 16 s after doubling twice, as published

    def test_segments_start_every_second(self):
        parts = segments(np.arange(12 * RATE, dtype=np.float64))
        np.testing.assert_array_equal(parts[:, 0], [0, RATE, 2 * RATE])


@unittest.skipIf(MISSING, f"no Python module {' and '.join(MISSING)}")
class Model(unittest.TestCase):
    def test_stub(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stub.onnx"
            stub(path)
            audio = np.repeat([1.0, -1.0], 10 * RATE)
            measure = Dnsmos(path)
            scores = measure(audio)
            again = pickle.loads(pickle.dumps(measure))(audio)
        raw = segments(audio).mean(1, dtype=np.float64)
        self.assertAlmostEqual(scores["dnsmos_sig"], np.mean(-0.08397278 * raw ** 2 + 1.22083953 * raw + 0.0052439), places=5)
        self.assertAlmostEqual(scores["dnsmos_bak"], -0.13166888 + 1.60915514 - 0.39604546, places=5)
        self.assertAlmostEqual(scores["dnsmos_ovr"], -0.06766283 * 4 + 1.11546468 * 2 + 0.04602535, places=5)
        self.assertEqual(scores, again)

    def test_what_is_no_such_model_is_refused_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            other, words, missing = (Path(folder) / name for name in ("other.onnx", "words.onnx", "missing.onnx"))
            stub(other, ("mean", "two"))
            words.write_text("words")
            for path in (other, words, missing):
                with self.assertRaisesRegex(ValueError, f"{path.name}: not DNSMOS's sig_bak_ovr.onnx"):
                    Dnsmos(path)


if __name__ == "__main__":
    unittest.main()
