// SPDX-License-Identifier: MIT
// A PortAudio of the test's own, linked before the real one: it offers the devices that the test
// says there are, and plays as much as the test asks for.
#pragma once

#include <portaudio.h>

#include <vector>

namespace limpid::test {

struct FakePortAudio {
  struct Stream {
    double sample_rate;
    unsigned long block;
    int inputs, outputs;
    PaStreamCallback* call;
    PaStreamFinishedCallback* finished;
    void* user;
  };

  std::vector<PaDeviceInfo> devices{};
  int default_input = 0, default_output = 0;
  std::vector<Stream*> open{};  // streams

  // Callbacks of all streams in turn, for so long.
  void play(double seconds);
  void unplug();  // every stream ends by itself
};

FakePortAudio& fake_portaudio();

}  // namespace limpid::test
