"""DNSMOS P.835 (Reddy et al., ICASSP 2022, arXiv 2110.01763) with the published model file, which the user brings.

The model `sig_bak_ovr.onnx` of microsoft/DNS-Challenge takes 9.01 s of 16 kHz samples and gives raw speech, background
and overall scores, which quadratic polynomials map to the scale of listeners. Segments start every second; shorter
recordings are doubled until they are long enough. Of recordings of 17 s and more the published script leaves out the
segments that start after 7 to 23 s: there the end of one is rounded down by a sample, and it takes them for too short.
Here all count.
"""
import numpy as np

RATE, SEGMENT, HOP = 16000, 144160, 16000
POLYNOMIALS = {"dnsmos_sig": (-0.08397278, 1.22083953, 0.0052439), "dnsmos_bak": (-0.13166888, 1.60915514, -0.39604546),
               "dnsmos_ovr": (-0.06766283, 1.11546468, 0.04602535)}


def segments(audio):
    """The starts that the published script goes through: up to 10.99 s there is one, then one more for each whole second."""
    while len(audio) < SEGMENT:
        audio = np.concatenate([audio, audio])
    count = max(len(audio) // RATE - 10, 0) + 1
    return np.stack([audio[i * HOP:i * HOP + SEGMENT] for i in range(count)]).astype(np.float32)


class Dnsmos:
    """Scores of 16 kHz audio. A file that is no such model is refused with a ValueError. The object can go to other processes,
    where its session is opened again."""

    def __init__(self, path):
        self.path, self.session = str(path), None
        try:
            raw = self.raw(np.zeros(SEGMENT, np.float32))
        except ImportError:
            raise
        except Exception as error:  # onnxruntime has no common class of its errors
            raise ValueError(f"{path}: not DNSMOS's sig_bak_ovr.onnx: {error}") from None
        if raw.shape != (len(POLYNOMIALS),):
            raise ValueError(f"{path}: not DNSMOS's sig_bak_ovr.onnx: it gives {raw.shape} where {len(POLYNOMIALS)} scores are expected")

    def __getstate__(self):
        return {"path": self.path, "session": None}

    def raw(self, segment):
        """What the model says of SEGMENT samples."""
        if self.session is None:
            import onnxruntime
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self.session = onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
        return self.session.run(None, {self.session.get_inputs()[0].name: segment[None]})[0][0]

    def __call__(self, audio):
        raw = np.array([self.raw(part) for part in segments(audio)])
        return {key: float(np.mean(np.polyval(weights, raw[:, i]))) for i, (key, weights) in enumerate(POLYNOMIALS.items())}
