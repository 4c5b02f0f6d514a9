// The microphone, through an AudioWorklet, and WAV files of what it heard.

/** Channels that are taken of a microphone that has more; the server takes as many. */
const MOST_CHANNELS = 8;

/** Why no microphone can be had, for people. */
export class NoMicrophone extends Error {}

export class Microphone {
  /** block({pcm, level, peak}) comes twenty times a second, pcm with its channels side by side; lost() when the device
   * goes away. */
  static async open({ deviceId, block, lost }) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new NoMicrophone("A browser gives its microphone only to pages over https, or from this computer.");
    }
    const self = new Microphone();
    // As it is: what makes calls pleasant changes the voice.
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: MOST_CHANNELS } };
    const audio = { ...plain, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) };
    try {
      self.stream = await navigator.mediaDevices.getUserMedia({ audio });
      self.context = new AudioContext();
      await self.context.audioWorklet.addModule("/page/worklet.js");
      if (self.context.state === "suspended") await self.context.resume();
    } catch (error) {
      self.close();
      throw new NoMicrophone(explain(error));
    }
    const [track] = self.stream.getAudioTracks();
    self.label = track.label;
    track.onended = () => lost?.();
    const channels = (self.channels = Math.min(MOST_CHANNELS, track.getSettings().channelCount ?? 2));
    self.node = new AudioWorkletNode(self.context, "gather", {
      numberOfOutputs: 0, channelCount: channels, channelCountMode: "explicit", processorOptions: { channels },
      channelInterpretation: channels <= 2 ? "speakers" : "discrete", // one channel, where two were expected, is both
    });
    self.node.port.onmessage = ({ data }) => block(data);
    self.context.createMediaStreamSource(self.stream).connect(self.node);
    return self;
  }

  get rate() { return this.context.sampleRate; }

  close() {
    if (this.node) this.node.port.onmessage = null;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.context?.close();
  }
}

function explain(error) {
  switch (error.name) {
    case "NotAllowedError": return "The browser does not let this page use the microphone. Allow it in the address bar, then press Start.";
    case "NotFoundError": case "OverconstrainedError": return "No microphone was found. Connect one, then press Start.";
    case "NotReadableError": return "Another program holds the microphone. Close it, then press Start.";
    default: return `The microphone cannot be used (${error.message || error.name}).`;
  }
}

/** Microphones by name; names are known once the page was allowed to listen. */
export async function microphones() {
  const devices = await navigator.mediaDevices?.enumerateDevices?.() ?? [];
  return devices.filter((device) => device.kind === "audioinput" && device.label && device.deviceId !== "default");
}

/** Blocks of 16-bit samples, channels side by side, as a WAV file. */
export function wav(blocks, { rate, channels }) {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  const view = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * length, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, channels, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * channels * rate, true); view.setUint16(32, 2 * channels, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * length, true);
  return new Blob([view, ...blocks], { type: "audio/wav" });
}
