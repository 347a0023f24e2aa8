// SPDX-License-Identifier: MIT
// Enhances raw audio, 32-bit float mono samples, from standard input to standard output:
//   sox noisy.wav -t f32 -r 48000 -c 1 - | minimal_cpp 48000 | play -t f32 -r 48000 -c 1 -
#include <cstdlib>
#include <iostream>
#include <limpid/limpid.hpp>
#include <vector>

namespace {

std::vector<float> read_samples(std::istream& in) {
  std::vector<float> samples;
  for (float sample; in.read(reinterpret_cast<char*>(&sample), sizeof sample);)
    samples.push_back(sample);
  return samples;
}

}  // namespace

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
  auto samples = read_samples(std::cin);
  // The output is late: silence pushes the end of the recording out, what came before is dropped.
  const auto latency = static_cast<std::size_t>(enhancer->latency());
  samples.resize(samples.size() + latency);
  float* channel = samples.data();
  enhancer->process(&channel, &channel, static_cast<int>(samples.size()));  // in place
  std::cout.write(reinterpret_cast<const char*>(channel + latency),
                  static_cast<std::streamsize>((samples.size() - latency) * sizeof(float)));
  return std::cout.flush() ? 0 : 1;
}
