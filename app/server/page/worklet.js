// In the sound thread: gathers 50 ms and hands them over as 16-bit samples with their level. Nothing here may wait.

const CANCELLED = 0.1; // of the loudest channel's power: less is left of the mean where channels are inverted copies
const IN_STEP = 0.2;

class Gather extends AudioWorkletProcessor {
  constructor() {
    super();
    this.length = Math.round(sampleRate / 20);
    this.blocks = []; // one for each channel
    this.filled = 0;
    this.alone = -1; // the channel that is heard alone, because the mean of all cancels it
  }

  process([input]) {
    if (!input.length) return true;
    if (input.length !== this.blocks.length) {
      this.blocks = input.map(() => new Float32Array(this.length));
      this.filled = 0;
      this.alone = -1;
    }
    for (let i = 0; i < input[0].length; i++) {
      for (let c = 0; c < input.length; c++) this.blocks[c][this.filled] = input[c][i];
      this.filled++;
      if (this.filled === this.length) this.flush();
    }
    return true;
  }

  mixed() {
    if (this.blocks.length === 1) return this.blocks[0];
    const mean = new Float32Array(this.length);
    for (const block of this.blocks) for (let i = 0; i < this.length; i++) mean[i] += block[i] / this.blocks.length;
    const powers = this.blocks.map(power);
    const loudest = powers.indexOf(Math.max(...powers));
    const left = power(mean) / (powers[loudest] || 1);
    if (powers[loudest] === 0 || left > (this.alone < 0 ? CANCELLED : IN_STEP)) this.alone = -1;
    else if (this.alone < 0) this.alone = loudest;
    return this.alone < 0 ? mean : this.blocks[this.alone];
  }

  flush() {
    const block = this.mixed();
    const pcm = new Int16Array(this.length);
    let peak = 0;
    for (let i = 0; i < pcm.length; i++) {
      const sample = Math.max(-1, Math.min(1, block[i]));
      peak = Math.max(peak, Math.abs(sample));
      pcm[i] = Math.round(sample * 32767);
    }
    const level = 10 * Math.log10(power(block) + 1e-12);
    this.filled = 0;
    this.port.postMessage({ pcm, level, peak }, [pcm.buffer]);
  }
}

function power(block) {
  let sum = 0;
  for (const sample of block) sum += sample * sample;
  return sum / block.length;
}

registerProcessor("gather", Gather);
