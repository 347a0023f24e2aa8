// SPDX-License-Identifier: MIT
// The oracle of ring products: the definition, term by term.
#include <complex>

#include "lib/kernels/monarch.h"

namespace limpid::kernels::reference {
namespace {

double sample(const InputPiece (&pieces)[2], std::ptrdiff_t n) noexcept {
  double sum = 0;
  for (const InputPiece& piece : pieces)
    if (n >= piece.begin && n < piece.end)
      sum += double{piece.x[n]} * (piece.gate ? double{piece.gate[n]} : 1.0);
  return sum;
}

void write(const OutputPiece& piece, std::ptrdiff_t n, double v) noexcept {
  if (n >= piece.begin && n < piece.end)
    piece.y[n] = static_cast<float>(piece.gate ? v * double{piece.gate[n]} : v);
}

}  // namespace

void ring_convolve(std::size_t size, Ring ring, const BlockInput& filter, const BlockInput& input,
                   const BlockOutput& output) noexcept {
  using complex = std::complex<double>;
  const complex wrap = ring == Ring::quarter ? complex(0, 1) : complex(1, 0);
  const auto count = static_cast<std::ptrdiff_t>(size);
  for (std::ptrdiff_t n = 0; n < count; ++n) {
    complex sum = 0;
    for (std::ptrdiff_t j = 0; j < count; ++j) {
      const std::ptrdiff_t from = n >= j ? n - j : n - j + count;
      const complex term = complex(sample(filter.re, j), sample(filter.im, j)) *
                           complex(sample(input.re, from), sample(input.im, from));
      sum += n >= j ? term : wrap * term;
    }
    write(output.re, n, sum.real());
    write(output.im, n, sum.imag());
  }
}

}  // namespace limpid::kernels::reference
