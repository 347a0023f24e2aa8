"""Other people's noise suppressors, frame by frame as their own examples feed them, to be scored beside limpid. Each has the
`rate` it wants, a `frame` of that many new samples, and process(frame) -> as many samples out, late by its own latency."""
import ctypes
import importlib.util
from pathlib import Path

import numpy as np
from scipy.signal import get_window

from .corpus import to_int16


class RNNoise:
    """Valin 2018, xiph/rnnoise; the library inside the PyPI package pyrnnoise."""

    rate, frame = 48000, 480

    def __init__(self):
        place = importlib.util.find_spec("pyrnnoise")
        if place is None:
            raise FileNotFoundError("pip install pyrnnoise")
        self.library = ctypes.CDLL(str(Path(place.submodule_search_locations[0]) / "librnnoise.so"))
        self.library.rnnoise_create.restype = ctypes.c_void_p
        self.library.rnnoise_create.argtypes = [ctypes.c_void_p]
        pointer = ctypes.POINTER(ctypes.c_float)
        self.library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, pointer, pointer]
        self.library.rnnoise_process_frame.restype = ctypes.c_float
        self.library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
        self.state = self.library.rnnoise_create(None)

    def __del__(self):
        if getattr(self, "state", None):
            self.library.rnnoise_destroy(self.state)

    def process(self, frame):
        scaled = np.ascontiguousarray(frame * 32768, np.float32)              # it wants the range of 16 bits
        data = scaled.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        self.library.rnnoise_process_frame(self.state, data, data)
        return scaled / 32768


class WebRtc:
    """Noise suppression of WebRTC's audio processing, at its level 3 of 4; the PyPI package webrtc-noise-gain."""

    rate, frame = 16000, 160

    def __init__(self, level=3):
        from webrtc_noise_gain import AudioProcessor
        self.processor = AudioProcessor(0, level)

    def process(self, frame):
        return np.frombuffer(self.processor.Process10ms(to_int16(frame).tobytes()).audio, np.int16) / 32768


class Onnx:
    """A network of one ONNX file: the first input is data, the others are states that come back as further outputs."""

    def __init__(self, path):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.data, *rest = self.session.get_inputs()
        self.states = {i.name: np.zeros(i.shape, np.float32) for i in rest}

    def __call__(self, x):
        inputs = {self.data.name: np.asarray(x, np.float32).reshape(self.data.shape), **self.states}
        result, *states = self.session.run(None, inputs)
        self.states = dict(zip(self.states, states))
        return result


class Overlapped:
    """The last `size` samples in, and out of as many the oldest `frame`, once all frames that reach them are added."""

    rate = 16000

    def __init__(self):
        self.heard, self.sum = np.zeros((2, self.size))

    def process(self, frame):
        self.heard = np.append(self.heard[self.frame:], frame)
        self.sum = np.append(self.sum[self.frame:], np.zeros(self.frame)) + self.block(self.heard)
        return self.sum[: self.frame]


class Gtcrn(Overlapped):
    """Rong et al. 2024, Xiaobin-Rong/gtcrn: stream/onnx_models/gtcrn_simple.onnx."""

    size, frame = 512, 256

    def __init__(self, model):
        super().__init__()
        self.network = Onnx(model)
        self.window = np.sqrt(get_window("hann", self.size))

    def block(self, heard):
        spectrum = np.fft.rfft(heard * self.window)
        planes = self.network(np.stack([spectrum.real, spectrum.imag], -1)).reshape(-1, 2)
        return np.fft.irfft(planes[:, 0] + 1j * planes[:, 1]) * self.window


class Dtln(Overlapped):
    """Westhausen and Meyer 2020, breizhn/DTLN: pretrained_model/model_1.onnx and model_2.onnx."""

    size, frame = 512, 128

    def __init__(self, masks, filters):
        super().__init__()
        self.masks, self.filters = Onnx(masks), Onnx(filters)

    def block(self, heard):
        spectrum = np.fft.rfft(heard)
        return self.filters(np.fft.irfft(spectrum * self.masks(np.abs(spectrum)).ravel())).ravel()


class DeepFilterNet:
    """Schröter et al. 2023, DeepFilterNet 3 as Rikorose/DeepFilterNet enhances files, with two frames of look-ahead and
    no post-filter. `networks`: enc, erb_dec and df_dec as .xml and .bin of OpenVINO, exported for 3002 frames. Transforms and
    features are those of the PyPI package DeepFilterLib. A frame is all 30 seconds; what it knows is forgotten after them."""

    rate, frame = 48000, 480 * 3000
    size, hop, bands, filtered, taps, ahead, forgets = 960, 480, 32, 96, 5, 2, 0.99

    def __init__(self, networks):
        import libdf
        import openvino
        core = openvino.Core()
        compiled = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        self.encoder, self.masks, self.filters = (
            core.compile_model(str(Path(networks) / f"{name}.xml"), "CPU", compiled) for name in ("enc", "erb_dec", "df_dec"))
        self.features = libdf

    def process(self, frame):
        states = self.features.DF(sr=self.rate, fft_size=self.size, hop_size=self.hop, nb_bands=self.bands, min_nb_erb_freqs=2)
        heard = np.pad(frame, (0, 2 * self.hop)).astype(np.float32)            # 3002 hops
        spectrum = states.analysis(heard[None])
        result = self.enhanced(spectrum[0], states.erb_widths())
        return states.synthesis(np.ascontiguousarray(result[None], np.complex64))[0, : len(frame)]

    def enhanced(self, spectrum, widths):
        """[3002, 481]"""
        loudness = self.features.erb_norm(self.features.erb(spectrum[None], widths), self.forgets)
        shape = self.features.unit_norm(spectrum[None, :, : self.filtered], self.forgets)
        embedding = self.encoder({"feat_erb": self.early(loudness[:, None]),
                                  "feat_spec": self.early(np.stack([shape.real, shape.imag], 1))})
        masks = self.masks({name: embedding[name] for name in ("emb", "e3", "e2", "e1", "e0")})["m"][0, 0]
        filters = self.filters({name: embedding[name] for name in ("emb", "c0")})["coefs"][0]
        result = spectrum * np.repeat(masks, widths.astype(int), axis=1)
        around = np.pad(spectrum[:, : self.filtered], ((self.taps - 1 - self.ahead, self.ahead), (0, 0)))
        filters = filters.reshape(*filters.shape[:2], self.taps, 2) @ np.array([1, 1j])
        result[:, : self.filtered] = sum(filters[:, :, n] * around[n: n + len(spectrum)] for n in range(self.taps))
        return result

    def early(self, features):
        """The network looks ahead by hearing everything two frames early."""
        return np.pad(features[:, :, self.ahead:], ((0, 0), (0, 0), (0, self.ahead), (0, 0))).astype(np.float32)
