import { openAudio, watchLevel } from "../../audio/level";
import { setSpeaker } from "../../audio/devices";
import type { Scope } from "../../scope";
import { LISTEN_RATE, type Piece } from "./pieces";
import { nextSlot } from "./schedule";

/** How far the two sides stand apart, where that is wanted: −1 is one ear alone. */
const APART = 0.8;

/** One side of a call: how loud it is now, told before each picture. */
export type Leg = "rep" | "persona";

/** Plays a call as it comes, both sides through one clock. */
export class ListenPlayer {
  readonly #scope: Scope;
  readonly #context: AudioContext;
  readonly #panners: Record<Leg, StereoPannerNode>;
  readonly #waiting = new Set<AudioBufferSourceNode>();
  #baseS: number | null = null;

  /** Plays through the speaker of that id, else the system's. Sound is allowed where this is made by a press. */
  constructor(scope: Scope, speaker?: string) {
    this.#scope = scope;
    // At the rate of what comes: the pieces join as they were cut.
    this.#context = openAudio(scope, { sampleRate: LISTEN_RATE });
    if (speaker !== undefined) void setSpeaker(this.#context, speaker);
    const panner = () => {
      const node = scope.node(new StereoPannerNode(this.#context));
      node.connect(this.#context.destination);
      return node;
    };
    this.#panners = { rep: panner(), persona: panner() };
  }

  /** Puts both in the middle, or the rep at one ear and the persona at the other. */
  setApart(isApart: boolean): void {
    this.#panners.rep.pan.value = isApart ? -APART : 0;
    this.#panners.persona.pan.value = isApart ? APART : 0;
  }

  /** Plays a piece in its place. */
  play({ at, rep, persona }: Piece): void {
    const { baseS, startS, isFresh } = nextSlot(this.#baseS, at, this.#context.currentTime);
    if (isFresh) this.drop();
    this.#baseS = baseS;
    this.#start(rep, this.#panners.rep, startS);
    this.#start(persona, this.#panners.persona, startS);
  }

  /** Forgets what waits to be played. */
  drop(): void {
    for (const source of this.#waiting) source.stop();
    this.#waiting.clear();
    this.#baseS = null;
  }

  /** Tells how loud a side is, smoothed for eyes, in dBFS. */
  watch(scope: Scope, leg: Leg, listener: (dbfs: number) => void): void {
    watchLevel(scope, this.#panners[leg], listener);
  }

  #start(samples: Float32Array<ArrayBuffer>, to: AudioNode, startS: number): void {
    if (this.#scope.isOver) return;
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: LISTEN_RATE });
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(to);
    source.onended = () => {
      source.disconnect();
      this.#waiting.delete(source);
    };
    source.start(startS);
    this.#waiting.add(source);
  }
}
