// SPDX-License-Identifier: MIT
// LADSPA plug-ins: for PipeWire, which makes virtual microphones of them, and for plug-in hosts.
// One for each model and number of channels; ladspa.h says what a host may do.
#include <ladspa.h>

#include <array>
#include <iterator>
#include <utility>

#include "examples/plugin/instance.h"

namespace {

using namespace limpid::plugin;

// The letters "lim" as a number, which nobody has registered; hosts want less than 0x1000000.
constexpr unsigned long kFirstId = 0x6C696D;

// Ports by their index, of which plug-ins with one channel have all but the last two. LADSPA's
// hosts bypass plug-ins themselves.
constexpr Port kPorts[] = {limit, latency, voice, in_1, out_1, in_2, out_2};
constexpr unsigned long kControls = 3, kPortsPerChannel = 2;

constexpr LADSPA_PortDescriptor kControlIn = LADSPA_PORT_CONTROL | LADSPA_PORT_INPUT;
constexpr LADSPA_PortDescriptor kControlOut = LADSPA_PORT_CONTROL | LADSPA_PORT_OUTPUT;
constexpr LADSPA_PortDescriptor kAudioIn = LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT;
constexpr LADSPA_PortDescriptor kAudioOut = LADSPA_PORT_AUDIO | LADSPA_PORT_OUTPUT;
constexpr LADSPA_PortDescriptor kPortKinds[] = {kControlIn, kControlOut, kControlOut, kAudioIn,
                                                kAudioOut,  kAudioIn,    kAudioOut};

// Hosts know the latency, in samples, by this very name.
constexpr const char* kPortNames[] = {"Attenuation Limit (dB)",
                                      "latency",
                                      "Voice Activity",
                                      "Input 1",
                                      "Output 1",
                                      "Input 2",
                                      "Output 2"};

constexpr int kBounded = LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE;
constexpr LADSPA_PortRangeHint kPortHints[std::size(kPorts)] = {
    {kBounded | LADSPA_HINT_DEFAULT_MAXIMUM, 0.0f, kNoLimit}, {}, {kBounded, 0.0f, 1.0f}};

Instance& instance(LADSPA_Handle handle) noexcept {
  return *static_cast<Instance*>(handle);
}

LADSPA_Handle instantiate(const LADSPA_Descriptor* descriptor, unsigned long rate) {
  return open(*static_cast<const Kind*>(descriptor->ImplementationData), static_cast<double>(rate));
}

void connect_port(LADSPA_Handle handle, unsigned long port, float* data) {
  if (port < std::size(kPorts)) instance(handle).data[kPorts[port]] = data;
}

void activate(LADSPA_Handle handle) {
  instance(handle).activate();
}

void run(LADSPA_Handle handle, unsigned long samples) {
  instance(handle).run(samples);
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
          .PortCount = kControls + kPortsPerChannel * static_cast<unsigned long>(kind.channels),
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
