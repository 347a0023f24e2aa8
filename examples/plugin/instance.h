// SPDX-License-Identifier: MIT
// What is the same in plug-ins of every standard: which there are, their ports, and what they do
// with them over the public API.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <initializer_list>
#include <limits>
#include <new>
#include <utility>

#include "limpid/limpid.hpp"

namespace limpid::plugin {

struct Kind {
  const char* model;
  unsigned inputs, outputs;
  const char *label, *uri;  // sessions and configurations name them: they never change
  const char* name;
};
inline constexpr Kind kKinds[] = {
    {"light", 1, 1, "limpid_light_mono", "urn:limpid:light_mono",
     "limpid noise removal, light (mono)"},
    {"light", 2, 2, "limpid_light_stereo", "urn:limpid:light_stereo",
     "limpid noise removal, light (stereo)"},
    {"base", 1, 1, "limpid_base_mono", "urn:limpid:base_mono", "limpid noise removal, base (mono)"},
    {"base", 2, 2, "limpid_base_stereo", "urn:limpid:base_stereo",
     "limpid noise removal, base (stereo)"},
    {"frcrn", 1, 1, "limpid_frcrn_mono", "urn:limpid:frcrn_mono",
     "limpid noise removal, frcrn (mono)"},
    {"frcrn", 2, 2, "limpid_frcrn_stereo", "urn:limpid:frcrn_stereo",
     "limpid noise removal, frcrn (stereo)"},
    {"array-light-2", 2, 1, "limpid_array_2", "urn:limpid:array_2",
     "limpid noise removal, two microphones"},
    {"array-light-4", 4, 1, "limpid_array_4", "urn:limpid:array_4",
     "limpid noise removal, four microphones"},
};

enum Port : unsigned {
  limit,
  latency,
  voice,
  enabled,
  in_1,              // 4 of them
  out_1 = in_1 + 4,  // 2 of them
  port_count = out_1 + 2
};

// Those of a kind in the order that hosts know.
struct Ports {
  std::array<Port, port_count> list{};
  unsigned count = 0;

  // Controls, then each input with the output of its number, where there is one, behind it.
  constexpr Ports(const Kind& kind, std::initializer_list<Port> controls) {
    for (const Port port : controls) list[count++] = port;
    for (unsigned c = 0; c < std::max(kind.inputs, kind.outputs); ++c) {
      if (c < kind.inputs) list[count++] = static_cast<Port>(in_1 + c);
      if (c < kind.outputs) list[count++] = static_cast<Port>(out_1 + c);
    }
  }
};

// Of the limit: 0 leaves the sound as it is (only late), 100 is none. More is more, as sliders
// should be.
inline constexpr float kNoLimit = 100.0f;

struct Instance {
  Enhancer enhancer;
  const Ports& ports;
  std::array<float*, port_count> data = {};  // null: not connected

  void connect(std::size_t index, float* to) noexcept {
    if (index < ports.count) data[ports.list[index]] = to;
  }

  void activate() noexcept {
    enhancer.reset();
    write(latency, static_cast<float>(enhancer.latency()));  // PipeWire reads it before run()
  }

  void run(std::size_t samples) noexcept {
    const float most = read(limit, kNoLimit);
    enhancer.set_bypass(most <= 0.0f || read(enabled, 1.0f) <= 0.0f);
    enhancer.set_attenuation_limit(most < kNoLimit ? most : 0.0f);  // the library's 0 is no limit
    enhancer.process(&data[in_1], &data[out_1], static_cast<int>(samples));
    write(latency, static_cast<float>(enhancer.latency()));
    // With one output there is none with the number 1, whose activity is negative.
    write(voice, std::max(enhancer.voice_activity(0), enhancer.voice_activity(1)));
  }

 private:
  float read(Port port, float otherwise) const noexcept {
    return data[port] != nullptr ? *data[port] : otherwise;
  }
  void write(Port port, float value) noexcept {
    if (data[port] != nullptr) *data[port] = value;
  }
};

// No standard has a way to say what is wrong, so people find it where the host's messages are.
// PipeWire 0.3 takes errno for its own result, and a 0 for success.
inline Instance* refuse(int number, const Kind& kind, const char* message) noexcept {
  std::fprintf(stderr, "%s: %s\n", kind.label, message);
  errno = number;
  return nullptr;
}

// Null where that failed. Hosts that know rates as real numbers or of 64 bits have them here.
inline Instance* open(const Kind& kind, const Ports& ports, double rate) {
  constexpr double kMax = std::numeric_limits<int>::max();
  auto enhancer = Enhancer::open({.model = kind.model,
                                  .sample_rate = static_cast<int>(std::clamp(rate, 0.0, kMax)),
                                  .channels = static_cast<int>(kind.outputs)});
  if (!enhancer) return refuse(EINVAL, kind, enhancer.error().message.c_str());
  auto* opened = new (std::nothrow) Instance{.enhancer = *std::move(enhancer), .ports = ports};
  return opened != nullptr ? opened : refuse(ENOMEM, kind, "no memory left");
}

}  // namespace limpid::plugin
