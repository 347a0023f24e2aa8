#!/usr/bin/env python3
"""PyTorch's rfft doing the long convolutions of limpid_long_conv_cuda_bench: long_conv_torch.py POINTS...
One line of CSV each: points, type, gated, causal, ms, ms with the filter's transform inside the loop."""
import statistics
import sys

import torch


def shape_of(points):
    lanes = 64 if points <= 8192 else 32 if points == 16384 else 16 if points == 32768 else 8
    return lanes, 768 if points <= 65536 else max(16, 768 * 65536 // points)


def median_ms(work, runs=9):
    times = []
    for i in range(runs + 1):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        work()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times[1:])


@torch.no_grad()
def run(points, dtype, name, gated, causal):
    lanes, channels = shape_of(points)
    length = points // 2 if causal else points
    u, gate_in, gate_out = (torch.randn(lanes, channels, length, device="cuda", dtype=dtype) for _ in range(3))
    k = torch.randn(channels, length, device="cuda")
    spectrum = torch.fft.rfft(k, n=points)

    def convolve(spectrum):
        x = (u * gate_in if gated else u).float()  # rfft of halves takes no padding and loses 60 dB
        y = torch.fft.irfft(torch.fft.rfft(x, n=points) * spectrum, n=points)[..., :length].to(dtype)
        return y * gate_out if gated else y

    cached = median_ms(lambda: convolve(spectrum))
    fresh = median_ms(lambda: convolve(torch.fft.rfft(k, n=points)))
    print(f"{points},{name},{'gated' if gated else 'plain'},{'causal' if causal else 'circular'},{cached:.4f},{fresh:.4f}",
          flush=True)


for argument in sys.argv[1:]:
    for dtype, name in ((torch.float16, "fp16"), (torch.bfloat16, "bf16"), (torch.float32, "fp32")):
        for gated in (False, True):
            for causal in (False, True):
                try:
                    run(int(argument), dtype, name, gated, causal)
                except torch.cuda.OutOfMemoryError:
                    torch.cuda.empty_cache()
                    print(f"{argument} {name}: out of memory", file=sys.stderr)
