// SPDX-License-Identifier: MIT
// LADSPA plug-ins over the public API: for PipeWire, which makes virtual microphones of them, and
// for plug-in hosts. One for each model and number of channels; ladspa.h says what a host may do.
#include <ladspa.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <limits>
#include <new>
#include <utility>

#include "limpid/limpid.hpp"

namespace {

struct Kind {
  const char* model;
  int channels;
  const char* label;  // configurations name it: it never changes
  const char* name;
};
constexpr Kind kKinds[] = {
    {"light", 1, "limpid_light_mono", "limpid noise removal, light (mono)"},
    {"light", 2, "limpid_light_stereo", "limpid noise removal, light (stereo)"},
    {"base", 1, "limpid_base_mono", "limpid noise removal, base (mono)"},
    {"base", 2, "limpid_base_stereo", "limpid noise removal, base (stereo)"},
    {"frcrn", 1, "limpid_frcrn_mono", "limpid noise removal, frcrn (mono)"},
    {"frcrn", 2, "limpid_frcrn_stereo", "limpid noise removal, frcrn (stereo)"},
};
// The letters "lim" as a number, which nobody has registered; hosts want less than 0x1000000.
constexpr unsigned long kFirstId = 0x6C696D;

// Ports, of which plug-ins with one channel have all but the last two.
enum Port : unsigned long { limit, latency, voice, in_1, out_1, in_2, out_2, port_count };
constexpr unsigned long kPortsPerChannel = 2;

constexpr LADSPA_PortDescriptor kControlIn = LADSPA_PORT_CONTROL | LADSPA_PORT_INPUT;
constexpr LADSPA_PortDescriptor kControlOut = LADSPA_PORT_CONTROL | LADSPA_PORT_OUTPUT;
constexpr LADSPA_PortDescriptor kAudioIn = LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT;
constexpr LADSPA_PortDescriptor kAudioOut = LADSPA_PORT_AUDIO | LADSPA_PORT_OUTPUT;
constexpr LADSPA_PortDescriptor kPortKinds[port_count] = {
    kControlIn, kControlOut, kControlOut, kAudioIn, kAudioOut, kAudioIn, kAudioOut};

// Hosts know the latency, in samples, by this very name.
constexpr const char* kPortNames[port_count] = {"Attenuation Limit (dB)",
                                                "latency",
                                                "Voice Activity",
                                                "Input 1",
                                                "Output 1",
                                                "Input 2",
                                                "Output 2"};

// 0 leaves the sound as it is (only late), 100 is no limit: more is more, as sliders should be.
constexpr float kNoLimit = 100.0f;
constexpr int kBounded = LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE;
constexpr LADSPA_PortRangeHint kPortHints[port_count] = {
    {kBounded | LADSPA_HINT_DEFAULT_MAXIMUM, 0.0f, kNoLimit}, {}, {kBounded, 0.0f, 1.0f}};

struct Instance {
  limpid::Enhancer enhancer;
  std::array<float*, port_count> data = {};  // null: not connected
};

Instance& instance(LADSPA_Handle handle) noexcept {
  return *static_cast<Instance*>(handle);
}

void write(float* port, float value) noexcept {
  if (port != nullptr) *port = value;
}

// LADSPA has no way to say what is wrong, so people find it where the host's messages are. PipeWire
// 0.3 takes errno for its own result, and a 0 for success.
LADSPA_Handle refuse(int number, const char* label, const char* message) noexcept {
  std::fprintf(stderr, "%s: %s\n", label, message);
  errno = number;
  return nullptr;
}

LADSPA_Handle instantiate(const LADSPA_Descriptor* descriptor, unsigned long rate) {
  const auto& kind = *static_cast<const Kind*>(descriptor->ImplementationData);
  constexpr unsigned long kMax = std::numeric_limits<int>::max();
  auto enhancer = limpid::Enhancer::open({.model = kind.model,
                                          .sample_rate = static_cast<int>(std::min(rate, kMax)),
                                          .channels = kind.channels});
  if (!enhancer) return refuse(EINVAL, kind.label, enhancer.error().message.c_str());
  auto* opened = new (std::nothrow) Instance{.enhancer = *std::move(enhancer)};
  return opened != nullptr ? opened : refuse(ENOMEM, kind.label, "no memory left");
}

void connect_port(LADSPA_Handle handle, unsigned long port, float* data) {
  if (port < port_count) instance(handle).data[port] = data;
}

void activate(LADSPA_Handle handle) {
  auto& [enhancer, data] = instance(handle);
  enhancer.reset();
  write(data[latency], static_cast<float>(enhancer.latency()));  // PipeWire reads it before run()
}

void run(LADSPA_Handle handle, unsigned long samples) {
  auto& [enhancer, data] = instance(handle);
  const float most = data[limit] != nullptr ? *data[limit] : kNoLimit;
  enhancer.set_bypass(most <= 0.0f);
  enhancer.set_attenuation_limit(most < kNoLimit ? most : 0.0f);  // the library's 0 is no limit
  const float* const in[] = {data[in_1], data[in_2]};
  float* const out[] = {data[out_1], data[out_2]};
  enhancer.process(in, out, static_cast<int>(samples));
  write(data[latency], static_cast<float>(enhancer.latency()));
  // A plug-in with one channel has none with the number 1, whose activity is negative.
  write(data[voice], std::max(enhancer.voice_activity(0), enhancer.voice_activity(1)));
}

void cleanup(LADSPA_Handle handle) {
  delete static_cast<Instance*>(handle);
}

constexpr LADSPA_Descriptor describe(std::size_t index) {
  const Kind& kind = kKinds[index];
  return {.UniqueID = kFirstId + index,
          .Label = kind.label,
          .Properties = LADSPA_PROPERTY_HARD_RT_CAPABLE,
          .Name = kind.name,
          .Maker = "limpid",
          .Copyright = LIMPID_LADSPA_LICENCE,
          .PortCount = in_1 + kPortsPerChannel * static_cast<unsigned long>(kind.channels),
          .PortDescriptors = kPortKinds,
          .PortNames = kPortNames,
          .PortRangeHints = kPortHints,
          .ImplementationData = const_cast<Kind*>(&kind),
          .instantiate = instantiate,
          .connect_port = connect_port,
          .activate = activate,
          .run = run,
          .run_adding = nullptr,
          .set_run_adding_gain = nullptr,
          .deactivate = nullptr,
          .cleanup = cleanup};
}

constexpr auto kDescriptors = []<std::size_t... index>(std::index_sequence<index...>) {
  return std::array{describe(index)...};
}
(std::make_index_sequence<std::size(kKinds)>());

}  // namespace

__attribute__((visibility("default"))) const LADSPA_Descriptor* ladspa_descriptor(
    unsigned long index) {
  return index < kDescriptors.size() ? &kDescriptors[index] : nullptr;
}
