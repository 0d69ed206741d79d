/** Zero crossings of the kernel on each side, at the lower rate: 60 dB down within a tenth of the band. */
const CROSSINGS = 16;

/** The share of the lower rate's band that passes. */
const BAND = 0.92;

/** Sound at another rate, in pieces of any length. Delays by `CROSSINGS` samples of the lower rate. */
export class Resampler {
  /** The kernel for each place between two samples that an output sample can have. */
  readonly #kernels: Float32Array[];
  readonly #phases: number;
  readonly #step: number;
  readonly #half: number;
  #input: Float32Array;
  /** The next output sample, in `phases` parts of an input sample from the start of `#input`. */
  #at = 0;

  constructor(fromHz: number, toHz: number) {
    const shared = greatestDivisor(fromHz, toHz);
    this.#phases = toHz / shared;
    this.#step = fromHz / shared;
    const narrow = Math.min(1, toHz / fromHz);
    this.#half = Math.ceil(CROSSINGS / narrow);
    this.#kernels = Array.from({ length: this.#phases }, (_, phase) => kernel(phase / this.#phases, this.#half, narrow * BAND));
    // What was before the first sample is silence.
    this.#input = new Float32Array(this.#half - 1);
  }

  /** What a piece gives, together with what was left of the ones before. */
  push(piece: Float32Array): Float32Array {
    const input = new Float32Array(this.#input.length + piece.length);
    input.set(this.#input);
    input.set(piece, this.#input.length);
    const taps = 2 * this.#half;
    const end = (input.length - taps + 1) * this.#phases;
    const count = this.#at < end ? Math.ceil((end - this.#at) / this.#step) : 0;
    const output = new Float32Array(count);
    for (let index = 0; index < count; index += 1) {
      const first = Math.floor(this.#at / this.#phases);
      const weights = this.#kernels[this.#at % this.#phases];
      let sum = 0;
      for (let tap = 0; tap < taps; tap += 1) sum += (input[first + tap] ?? 0) * (weights?.[tap] ?? 0);
      output[index] = sum;
      this.#at += this.#step;
    }
    const used = Math.min(input.length, Math.floor(this.#at / this.#phases));
    this.#input = input.slice(used);
    this.#at -= used * this.#phases;
    return output;
  }
}

/** Weights of the samples around a place `offset` past the middle, which add up to 1. */
function kernel(offset: number, half: number, band: number): Float32Array {
  const weights = Float32Array.from({ length: 2 * half }, (_, tap) => {
    const distance = tap - (half - 1) - offset;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / half);
    return Math.abs(distance) < half ? sinc(distance * band) * window : 0;
  });
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / sum);
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const greatestDivisor = (one: number, other: number): number => (other === 0 ? one : greatestDivisor(other, one % other));
