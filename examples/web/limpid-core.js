// SPDX-License-Identifier: MIT
// Limpid: an enhancer inside a compiled limpid.wasm, for worklets, workers and Node alike.

// What the module asks of its system. The clock measures what is chosen when an enhancer is opened,
// and may stand still. Nothing else is there: it opens no file, as the model is inside.
const notThere = 52; // of WASI; what Emscripten adds to it says so with a minus
function system(module, memory) {
  const functions = {
    wasi_snapshot_preview1: {
      clock_time_get: (clock, precision, at) => {
        new DataView(memory().buffer).setBigUint64(at, BigInt(Date.now()) * 1000000n, true);
        return 0;
      },
      proc_exit: (code) => {
        throw new Error(`limpid ended with ${code}`);
      },
    },
    env: { emscripten_notify_memory_growth: () => {} },
  };
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    (functions[from] ??= {})[name] ??= () => (from === 'env' ? -notThere : notThere);
  return functions;
}

export class Limpid {
  // module: WebAssembly.Module. sampleRate: 8000 to 192000 Hz; channels: 1 to 64, each enhanced on
  // its own; attenuationLimit: dB that noise is lowered by at most, 0: no limit. Throws an Error that
  // says what is wrong.
  constructor(module, { sampleRate, channels = 1, attenuationLimit = 0 }) {
    const instance = new WebAssembly.Instance(module, system(module, () => this.#wasm.memory));
    this.#wasm = instance.exports;
    this.#wasm._initialize();
    if (this.#wasm.limpid_open(sampleRate, channels, attenuationLimit) !== 0)
      throw new Error(this.#message());
    this.channels = channels;
    this.latency = this.#wasm.limpid_late_by(); // samples
    this.maxBlock = this.#wasm.limpid_max_block();
    // The memory does not grow from here on: nothing is allocated any more.
    this.#rows = Array.from({ length: channels }, (_, c) =>
      new Float32Array(this.#wasm.memory.buffer, this.#wasm.limpid_samples(c), this.maxBlock));
    this.#warmUp(sampleRate);
  }

  // Float32Arrays of one length, up to maxBlock; a missing input channel is silence. In place is fine.
  process(inputs, outputs) {
    const count = outputs[0].length;
    for (let c = 0; c < this.channels; ++c) {
      const row = this.#rows[c];
      if (inputs[c]) row.set(inputs[c]);
      else row.fill(0, 0, count);
    }
    this.#wasm.limpid_run(count);
    for (let c = 0; c < this.channels && c < outputs.length; ++c) {
      const row = this.#rows[c];
      const out = outputs[c];
      for (let i = 0; i < count; ++i) out[i] = row[i];
    }
  }

  reset() { this.#wasm.limpid_forget(); }
  set bypass(on) { this.#wasm.limpid_bypass(on ? 1 : 0); }
  set attenuationLimit(dB) { this.#wasm.limpid_limit(dB); }
  // Probability of speech, 0 to 1, in what came out last.
  voiceActivity(channel = 0) { return this.#wasm.limpid_voice(channel); }

  #wasm;
  #rows;

  // A second of silence: engines compile what is called, and compile it again when it was called
  // often. Without it the first block would take as long as twenty.
  #warmUp(sampleRate) {
    for (let done = 0; done < sampleRate; done += 128) this.#wasm.limpid_run(128);
    this.reset();
  }

  #message() {
    const bytes = new Uint8Array(this.#wasm.memory.buffer, this.#wasm.limpid_message());
    const letters = bytes.subarray(0, bytes.indexOf(0));
    return String.fromCharCode(...letters); // worklets have no TextDecoder
  }
}
