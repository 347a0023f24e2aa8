#!/usr/bin/env python3
"""PyTorch's rfft doing the long convolutions of limpid_long_conv_cuda_bench: long_conv_torch.py POINTS...
One line of CSV each: points, type, gated, causal, ms, ms with the filter's transform inside the loop.
long_conv_torch.py --flashfftconv POINTS... times public FlashFFTConv instead, which always transforms its filters: the
last column is its agreement with PyTorch in dB."""
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


class Task:
    def __init__(self, points, dtype, gated, causal):
        lanes, channels = shape_of(points)
        length = points // 2 if causal else points
        self.points, self.dtype, self.gated, self.length = points, dtype, gated, length
        self.u, self.gate_in, self.gate_out = (torch.randn(lanes, channels, length, device="cuda", dtype=dtype)
                                               for _ in range(3))
        self.k = torch.randn(channels, length, device="cuda") / length ** 0.5

    def spectrum(self):
        return torch.fft.rfft(self.k, n=self.points)

    def convolve(self, spectrum):
        x = (self.u * self.gate_in if self.gated else self.u).float()  # rfft of halves takes no padding and loses 60 dB
        y = torch.fft.irfft(torch.fft.rfft(x, n=self.points) * spectrum, n=self.points)[..., :self.length].to(self.dtype)
        return y * self.gate_out if self.gated else y


def with_torch(task):
    spectrum = task.spectrum()
    cached = median_ms(lambda: task.convolve(spectrum))
    return f"{cached:.4f},{median_ms(lambda: task.convolve(task.spectrum())):.4f}"


def with_flashfftconv(task):
    from flashfftconv import FlashFFTConv
    conv = FlashFFTConv(task.points, dtype=task.dtype).cuda()
    gates = (task.gate_in, task.gate_out) if task.gated else ()
    y = conv(task.u, task.k, *gates).float()
    want = task.convolve(task.spectrum()).float()
    agreement = 10 * torch.log10(want.square().sum() / (y - want).square().sum()).item()
    del y, want
    return f"{median_ms(lambda: conv(task.u, task.k, *gates)):.4f},{agreement:.0f}"


@torch.no_grad()
def main():
    flash = "--flashfftconv" in sys.argv[1:2]
    types = [(torch.float16, "fp16"), (torch.bfloat16, "bf16"), (torch.float32, "fp32")]
    for points in map(int, sys.argv[2 if flash else 1:]):
        for dtype, name in types[:2] if flash else types:
            for gated in (False, True):
                for causal in (False, True):
                    label = f"{points},{name},{'gated' if gated else 'plain'},{'causal' if causal else 'circular'}"
                    try:
                        task = Task(points, dtype, gated, causal)
                        print(f"{label},{(with_flashfftconv if flash else with_torch)(task)}", flush=True)
                    except RuntimeError as error:  # too little memory, or what public FlashFFTConv does not do
                        torch.cuda.empty_cache()
                        print(f"{label}: {str(error).splitlines()[0]}", file=sys.stderr)


main()
