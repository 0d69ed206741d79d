import { Scope } from "../../scope";
import { spanAt, type Span } from "./spans";

/** How fast a recording can be played. */
export const RATES = [0.75, 1, 1.25, 1.5, 1.75, 2] as const;

/** Links are good for 15 minutes; older ones are renewed before they are played. */
const LINK_GOOD_FOR_MS = 13 * 60_000;

/** A link that fails this soon after it was made does not fail for its age. */
const LINK_IS_NEW_FOR_MS = 5000;

/** What a player shows, but for the moment it is at. */
export interface PlaybackState {
  isPlaying: boolean;
  /** It wants to play and has no sound yet. */
  isWaiting: boolean;
  hasFailed: boolean;
  rate: number;
  skipsSilence: boolean;
  loop: Span | null;
}

const AT_FIRST: PlaybackState = { isPlaying: false, isWaiting: false, hasFailed: false, rate: 1, skipsSilence: false, loop: null };

/** Where sound comes from. */
export interface Recording {
  durationMs: number;
  link: string;
  linkMadeAtMs: number;
  /** Makes another. */
  renew: () => Promise<string>;
  silences: readonly Span[];
}

/** Plays a recording: skips silence, repeats a part, and gets new links when the old ones have expired. */
export class Playback {
  readonly media: HTMLMediaElement;
  readonly durationMs: number;
  readonly #recording: Recording;
  readonly #now: () => number;
  readonly #stateListeners = new Set<() => void>();
  readonly #timeListeners = new Set<(ms: number) => void>();
  #state = AT_FIRST;
  #scope: Scope | null = null;
  #frames: Scope | null = null;
  #linkedAtMs = 0;
  #wantsToPlay = false;

  constructor(media: HTMLMediaElement, recording: Recording, now: () => number) {
    this.media = media;
    this.durationMs = recording.durationMs;
    this.#recording = recording;
    this.#now = now;
  }

  /** Loads the recording, and lets go of it when the scope ends. */
  attach(scope: Scope): void {
    const { media } = this;
    this.#scope = scope;
    scope.on(media, "play", () => this.#playing());
    scope.on(media, "playing", () => this.#set({ isWaiting: false }));
    scope.on(media, "waiting", () => this.#set({ isWaiting: true }));
    scope.on(media, "pause", () => this.#paused());
    scope.on(media, "ended", () => this.#ended());
    scope.on(media, "timeupdate", () => this.#tick());
    scope.on(media, "seeked", () => this.#tick());
    scope.on(media, "error", () => void this.#failed());
    media.preload = "metadata";
    const at = this.ms;
    this.#load(this.#recording.link, this.#recording.linkMadeAtMs, at);
    scope.onEnd(() => {
      this.#scope = null;
      media.pause();
      media.removeAttribute("src");
      media.load();
    });
  }

  /** The moment it is at. */
  get ms(): number {
    return Math.round(this.media.currentTime * 1000);
  }

  /** Tells of every change of the state. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  };

  readonly state = (): PlaybackState => this.#state;

  /** Tells of every moment: with each picture while it plays, and after each jump. */
  readonly onTime = (listener: (ms: number) => void): (() => void) => {
    this.#timeListeners.add(listener);
    return () => this.#timeListeners.delete(listener);
  };

  play(): void {
    this.#wantsToPlay = true;
    this.#set({ isWaiting: true });
    if (this.durationMs <= this.ms) this.seek(0);
    void (this.#isOld() || this.#state.hasFailed ? this.#renew() : this.#start());
  }

  pause(): void {
    this.#wantsToPlay = false;
    this.media.pause();
    this.#set({ isWaiting: false });
  }

  toggle(): void {
    if (this.#state.isPlaying || this.#wantsToPlay) this.pause();
    else this.play();
  }

  /** Goes to a moment. */
  seek(ms: number): void {
    const to = Math.max(0, Math.min(ms, this.durationMs));
    const { loop } = this.#state;
    if (loop !== null && (to < loop.from_ms || loop.to_ms <= to)) this.setLoop(null);
    this.media.currentTime = to / 1000;
    this.#tell();
  }

  /** Goes on or back by a while. */
  nudge(ms: number): void {
    this.seek(this.ms + ms);
  }

  setRate(rate: number): void {
    this.media.playbackRate = rate;
    this.media.defaultPlaybackRate = rate;
    this.#set({ rate });
  }

  /** Goes to the next rate that is faster, or slower. */
  changeRate(way: 1 | -1): void {
    const next = RATES[RATES.findIndex((rate) => rate === this.#state.rate) + way];
    if (next !== undefined) this.setRate(next);
  }

  setSkipsSilence(skipsSilence: boolean): void {
    this.#set({ skipsSilence });
    this.#tick();
  }

  /** Repeats a part of the recording, or no longer. */
  setLoop(loop: Span | null): void {
    this.#set({ loop });
    if (loop !== null && (this.ms < loop.from_ms || loop.to_ms <= this.ms)) this.seek(loop.from_ms);
  }

  #playing(): void {
    this.#set({ isPlaying: true, hasFailed: false });
    this.#frames?.end();
    this.#frames = this.#scope?.child() ?? null;
    this.#frames?.eachFrame(() => this.#tick());
  }

  #paused(): void {
    this.#frames?.end();
    this.#set({ isPlaying: false });
    this.#tell();
  }

  #ended(): void {
    this.#wantsToPlay = false;
    const { loop } = this.#state;
    if (loop === null) return;
    this.seek(loop.from_ms);
    this.play();
  }

  #tick(): void {
    const { loop, skipsSilence, isPlaying } = this.#state;
    const { ms } = this;
    if (loop !== null && loop.to_ms <= ms) {
      this.media.currentTime = loop.from_ms / 1000;
    } else if (loop === null && skipsSilence && isPlaying) {
      const silence = spanAt(this.#recording.silences, ms);
      if (silence !== null) this.media.currentTime = silence.to_ms / 1000;
    }
    this.#tell();
  }

  async #start(): Promise<void> {
    try {
      await this.media.play();
    } catch {
      // What kept it from playing is told by its error event; a pause in between is no error.
      this.#set({ isWaiting: false });
    }
  }

  /** A recording that does not come any more has an old link, most likely. */
  async #failed(): Promise<void> {
    if (this.#scope === null || this.media.getAttribute("src") === null) return;
    const isNew = this.#now() - this.#linkedAtMs < LINK_IS_NEW_FOR_MS;
    if (isNew) this.#giveUp();
    else await this.#renew();
  }

  async #renew(): Promise<void> {
    const at = this.ms;
    try {
      const link = await this.#recording.renew();
      if (this.#scope === null) return;
      this.#load(link, this.#now(), at);
    } catch {
      this.#giveUp();
      return;
    }
    if (this.#wantsToPlay) await this.#start();
  }

  #giveUp(): void {
    this.#wantsToPlay = false;
    this.#set({ hasFailed: true, isWaiting: false, isPlaying: false });
  }

  #load(link: string, madeAtMs: number, atMs: number): void {
    this.#linkedAtMs = madeAtMs;
    this.#set({ hasFailed: false });
    this.media.src = link;
    this.media.currentTime = atMs / 1000;
    this.media.playbackRate = this.#state.rate;
  }

  #isOld(): boolean {
    return LINK_GOOD_FOR_MS <= this.#now() - this.#linkedAtMs;
  }

  #tell(): void {
    for (const listener of this.#timeListeners) listener(this.ms);
  }

  #set(change: Partial<PlaybackState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#stateListeners) listener();
  }
}
