// In the sound thread: gathers 50 ms and hands them over as 16-bit samples with their level. Nothing here may wait.

class Gather extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(Math.round(sampleRate / 20));
    this.filled = 0;
  }

  process([input]) {
    const channels = input.length;
    if (!channels) return true;
    for (let i = 0; i < input[0].length; i++) {
      let sample = 0;
      for (let c = 0; c < channels; c++) sample += input[c][i];
      this.block[this.filled++] = sample / channels;
      if (this.filled === this.block.length) this.flush();
    }
    return true;
  }

  flush() {
    const pcm = new Int16Array(this.block.length);
    let power = 0;
    let peak = 0;
    for (let i = 0; i < pcm.length; i++) {
      const sample = Math.max(-1, Math.min(1, this.block[i]));
      power += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
      pcm[i] = Math.round(sample * 32767);
    }
    this.filled = 0;
    this.port.postMessage({ pcm, level: 10 * Math.log10(power / pcm.length + 1e-12), peak }, [pcm.buffer]);
  }
}

registerProcessor("gather", Gather);
