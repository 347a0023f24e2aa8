// SPDX-License-Identifier: MIT
// The plug-ins as a host sees them: a file that is loaded, descriptors, ports by index.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <ladspa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::test {

inline const LADSPA_Descriptor* descriptor(unsigned long index) {
  static void* const file = dlopen(LIMPID_LADSPA, RTLD_NOW | RTLD_LOCAL);
  if (file == nullptr) throw std::runtime_error(dlerror());
  static const auto find =
      reinterpret_cast<LADSPA_Descriptor_Function>(dlsym(file, "ladspa_descriptor"));
  return find(index);
}

inline const LADSPA_Descriptor& descriptor(std::string_view label) {
  for (unsigned long i = 0; descriptor(i) != nullptr; ++i)
    if (descriptor(i)->Label == label) return *descriptor(i);
  throw std::runtime_error("no plug-in " + std::string(label));
}

// The ports of one kind, in the order of their indices.
inline std::vector<unsigned long> ports(const LADSPA_Descriptor& plugin, int kind) {
  std::vector<unsigned long> found;
  for (unsigned long port = 0; port < plugin.PortCount; ++port)
    if (plugin.PortDescriptors[port] == kind) found.push_back(port);
  return found;
}

inline unsigned long port_named(const LADSPA_Descriptor& plugin, const std::string& name) {
  for (unsigned long port = 0; port < plugin.PortCount; ++port)
    if (plugin.PortNames[port] == name) return port;
  throw std::runtime_error("no port " + name);
}

// An activated instance whose controls are connected.
class Plugged {
 public:
  explicit Plugged(const std::string& label, unsigned long rate = 48000)
      : plugin_(descriptor(label)),
        inputs_(ports(plugin_, LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT)),
        outputs_(ports(plugin_, LADSPA_PORT_AUDIO | LADSPA_PORT_OUTPUT)),
        handle_(plugin_.instantiate(&plugin_, rate), plugin_.cleanup) {
    if (handle_ == nullptr) throw std::runtime_error(label + " did not open");
    connect("Attenuation Limit (dB)", &limit);
    connect("latency", &latency);
    connect("Voice Activity", &voice);
    plugin_.activate(handle_.get());
  }

  void connect(const std::string& name, float* data) {
    plugin_.connect_port(handle_.get(), port_named(plugin_, name), data);
  }
  void activate() { plugin_.activate(handle_.get()); }

  // in[inputs][samples], out[outputs][samples]
  void run(const float* const* in, float* const* out, unsigned long samples) {
    for (std::size_t c = 0; c < inputs_.size(); ++c)
      plugin_.connect_port(handle_.get(), inputs_[c], const_cast<float*>(in[c]));
    for (std::size_t c = 0; c < outputs_.size(); ++c)
      plugin_.connect_port(handle_.get(), outputs_[c], out[c]);
    plugin_.run(handle_.get(), samples);
  }

  float limit = 100.0f, latency = -1.0f, voice = -1.0f;

 private:
  const LADSPA_Descriptor& plugin_;
  std::vector<unsigned long> inputs_, outputs_;
  std::unique_ptr<void, void (*)(void*)> handle_;
};

}  // namespace limpid::test
