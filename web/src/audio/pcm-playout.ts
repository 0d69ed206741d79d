/** How much of a reply is waited for before it sounds, so that a late frame leaves no hole: 40 ms at 16 kHz. */
const BUFFER_SAMPLES = 640;

interface Chunk {
  reply: number;
  /** The place of the first sample in the reply. */
  at: number;
  samples: Float32Array;
}

/** A stretch of a reply that went out without a hole. */
interface Stretch {
  /** The place of its first sample in all that went out. */
  out: number;
  reply: number;
  at: number;
  length: number;
}

/** How far a reply was played: the first sample that was not heard. */
export interface Played {
  reply: number;
  sample: number;
}

/** The persona's sound on its way to the loudspeaker: what is buffered, what plays, what was heard. Has no clock. */
export class Playout {
  #queue: Chunk[] = [];
  #isFlowing = false;
  /** Samples of silence since there was something to play. */
  #waited = 0;
  #paused: number | null = null;
  #cleared = 0;
  #out = 0;
  #stretches: Stretch[] = [];

  /** All samples that went out so far, silence among them. */
  get out(): number {
    return this.#out;
  }

  /** Takes sound. That of a reply that was cleared comes too late. */
  push(reply: number, at: number, samples: Float32Array): void {
    if (this.#cleared < reply && 0 < samples.length) this.#queue.push({ reply, at, samples });
  }

  /** Stops at once, and keeps what is buffered. */
  pause(reply: number): void {
    if (this.#isOver(reply)) return;
    this.#paused = reply;
    this.#isFlowing = false;
  }

  /** Goes on. What is buffered from `from` on is dropped: it comes again. */
  resume(reply: number, from: number): void {
    if (this.#isOver(reply)) return;
    this.#paused = null;
    this.#queue = this.#queue.flatMap((chunk) => {
      if (chunk.reply !== reply || chunk.at + chunk.samples.length <= from) return [chunk];
      return chunk.at < from ? [{ ...chunk, samples: chunk.samples.subarray(0, from - chunk.at) }] : [];
    });
  }

  /** Stops, and drops all of the reply. */
  clear(reply: number): void {
    this.#cleared = Math.max(this.#cleared, reply);
    this.#queue = this.#queue.filter((chunk) => reply < chunk.reply);
    if (this.#paused !== null && this.#paused <= reply) this.#paused = null;
    this.#isFlowing = false;
    this.#waited = 0;
  }

  /** The next samples for the loudspeaker; silence where there is nothing to play. */
  pull(count: number): Float32Array {
    const pulled = new Float32Array(count);
    if (this.#mayFlow(count)) this.#fill(pulled);
    this.#out += count;
    return pulled;
  }

  /** How far the newest reply was heard, where all is heard up to `out` of what went out. Null before the first. */
  heard(out: number): Played | null {
    const last = this.#stretches.findLastIndex((stretch) => stretch.out <= out);
    const stretch = this.#stretches[last];
    if (stretch === undefined) return null;
    // Those before it will not be asked for again.
    this.#stretches.splice(0, last);
    return { reply: stretch.reply, sample: stretch.at + Math.min(stretch.length, out - stretch.out) };
  }

  #mayFlow(count: number): boolean {
    const [head] = this.#queue;
    if (head === undefined || this.#paused !== null) {
      this.#isFlowing = false;
      this.#waited = 0;
      return false;
    }
    if (this.#isFlowing) return true;
    const buffered = this.#queue.reduce((sum, { samples }) => sum + samples.length, 0);
    // The end of a reply may be shorter than the buffer.
    this.#isFlowing = BUFFER_SAMPLES <= buffered || BUFFER_SAMPLES <= this.#waited;
    this.#waited = this.#isFlowing ? 0 : this.#waited + count;
    return this.#isFlowing;
  }

  #fill(pulled: Float32Array): void {
    let filled = 0;
    while (filled < pulled.length) {
      const [chunk] = this.#queue;
      if (chunk === undefined) return;
      const part = chunk.samples.subarray(0, pulled.length - filled);
      pulled.set(part, filled);
      this.#note(chunk, part.length, this.#out + filled);
      filled += part.length;
      if (part.length === chunk.samples.length) this.#queue.shift();
      else this.#queue[0] = { ...chunk, at: chunk.at + part.length, samples: chunk.samples.subarray(part.length) };
    }
  }

  #note({ reply, at }: Chunk, length: number, out: number): void {
    const last = this.#stretches.at(-1);
    const isNext = last?.reply === reply && last.at + last.length === at && last.out + last.length === out;
    if (isNext) last.length += length;
    else this.#stretches.push({ out, reply, at, length });
  }

  /** Whether a later reply has begun, or this one was dropped. */
  #isOver(reply: number): boolean {
    return reply <= this.#cleared || reply < (this.#stretches.at(-1)?.reply ?? 0);
  }
}
