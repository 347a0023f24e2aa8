// SPDX-License-Identifier: MIT
// Real sound cards, through PortAudio. Its back ends (ALSA, JACK) may write to standard error while
// they look for devices; that is out of this library's hands, and a program that minds redirects
// it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "streaming/audio_device.h"

namespace limpid::streaming {

struct DeviceInfo {
  int index = 0;               // may stand for the name until devices come or go
  std::string name{}, host{};  // "USB Microphone: Audio (hw:1,0)", "ALSA"
  int inputs = 0, outputs = 0;
  double sample_rate = 0;  // Hz; the device's own
  bool default_input = false, default_output = false;
};

// Empty when there are none. device: PortAudio itself does not work; out_of_memory.
Result<std::vector<DeviceInfo>> list_devices();

struct DeviceConfig {
  std::string input{}, output{};  // an index, a name or a part of one; empty: the system's default
  int sample_rate = 48000;        // Hz; 0: the input's own
  int block = 256;                // samples per callback; 0: 5 ms
  int inputs = 1;                 // channels to capture
};

// Finds the devices and asks whether they can do it; sound starts with start(). Input and output
// have one clock if they are the same device. not_found: no such device, the message lists those
// there are; invalid_argument: several that are called so, or a number below its range;
// unsupported: not at this rate or with so many channels; device; out_of_memory.
Result<std::unique_ptr<AudioDevice>> open_portaudio(const DeviceConfig& config);

}  // namespace limpid::streaming
