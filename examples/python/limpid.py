# SPDX-License-Identifier: MIT
"""limpid for Python, over its C interface (limpid/limpid.h, which says more about every function): copy this file. It needs
NumPy, and a liblimpid.so, which -DBUILD_SHARED_LIBS=ON makes, where the system finds it or LIMPID_LIBRARY says.

    samples, rate = soundfile.read("noisy.wav", dtype="float32")
    soundfile.write("clean.wav", limpid.enhance(samples.T, rate).T, rate)  # soundfile has [samples, channels]

    with limpid.Enhancer(sample_rate=48000) as enhancer:  # live
        clean = enhancer.process(block)                   # enhancer.latency samples late

Sound is floats, nominal range -1 ... 1, of shape [channels, samples], or [samples] for one channel. Other threads run while limpid
works."""
import ctypes
import ctypes.util
import itertools
import operator
import os

import numpy as np

__all__ = ["Enhancer", "Error", "enhance", "version"]

_FLOATS = ctypes.POINTER(ctypes.c_float)
_DEVICE = 8  # LIMPID_DEVICE
_MOST = 2**31 - 1  # samples in one call


class Error(Exception):
    """What limpid says is wrong. `code` is a number of limpid_error."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class _Config(ctypes.Structure):
    _fields_ = [("model", ctypes.c_char_p), ("sample_rate", ctypes.c_int), ("channels", ctypes.c_int),
                ("attenuation_limit_db", ctypes.c_float), ("device", ctypes.c_char_p), ("arithmetic", ctypes.c_char_p)]


def _load():
    path = os.environ.get("LIMPID_LIBRARY") or ctypes.util.find_library("limpid")
    if path is None:
        raise ImportError("there is no liblimpid here: LIMPID_LIBRARY=/path/to/liblimpid.so says where it is")
    library = ctypes.CDLL(path)
    handle = ctypes.c_void_p
    for name, result, arguments in (
            ("create", ctypes.c_int, [ctypes.POINTER(_Config), ctypes.POINTER(handle), ctypes.c_char_p, ctypes.c_size_t]),
            ("destroy", None, [handle]),
            ("process", None, [handle, ctypes.POINTER(_FLOATS), ctypes.POINTER(_FLOATS), ctypes.c_int]),
            ("latency", ctypes.c_int, [handle]), ("inputs", ctypes.c_int, [handle]), ("outputs", ctypes.c_int, [handle]),
            ("reset", None, [handle]), ("restart", ctypes.c_int, [handle, ctypes.c_int]),
            ("failure", ctypes.c_char_p, [handle]), ("set_bypass", None, [handle, ctypes.c_int]),
            ("set_attenuation_limit", None, [handle, ctypes.c_float]),
            ("voice_activity", ctypes.c_float, [handle, ctypes.c_int]),
            ("repaired", ctypes.c_uint64, [handle]), ("version", ctypes.c_char_p, []), ("hop", ctypes.c_int, [handle]),
            ("model_name", ctypes.c_char_p, [ctypes.c_int])):
        function = getattr(library, "limpid_" + name)
        function.restype, function.argtypes = result, arguments
    return library


_library = _load()


def version():
    """Of the library that runs, such as "1.2.3"."""
    return _library.limpid_version().decode()


def model_names():
    """Of the models inside the library, the default first."""
    return [name.decode() for name in iter(map(_library.limpid_model_name, itertools.count()).__next__, None)]


def _integer(value):
    """What C takes for an int, which would otherwise lose its upper bits."""
    value = operator.index(value)
    if not -_MOST <= value <= _MOST:
        raise ValueError(f"{value} is too large")
    return value


def _encoded(text):
    return None if text is None else os.fsencode(text)


def _planes(sound):
    """Sound as C-contiguous float32 [channels, samples]. Integers have another range, whatever it is."""
    if not np.issubdtype(sound.dtype, np.floating):
        raise TypeError(f"expected floats from -1 to 1, found {sound.dtype}")
    return np.ascontiguousarray(np.atleast_2d(sound), np.float32)


def _pointers(planes):
    return (_FLOATS * len(planes))(*(plane.ctypes.data_as(_FLOATS) for plane in planes))


class Enhancer:
    """A stream of one or more channels. `model`: a shipped name or a file, None for the default; `sample_rate` in Hz;
    `attenuation_limit_db`: the most that noise is lowered, 0 for no limit; `device`, `arithmetic`: of a GPU. Raises Error."""

    _handle = None  # also where __init__ is not reached

    def __init__(self, sample_rate=48000, channels=1, model=None, attenuation_limit_db=0.0, device=None, arithmetic=None):
        self._handle = ctypes.c_void_p()
        config = _Config(_encoded(model), _integer(sample_rate), _integer(channels), attenuation_limit_db, _encoded(device),
                         _encoded(arithmetic))
        message = ctypes.create_string_buffer(512)
        code = _library.limpid_create(config, self._handle, message, len(message))
        if code != 0:
            raise Error(code, message.value.decode(errors="replace"))  # a name in it may be of any bytes
        self.latency = _library.limpid_latency(self._handle)  # samples by which the output trails the input
        self.inputs = _library.limpid_inputs(self._handle)    # rows that process() takes: an array has several a channel
        self.outputs = _library.limpid_outputs(self._handle)  # rows that it gives
        self.hop = _library.limpid_hop(self._handle)          # samples after which the network runs again

    def process(self, sound):
        """The next samples of every input, any number of them, to as many of every output: a new array, [samples] for [samples]
        where there is one output. Raises ValueError for another shape, TypeError for integers, Error where a GPU has failed."""
        sound = np.asarray(sound)
        planes = _planes(sound)
        if planes.ndim != 2 or len(planes) != self.inputs or planes.shape[1] > _MOST:
            raise ValueError(f"expected [{self.inputs}, samples], found {list(sound.shape)}")
        clean = np.empty((self.outputs, planes.shape[1]), np.float32)
        _library.limpid_process(self._open(), _pointers(planes), _pointers(clean), planes.shape[1])
        failure = _library.limpid_failure(self._handle)
        if failure is not None:
            raise Error(_DEVICE, failure.decode())
        return clean[0] if sound.ndim == 1 and self.outputs == 1 else clean

    def reset(self):
        """Forgets all sound."""
        _library.limpid_reset(self._open())

    def restart(self, channel):
        """Forgets the sound of one channel; False where that cannot be."""
        return bool(_library.limpid_restart(self._open(), channel))

    def set_bypass(self, bypass):
        _library.limpid_set_bypass(self._open(), bool(bypass))

    def set_attenuation_limit(self, decibels):
        _library.limpid_set_attenuation_limit(self._open(), decibels)

    def voice_activity(self, channel=0):
        """The probability of speech in the last sample that came out; negative where the model does not tell."""
        return _library.limpid_voice_activity(self._open(), channel)

    @property
    def repaired(self):
        """NaN and infinite samples so far, which were taken as 0."""
        return _library.limpid_repaired(self._open())

    def close(self):
        """Gives everything back; what uses the enhancer after that is a ValueError."""
        if self._handle:
            _library.limpid_destroy(self._handle)
            self._handle = ctypes.c_void_p()

    def _open(self):
        if not self._handle:
            raise ValueError("the enhancer is closed")
        return self._handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()

    def __reduce__(self):  # copies would share the handle, and each give it back
        raise TypeError("an enhancer can be neither copied nor pickled")


def enhance(sound, sample_rate, **options):
    """A whole recording, aligned with what comes back. `options` are those of Enhancer. The channels of [channels, samples] are
    independent streams or, for a model that takes several, the microphones of an array."""
    sound = np.asarray(sound)
    enhancer = Enhancer(sample_rate, **options)
    streams = len(np.atleast_2d(sound)) // enhancer.inputs
    if streams > 1 and "channels" not in options:
        enhancer = Enhancer(sample_rate, channels=streams, **options)
    silence = np.zeros((*sound.shape[:-1], enhancer.latency), np.float32)
    return np.concatenate([enhancer.process(sound), enhancer.process(silence)], -1)[..., enhancer.latency:]
