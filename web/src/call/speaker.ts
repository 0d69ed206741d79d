import { canChooseSpeaker, setSpeaker } from "../audio/devices";
import { dbfsOf, meterShare, SILENT_DBFS, smoothDbfs } from "../audio/level";
import type { Scope } from "../scope";

const WINDOW = 1024;

/** How long a browser may take to start its sound before it counts as refused. */
const START_WITHIN_MS = 700;

/** Where the persona is heard, whatever carries the call. */
export class Speaker {
  readonly context: AudioContext;
  readonly #scope: Scope;
  readonly #element: HTMLAudioElement;
  readonly #analyser: AnalyserNode;
  readonly #window = new Float32Array(WINDOW);
  readonly #onBlocked: (isBlocked: boolean) => void;
  #levelDbfs = SILENT_DBFS;
  #lookedMs = 0;

  /** `onBlocked` is told whether the browser waits for a tap. */
  constructor(scope: Scope, onBlocked: (isBlocked: boolean) => void) {
    this.#scope = scope;
    this.#onBlocked = onBlocked;
    this.context = new AudioContext({ latencyHint: "interactive" });
    scope.onEnd(() => void this.context.close());
    this.#analyser = scope.node(new AnalyserNode(this.context, { fftSize: WINDOW }));
    this.#element = new Audio();
    this.#element.autoplay = true;
    scope.onEnd(() => {
      this.#element.srcObject = null;
    });
    scope.on(this.context, "statechange", () => this.#look());
    scope.after(START_WITHIN_MS, () => this.#look());
  }

  /** Plays what a connection brings, for as long as the scope lasts. */
  playStream(scope: Scope, stream: MediaStream): void {
    this.#element.srcObject = stream;
    scope.onEnd(() => {
      if (this.#element.srcObject === stream) this.#element.srcObject = null;
    });
    // The element sounds, the context only looks: a remote stream sounds in no context of Chromium without an element.
    const source = scope.node(new MediaStreamAudioSourceNode(this.context, { mediaStream: stream }));
    source.connect(this.#analyser);
    void this.unblock();
  }

  /** Plays what a node makes, for as long as the scope lasts. */
  playNode(scope: Scope, node: AudioNode): void {
    node.connect(this.#analyser);
    node.connect(this.context.destination);
    scope.onEnd(() => node.disconnect());
    void this.unblock();
  }

  /** Tries to sound; with a tap behind it, that succeeds. */
  async unblock(): Promise<void> {
    void this.context.resume().catch(() => undefined);
    if (this.#element.srcObject === null) return;
    try {
      await this.#element.play();
      this.#look();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.#onBlocked(true);
    }
  }

  /** Sounds through another device, where the browser can. */
  async choose(deviceId: string): Promise<void> {
    if (!canChooseSpeaker()) return;
    await Promise.all([setSpeaker(this.#element, deviceId), setSpeaker(this.context, deviceId)]);
  }

  /** How loud the persona is now, as eyes follow: 0 to 1. */
  level(nowMs: number): number {
    this.#analyser.getFloatTimeDomainData(this.#window);
    this.#levelDbfs = smoothDbfs(this.#levelDbfs, dbfsOf(this.#window), nowMs - this.#lookedMs);
    this.#lookedMs = nowMs;
    return meterShare(this.#levelDbfs);
  }

  /** How long sound takes from the context to the ear, in seconds. */
  latencySeconds(): number {
    // Safari has no word for the device's share.
    const { outputLatency } = this.context as { outputLatency?: number };
    return this.context.baseLatency + (outputLatency ?? 0);
  }

  #look(): void {
    if (!this.#scope.isOver) this.#onBlocked(this.context.state === "suspended" || (this.#element.srcObject !== null && this.#element.paused));
  }
}
