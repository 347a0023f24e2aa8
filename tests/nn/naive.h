// SPDX-License-Identifier: MIT
// The layers of FRCRN as their definitions say, in double precision and with explicit indices:
// value(re/im, frame, row, channel). Slow on purpose; the layers of lib/nn are compared with them.
#pragma once

#include <complex>
#include <vector>

namespace limpid::test {

using Complex = std::complex<double>;

// [frame][row][channel]
struct Spectrogram {
  Spectrogram(int frames_, int rows_, int channels_)
      : frames(frames_),
        rows(rows_),
        channels(channels_),
        values(static_cast<std::size_t>(frames_ * rows_ * channels_)) {}
  Complex& at(int frame, int row, int channel) {
    return values[static_cast<std::size_t>((frame * rows + row) * channels + channel)];
  }
  Complex get(int frame, int row, int channel) const {  // zero outside
    if (frame < 0 || frame >= frames || row < 0 || row >= rows) return 0;
    return values[static_cast<std::size_t>((frame * rows + row) * channels + channel)];
  }
  int frames, rows, channels;
  std::vector<Complex> values;
};

// A complex weight as PyTorch stores its two real tensors, 4-dimensional, row-major.
struct ComplexKernel {
  Complex at(int i, int j, int k, int l) const {
    const auto index = static_cast<std::size_t>(((i * shape[1] + j) * shape[2] + k) * shape[3] + l);
    return {re[index], im[index]};
  }
  std::vector<float> re, im;
  int shape[4];
};

// conv weight [out][in][kernel][2]; out frame t from in frames t (tap 0) and t + 1 (tap 1).
inline Spectrogram convolve(const Spectrogram& x, const ComplexKernel& w) {
  Spectrogram y(x.frames - 1, (x.rows - w.shape[2]) / 2 + 1, w.shape[0]);
  for (int t = 0; t < y.frames; ++t)
    for (int f = 0; f < y.rows; ++f)
      for (int o = 0; o < y.channels; ++o)
        for (int i = 0; i < x.channels; ++i)
          for (int k = 0; k < w.shape[2]; ++k)
            for (int tap = 0; tap < 2; ++tap)
              y.at(t, f, o) += w.at(o, i, k, tap) * x.get(t + tap, 2 * f + k, i);
  return y;
}

// tconv weight [in][out][kernel][2]: every input is scattered to 2 f + k; of two input frames the
// later one meets tap 0.
inline Spectrogram convolve_transposed(const Spectrogram& x, const ComplexKernel& w) {
  Spectrogram y(x.frames - 1, (x.rows - 1) * 2 + w.shape[2], w.shape[1]);
  for (int t = 0; t < y.frames; ++t)
    for (int f = 0; f < x.rows; ++f)
      for (int i = 0; i < x.channels; ++i)
        for (int o = 0; o < y.channels; ++o)
          for (int k = 0; k < w.shape[2]; ++k)
            for (int tap = 0; tap < 2; ++tap)
              y.at(t, 2 * f + k, o) += w.at(i, o, k, tap) * x.get(t + 1 - tap, f, i);
  return y;
}

// One real sequence memory F over steps: linear, relu, project, FIR, residual.
struct NaiveFsmn {
  std::vector<float> linear, bias, project, taps;  // [c][c], [c], [c][c], [c][order]
  int channels, order;

  // x [step][channel]
  std::vector<double> run(const std::vector<double>& x) const {
    const int steps = static_cast<int>(x.size()) / channels;
    std::vector<double> p(x.size()), y = x;
    for (int s = 0; s < steps; ++s) {
      std::vector<double> hidden(static_cast<std::size_t>(channels));
      for (int c = 0; c < channels; ++c) {
        double sum = bias[index(c, 0, 1)];
        for (int d = 0; d < channels; ++d)
          sum += linear[index(c, d, channels)] * x[index(s, d, channels)];
        hidden[index(c, 0, 1)] = sum > 0 ? sum : 0;
      }
      for (int c = 0; c < channels; ++c)
        for (int d = 0; d < channels; ++d)
          p[index(s, c, channels)] += project[index(c, d, channels)] * hidden[index(d, 0, 1)];
    }
    for (int s = 0; s < steps; ++s)
      for (int c = 0; c < channels; ++c) {
        y[index(s, c, channels)] += p[index(s, c, channels)];
        for (int j = 0; j < order; ++j)
          if (const int from = s - (order - 1) + j; from >= 0)
            y[index(s, c, channels)] += taps[index(c, j, order)] * p[index(from, c, channels)];
      }
    return y;
  }

  static std::size_t index(int a, int b, int width) {
    return static_cast<std::size_t>(a * width + b);
  }
};

}  // namespace limpid::test
