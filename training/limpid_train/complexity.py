"""Multiplications and parameters of a configuration, counted from its shapes."""
from .config import frequency_sizes


def macs_per_second(network):
    """Multiply-adds per second of audio; a complex product counts four. Transforms and gates are left out."""
    return {"deftan2": deftan2, "frcrn": frcrn, "longconv": longconv}[network["architecture"]](network)


def longconv(network):
    """The long filters count as run: in direct form."""
    bins, bands, channels = sum(network["bands"]), len(network["bands"]), network["channels"]
    memory = channels * network["short_taps"] + network["memory"] * (4 * channels + network["long_taps"])
    block = bands * (memory + 2 * channels * (network["hidden"] + network["exchange"]))
    microphones = network.get("microphones", 1)
    masks = bins * (network["taps"] + (microphones - 1) * network.get("other_taps", 1)) * (2 * channels + 4)
    n = network.get("steady_frames", 0) * microphones
    steady = bins * 4 * (n * (n + 3) / 2 + n ** 3 / 6 + n * n + n)              # sums, factorisation, solution, filter
    return round((network["blocks"] * block + 4 * microphones * bins * channels + masks + steady) / network["hop"])


def deftan2(network):
    """Per bin: a half of a block has split dense block, attention with its convolution, feed-forward, deconvolution.
    Counted as published; exchanging the order of two products of the attention saves some of it."""
    c, k, h = network["channels"], network["unfold"], network["hidden"]
    heads, width, groups = network["heads"], network["head_width"], network["heads"]
    outputs = 2 * network["microphones"] if network.get("output") == "filter" else 2
    half = (3 * c * c * (2 * k - 1) + 6 * c * c + 4 * c * heads * width + 2 * heads * width ** 2
            + 2 * c * h + 5 * (h // 2) ** 2 + k * c * c)
    ends = 9 * (2 * network["microphones"] * c * groups + c * c * (2 * groups - 1)
                + c * outputs * groups + outputs ** 2 * (2 * groups - 1))
    bins = round(network["window"] * network["sample_rate"]) // 2 + 1
    return round((2 * network["layers"] * half + ends) * bins / network["hop"])


def frcrn(network):
    frames = 1 / network["hop"]
    sizes, channels = frequency_sizes(network), network["channels"]
    taps = network.get("taps", 1)
    outputs = channels[-2::-1] + [taps]
    total = 0
    for i, (kernel, width) in enumerate(zip(network["kernels"], channels)):
        inputs = channels[i - 1] if i else 2 if network.get("level_horizon") else 1
        total += 4 * 2 * kernel * inputs * width * sizes[i + 1]
        if i:
            total += _fsmn(inputs, network["frequency_order"]) * sizes[i]
    for i, (kernel, width) in enumerate(zip(network["decoder_kernels"], outputs)):
        inputs = channels[-1] if i == 0 else 2 * outputs[i - 1]
        total += 4 * 2 * kernel * inputs * width * sizes[-1 - i]            # every input bin meets every tap
        if i < len(outputs) - 1:
            total += _fsmn(width, network["frequency_order"]) * sizes[-2 - i]
    total += network["time_layers"] * _fsmn(channels[-1], network["time_order"]) + 4 * taps * taps * sizes[0]
    if taps > 1:
        total += 4 * taps * sizes[0]
    return round(network["unets"] * total * frames)


def _fsmn(channels, order):
    """Two cells, each on both parts."""
    return 4 * (2 * channels * channels + channels * order) if order else 0


def parameters(tensors):
    """Trained values; running statistics are not parameters."""
    return sum(value.size for name, value in tensors.items() if ".running_" not in name)
