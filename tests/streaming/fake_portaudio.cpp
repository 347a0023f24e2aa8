// SPDX-License-Identifier: MIT
#include "tests/streaming/fake_portaudio.h"

#include <memory>

namespace limpid::test {

FakePortAudio& fake_portaudio() {
  static FakePortAudio fake;
  return fake;
}

void FakePortAudio::play(double seconds) {
  std::vector<float> in;
  const double step = static_cast<double>(open.at(0)->block) / open.at(0)->sample_rate;
  for (double time = 0.0; time < seconds - step / 2; time += step)
    for (Stream* stream : open) {
      if (!stream->started) continue;
      const auto inputs = static_cast<std::size_t>(stream->inputs);
      in.resize(stream->block * inputs);
      for (std::size_t i = 0; i < in.size(); ++i) in[i] = 0.1f * static_cast<float>(i % inputs + 1);
      auto& out = stream->played;
      out.assign(stream->block * static_cast<std::size_t>(stream->outputs), 0.0f);
      stream->call(in.empty() ? nullptr : in.data(), out.empty() ? nullptr : out.data(),
                   stream->block, nullptr, 0, stream->user);
    }
}

void FakePortAudio::unplug() {
  for (const Stream* stream : open) stream->finished(stream->user);
}

}  // namespace limpid::test

using limpid::test::fake_portaudio;
using FakeStream = limpid::test::FakePortAudio::Stream;

extern "C" {

PaError Pa_Initialize() {
  return paNoError;
}
PaError Pa_Terminate() {
  return paNoError;
}
PaDeviceIndex Pa_GetDeviceCount() {
  return static_cast<int>(fake_portaudio().devices.size());
}
const PaDeviceInfo* Pa_GetDeviceInfo(PaDeviceIndex index) {
  return &fake_portaudio().devices.at(static_cast<std::size_t>(index));
}
const PaHostApiInfo* Pa_GetHostApiInfo(PaHostApiIndex) {
  static const PaHostApiInfo host{1, paALSA, "ALSA", 2, 0, 0};
  return &host;
}
PaDeviceIndex Pa_GetDefaultInputDevice() {
  return fake_portaudio().default_input;
}
PaDeviceIndex Pa_GetDefaultOutputDevice() {
  return fake_portaudio().default_output;
}
PaError Pa_IsFormatSupported(const PaStreamParameters*, const PaStreamParameters*, double rate) {
  const double only = fake_portaudio().only_rate;
  return only == 0 || rate == only ? paFormatIsSupported : paInvalidSampleRate;
}
const char* Pa_GetErrorText(PaError) {
  return "an error";
}
const PaHostErrorInfo* Pa_GetLastHostErrorInfo() {
  static const PaHostErrorInfo none{};
  return &none;
}

PaError Pa_OpenStream(PaStream** stream, const PaStreamParameters* in,
                      const PaStreamParameters* out, double sample_rate, unsigned long block,
                      PaStreamFlags, PaStreamCallback* call, void* user) {
  // Memory may run out after the stream was made.
  std::unique_ptr<FakeStream> made(
      new FakeStream{sample_rate, block, in == nullptr ? 0 : in->channelCount,
                     out == nullptr ? 0 : out->channelCount, call, nullptr, user});
  fake_portaudio().open.push_back(made.get());
  *stream = made.release();
  return paNoError;
}
PaError Pa_SetStreamFinishedCallback(PaStream* stream, PaStreamFinishedCallback* finished) {
  static_cast<FakeStream*>(stream)->finished = finished;
  return paNoError;
}
PaError Pa_StartStream(PaStream* stream) {
  static_cast<FakeStream*>(stream)->started = true;
  return paNoError;
}
PaError Pa_AbortStream(PaStream*) {
  return paNoError;
}
PaError Pa_CloseStream(PaStream* stream) {
  std::erase(fake_portaudio().open, static_cast<FakeStream*>(stream));
  delete static_cast<FakeStream*>(stream);
  return paNoError;
}

}  // extern "C"
