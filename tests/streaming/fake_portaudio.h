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
    bool started = false;
    std::vector<float> played{};  // of the latest callback, as PortAudio has it: channels in turn
  };

  std::vector<PaDeviceInfo> devices{};
  int default_input = 0, default_output = 0;
  double only_rate = 0;         // Hz that devices can do; 0: any
  std::vector<Stream*> open{};  // streams

  // Callbacks of all streams that were started, in turn, for so long. Input i is (i + 1) / 10.
  void play(double seconds);
  void unplug();  // every stream ends by itself
};

FakePortAudio& fake_portaudio();

}  // namespace limpid::test
