// SPDX-License-Identifier: MIT
// limpid for Web Audio:
//
//   const node = await createLimpid(context);
//   microphone.connect(node).connect(context.destination);
//   node.parameters.get('bypass').value = 1;             // cross-fades to the untouched input
//   node.parameters.get('attenuationLimit').value = 12;  // dB; 0: no limit
//   node.latency                                         // seconds that the output is late
//
// limpid.wasm, limpid-core.js and limpid-processor.js lie beside this file. It works in AudioContext
// and OfflineAudioContext at 8 to 192 kHz, in every browser of 2023 or later.

const here = (name) => new URL(name, import.meta.url);

let compiled;
const module = () => {
  compiled ??= fetch(here('limpid.wasm')).then(async (answer) => {
    if (!answer.ok) throw new Error(`limpid.wasm: ${answer.status} ${answer.statusText}`);
    return WebAssembly.compile(await answer.arrayBuffer());
  });
  compiled.catch(() => { compiled = undefined; }); // the next call may find the network again
  return compiled;
};

const loadProcessor = (context) => {
  if (!context.audioWorklet) throw new Error('limpid: browsers have audio worklets on pages from https: and localhost only');
  return context.audioWorklet.addModule(here('limpid-processor.js'))
    .catch((error) => { throw new Error(`limpid-processor.js: ${error.message}`); });
};

// channels: each is enhanced on its own; attenuationLimit: dB. onVoice(probability): called every
// voicePeriod seconds with the probability of speech in the first channel. Opening keeps the audio
// thread for a few tenths of a second, so open before you play. Rejects with an Error that says what
// is wrong; a context that could not load a script never will: try again with a new one. An
// AudioWorkletNode; when you need it no more, disconnect it and call its close().
export async function createLimpid(context, { channels = 1, attenuationLimit = 0, onVoice, voicePeriod = 0.1 } = {}) {
  const [wasm] = await Promise.all([module(), loadProcessor(context)]);
  const node = new AudioWorkletNode(context, 'limpid', {
    numberOfInputs: 1,
    numberOfOutputs: 1,
    outputChannelCount: [channels],
    channelCount: channels,
    channelCountMode: 'explicit',
    parameterData: { attenuationLimit },
    processorOptions: { module: wasm, channels, attenuationLimit, voicePeriod: onVoice ? voicePeriod : 0 },
  });
  const opened = await new Promise((resolve, reject) => {
    node.port.onmessage = ({ data }) => resolve(data);
    node.port.onmessageerror = () => reject(new Error('limpid: this browser cannot send a module to its audio thread'));
    node.onprocessorerror = () => reject(new Error('limpid: the audio thread could not start it'));
  });
  if (opened.error) throw new Error(opened.error);
  node.port.onmessage = ({ data }) => onVoice?.(data.voice);
  node.latency = opened.latency / context.sampleRate;
  node.close = () => node.port.postMessage('close');
  return node;
}
