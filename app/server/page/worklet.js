// In the sound thread: gathers 50 ms and hands them over as 16-bit samples, the channels of each moment side by side, with
// the level of the loudest channel. The channels are not mixed here: the server knows how (docs/channels.md). Nothing may wait.

class Gather extends AudioWorkletProcessor {
  constructor({ processorOptions: { channels } }) {
    super();
    this.channels = channels;
    this.length = Math.round(sampleRate / 20);
    this.begin();
  }

  begin() {
    this.pcm = new Int16Array(this.length * this.channels);
    this.powers = new Float64Array(this.channels);
    this.peak = 0;
    this.filled = 0;
  }

  process([input]) {
    if (!input.length) return true;
    for (let i = 0; i < input[0].length; i++) {
      for (let c = 0; c < this.channels; c++) this.take(c, (input[c] ?? input[0])[i]);
      this.filled++;
      if (this.filled === this.length) this.flush();
    }
    return true;
  }

  take(channel, value) {
    const sample = Math.max(-1, Math.min(1, value));
    this.powers[channel] += sample * sample;
    this.peak = Math.max(this.peak, Math.abs(sample));
    this.pcm[this.filled * this.channels + channel] = Math.round(sample * 32767);
  }

  flush() {
    const { pcm, peak } = this;
    const level = 10 * Math.log10(Math.max(...this.powers) / this.length + 1e-12);
    this.port.postMessage({ pcm, level, peak }, [pcm.buffer]);
    this.begin();
  }
}

registerProcessor("gather", Gather);
