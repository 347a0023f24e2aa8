// SPDX-License-Identifier: MIT
// The audio thread's side of limpid.js.
import { Limpid } from './limpid-core.js';

class LimpidProcessor extends AudioWorkletProcessor {
  static parameterDescriptors = [
    { name: 'bypass', defaultValue: 0, minValue: 0, maxValue: 1, automationRate: 'k-rate' },
    { name: 'attenuationLimit', defaultValue: 0, minValue: 0, automationRate: 'k-rate' },
  ];

  constructor({ processorOptions }) {
    super();
    // Closed. Browsers keep the processor as long as its context; what is 10 MB large need not stay with it.
    this.port.onmessage = () => { this.limpid = undefined; };
    try {
      this.limpid = new Limpid(processorOptions.module, { ...processorOptions, sampleRate });
      this.port.postMessage({ latency: this.limpid.latency });
    } catch (error) {
      this.port.postMessage({ error: error.message });
    }
    this.voicePeriod = processorOptions.voicePeriod * sampleRate; // samples; 0: nobody asked
    this.untilVoice = this.voicePeriod;
  }

  process([input], [output], parameters) {
    if (!this.limpid) return false;
    this.limpid.bypass = parameters.bypass[0] >= 0.5;
    this.limpid.attenuationLimit = parameters.attenuationLimit[0];
    this.limpid.process(input, output); // without a connection there is no input channel: silence
    if (this.voicePeriod > 0 && (this.untilVoice -= output[0].length) <= 0) {
      this.untilVoice += this.voicePeriod;
      this.port.postMessage({ voice: this.limpid.voiceActivity() });
    }
    return true; // what was said last is still to come when the input has ended
  }
}

registerProcessor('limpid', LimpidProcessor);
