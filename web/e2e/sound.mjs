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

/** Samples between two columns of a picture of sound: 10 ms. */
const COLUMN = 160;

/** Samples that a column is of: 32 ms. */
const WINDOW = 512;

/** The pitches of a picture in Hz, a row each: where speech has its energy, closer where the ear is finer. */
const PITCHES = [150, 250, 350, 450, 570, 700, 840, 1000, 1170, 1370, 1600, 1850, 2150, 2500, 2900, 3400];

/** What is quieter is left black, in dB below full scale. */
const BLACK_DB = -70;

/** Columns of so many milliseconds. */
export const columns = (ms) => Math.round(samples(ms) / COLUMN);

/**
 * A picture of a sound: columns of levels in dB above black, a level each pitch. Of what has been through a browser it
 * shows the same speech, where the wave itself is stretched and shortened to even out clocks and buffers.
 */
export function picture(sound) {
  const shape = Float32Array.from({ length: WINDOW }, (_, n) => (1 - Math.cos((2 * Math.PI * n) / WINDOW)) / WINDOW);
  const steps = PITCHES.map((pitch) => 2 * Math.cos((2 * Math.PI * pitch) / RATE));
  const taken = [];
  for (let at = 0; at + WINDOW <= sound.length; at += COLUMN) {
    // Goertzel's filter: the energy at one pitch.
    taken.push(steps.map((step) => {
      let [last, before] = [0, 0];
      for (let n = 0; n < WINDOW; n += 1) {
        [last, before] = [shape[n] * sound[at + n] + step * last - before, last];
      }
      const energy = last * last + before * before - step * last * before;
      return Math.max(0, 10 * Math.log10(Math.max(energy, 1e-12)) - BLACK_DB);
    }));
  }
  return taken;
}

/** How alike two pictures of one length are: 1 is the same, whatever their loudness and colour; other speech is near 0. */
function likeness(ours, theirs) {
  let [product, own, other] = [0, 0, 0];
  for (let row = 0; row < PITCHES.length; row += 1) {
    const mean = (part) => part.reduce((sum, column) => sum + column[row], 0) / part.length;
    const [ourMean, theirMean] = [mean(ours), mean(theirs)];
    for (let at = 0; at < ours.length; at += 1) {
      const [a, b] = [ours[at][row] - ourMean, theirs[at][row] - theirMean];
      product += a * b;
      own += a * a;
      other += b * b;
    }
  }
  return product / Math.sqrt(Math.max(1e-9, own * other));
}

/** Where in a picture a part is most alike, of the columns from `from` to `to`. */
export function find(within, part, from, to) {
  let best = { at: -1, alike: -1 };
  for (let at = Math.max(0, from); at <= Math.min(to, within.length - part.length); at += 1) {
    const alike = likeness(part, within.slice(at, at + part.length));
    if (best.alike < alike) best = { at, alike };
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
