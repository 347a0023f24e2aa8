// SPDX-License-Identifier: MIT
// Enhances raw audio, 32-bit float mono samples, from standard input to standard output:
//   sox noisy.wav -t f32 -r 48000 -c 1 - | minimal_cpp 48000 | play -t f32 -r 48000 -c 1 -
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <limpid/limpid.hpp>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

constexpr int kBlock = 480;

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: minimal_cpp RATE [MODEL] < noisy.f32 > clean.f32\n";
    return 2;
  }
  auto enhancer = limpid::Enhancer::open(
      {.model = argc > 2 ? argv[2] : "", .sample_rate = std::atoi(argv[1]), .channels = 1});
  if (!enhancer) {
    std::cerr << "minimal_cpp: " << enhancer.error().message << '\n';
    return 1;
  }
  if (enhancer->inputs() != 1 || enhancer->outputs() != 1) {  // one pointer each way
    std::cerr << "minimal_cpp: the model takes " << enhancer->inputs() << " channels and gives "
              << enhancer->outputs() << ", expected 1 and 1\n";
    return 1;
  }
  std::ios::sync_with_stdio(false);
#ifdef _WIN32  // samples are no text
  _setmode(0, _O_BINARY);
  _setmode(1, _O_BINARY);
#endif
  float block[kBlock];
  float* channel = block;
  // The output is late: silence pushes the end of the recording out, what came before is dropped.
  int to_push = enhancer->latency(), to_drop = to_push;
  while (true) {
    std::cin.read(reinterpret_cast<char*>(block), sizeof block);  // nothing at the end
    int count = static_cast<int>(std::cin.gcount() / std::streamsize{sizeof(float)});
    if (count == 0) {
      count = std::min(to_push, kBlock);
      to_push -= count;
      std::fill_n(block, count, 0.0f);
    }
    if (count == 0) break;
    enhancer->process(&channel, &channel, count);  // in place
    const int dropped = std::min(to_drop, count);
    to_drop -= dropped;
    const auto bytes = static_cast<std::size_t>(count - dropped) * sizeof(float);
    if (!std::cout.write(reinterpret_cast<const char*>(block + dropped),
                         static_cast<std::streamsize>(bytes)))
      return 1;
  }
  return std::cout.flush() ? 0 : 1;
}
