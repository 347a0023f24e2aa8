// SPDX-License-Identifier: MIT
// limpid_streaming_conv_costs: what transforms, products and taps cost on this machine, in the form
// of ConvCosts::defaults().
#include <cstdio>

#include "lib/dsp/measured_costs.h"
#include "lib/kernels/instruction_set.h"

int main() {
  using limpid::dsp::ConvCosts;
  const ConvCosts costs = limpid::dsp::measure_conv_costs();
  std::printf("instruction set %s\n", limpid::kernels::instruction_set());
  for (int bits = ConvCosts::kSmallest; bits <= ConvCosts::kLargest; ++bits) {
    const double ns = costs.transforms[static_cast<std::size_t>(bits)];
    const double flops = 2 * 5.0 * bits * (1 << bits);
    std::printf("transforms[%d] %.0f ns: %.2f ns a sample, %.1f GFLOP/s\n", bits, ns,
                ns / (1 << bits), flops / ns);
  }
  std::printf("multiply %.3f ns, %.1f GFLOP/s\n", costs.multiply, 8 / costs.multiply);
  std::printf("direct %.4f ns, %.1f GFLOP/s\n", costs.direct, 2 / costs.direct);
}
