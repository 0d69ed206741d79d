// Levels, likeness and places of 16 kHz sound, and WAV files of it.

export const RATE = 16_000;

/** What is quieter is no sound of anybody, in dBFS. */
export const SILENCE_DBFS = -50;

/** Samples of so many milliseconds. */
export const samples = (ms) => ms * (RATE / 1000);

/** Reads a WAV file of 16 bit samples. */
export function readWav(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (name(0) !== "RIFF" || name(8) !== "WAVE") throw new Error("no WAV file");
  let format = null;
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const length = view.getUint32(at + 4, true);
    if (name(at) === "fmt ") {
      format = { channels: view.getUint16(at + 10, true), rate: view.getUint32(at + 12, true) };
      if (view.getUint16(at + 22, true) !== 16) throw new Error("not 16 bit");
    }
    if (name(at) === "data") {
      const end = Math.min(at + 8 + length, bytes.byteLength);
      const frames = Math.floor((end - at - 8) / (2 * format.channels));
      const channels = Array.from({ length: format.channels }, (_, channel) =>
        Float32Array.from({ length: frames }, (_, frame) =>
          view.getInt16(at + 8 + 2 * (frame * format.channels + channel), true) / 32_768));
      return { rate: format.rate, channels };
    }
    at += 8 + length + (length % 2);
  }
  throw new Error("a WAV file without samples");
}

/** Writes mono samples as a WAV file. */
export function writeWav(sound) {
  const bytes = Buffer.alloc(44 + 2 * sound.length);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(36 + 2 * sound.length, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(2 * RATE, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(2 * sound.length, 40);
  sound.forEach((sample, at) => {
    const rounded = Math.round(sample * 32_768);
    bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, rounded)), 44 + 2 * at);
  });
  return bytes;
}

/** How loud a sound is as a whole, in dBFS. */
export function level(sound) {
  let power = 0;
  for (const sample of sound) power += sample * sample;
  return 10 * Math.log10(Math.max(1e-12, power / Math.max(1, sound.length)));
}

/** Where a part is most like the sound, of the places from `from` to `to`; 1 is the same whatever its loudness. */
export function find(sound, part, from, to) {
  const last = Math.min(to, sound.length - part.length);
  const energyOf = (start, length) => {
    let energy = 0;
    for (let at = start; at < start + length; at += 1) energy += sound[at] ** 2;
    return energy;
  };
  let own = 0;
  for (const sample of part) own += sample * sample;
  let best = { at: -1, alike: -1 };
  let start = Math.max(0, from);
  let energy = start <= last ? energyOf(start, part.length) : 0;
  for (; start <= last; start += 1) {
    let product = 0;
    for (let at = 0; at < part.length; at += 1) product += sound[start + at] * part[at];
    const alike = product / Math.sqrt(Math.max(1e-9, own * energy));
    if (best.alike < alike) best = { at: start, alike };
    energy += (sound[start + part.length] ?? 0) ** 2 - sound[start] ** 2;
  }
  return best;
}

/** The stretches between others, each shorter by `margin` at both ends. */
export function between(others, length, margin) {
  const gaps = [];
  let from = 0;
  for (const [start, end] of others) {
    gaps.push([from, Math.min(length, start - margin)]);
    from = Math.max(from, end + margin);
  }
  gaps.push([from, length]);
  return gaps.filter(([start, end]) => start < end);
}
