// SPDX-License-Identifier: MIT
#include "streaming/portaudio_host.h"

#include <portaudio.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "lib/base/no_memory.h"

namespace limpid::streaming {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string quoted_names(const std::vector<DeviceInfo>& devices) {
  std::string text;
  for (const auto& device : devices)
    text += (text.empty() ? "" : ", ") + std::to_string(device.index) + " \"" + device.name + "\"";
  return text;
}

}  // namespace

Result<std::unique_ptr<PortAudioHost>> PortAudioHost::open() {
  if (const PaError error = Pa_Initialize(); error != paNoError)
    return Error{ErrorCode::device,
                 std::string("PortAudio does not start: ") + Pa_GetErrorText(error)};
  return std::unique_ptr<PortAudioHost>(new PortAudioHost);
}

PortAudioHost::~PortAudioHost() {
  Pa_Terminate();
}

std::vector<DeviceInfo> PortAudioHost::devices() const {
  std::vector<DeviceInfo> devices;
  for (PaDeviceIndex i = 0; i < Pa_GetDeviceCount(); ++i) {
    const PaDeviceInfo* info = Pa_GetDeviceInfo(i);
    const PaHostApiInfo* host = Pa_GetHostApiInfo(info->hostApi);
    devices.push_back({.index = i,
                       .name = info->name,
                       .host = host->name,
                       .inputs = info->maxInputChannels,
                       .outputs = info->maxOutputChannels,
                       .sample_rate = info->defaultSampleRate,
                       .default_input = i == Pa_GetDefaultInputDevice(),
                       .default_output = i == Pa_GetDefaultOutputDevice()});
  }
  return devices;
}

Result<std::vector<DeviceInfo>> list_devices() {
  return unless_out_of_memory([&]() -> Result<std::vector<DeviceInfo>> {
    auto host = PortAudioHost::open();
    if (!host) return host.error();
    return (*host)->devices();
  });
}

Result<DeviceInfo> find_device(const std::vector<DeviceInfo>& devices, Direction direction,
                               const std::string& wanted) {
  const bool input = direction == Direction::input;
  const std::string kind = input ? "input" : "output";
  std::vector<DeviceInfo> able, fitting;
  std::ranges::copy_if(devices, std::back_inserter(able), [&](const DeviceInfo& device) {
    return (input ? device.inputs : device.outputs) > 0;
  });
  if (able.empty())
    return Error{ErrorCode::not_found, "no " + kind +
                                           " device found: this system offers no sound card to " +
                                           (input ? "record from" : "play on")};
  for (const auto& device : able) {
    const bool is_default = input ? device.default_input : device.default_output;
    if (wanted.empty()
            ? is_default
            : wanted == std::to_string(device.index) || lower(wanted) == lower(device.name))
      return device;
    if (!wanted.empty() && lower(device.name).find(lower(wanted)) != std::string::npos)
      fitting.push_back(device);
  }
  if (wanted.empty()) return able.front();
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty())
    return Error{ErrorCode::not_found, "no " + kind + " device named \"" + wanted +
                                           "\"; there are: " + quoted_names(able)};
  return Error{ErrorCode::invalid_argument, "several " + kind + " devices are named \"" + wanted +
                                                "\": " + quoted_names(fitting)};
}

}  // namespace limpid::streaming
