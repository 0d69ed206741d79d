/**
 * What was taken and has to be given back: listeners, timers, audio nodes, tracks, connections. A scope ends once, gives
 * back in the opposite order, and what comes to a scope that is over is given back at once.
 */
export class Scope {
  #ends: (() => void)[] | null = [];

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#ends === null;
  }

  /** Does something when the scope ends. */
  onEnd(end: () => void): void {
    if (this.#ends === null) end();
    else this.#ends.push(end);
  }

  /** A scope that ends with this one, or before it. */
  child(): Scope {
    const child = new Scope();
    const end = () => {
      child.end();
    };
    this.onEnd(end);
    child.onEnd(() => this.#forget(end));
    return child;
  }

  /** Listens to an event of a target. */
  on<K extends keyof WindowEventMap>(target: Window, type: K, listener: (event: WindowEventMap[K]) => void): void;
  on<K extends keyof DocumentEventMap>(target: Document, type: K, listener: (event: DocumentEventMap[K]) => void): void;
  on<K extends keyof HTMLElementEventMap>(
    target: HTMLElement,
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
  ): void;
  on(target: EventTarget, type: string, listener: (event: Event) => void): void;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the overloads say which event comes with which type
  on(target: EventTarget, type: string, listener: (event: any) => void): void {
    if (this.isOver) return;
    target.addEventListener(type, listener);
    this.onEnd(() => {
      target.removeEventListener(type, listener);
    });
  }

  /** Does something once, after a while. Returns what calls it off. */
  after(ms: number, work: () => void): () => void {
    const end = () => {
      clearTimeout(timer);
    };
    const timer = setTimeout(() => {
      this.#forget(end);
      work();
    }, ms);
    this.onEnd(end);
    return () => {
      this.#forget(end);
      end();
    };
  }

  /** Does something again and again. */
  every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    this.onEnd(() => {
      clearInterval(timer);
    });
  }

  /** Does something before each picture that the browser draws. */
  eachFrame(work: (nowMs: number) => void): void {
    let frame = 0;
    const draw = (nowMs: number) => {
      if (this.isOver) return;
      work(nowMs);
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    this.onEnd(() => {
      cancelAnimationFrame(frame);
    });
  }

  /** Waits. Rejects with `ScopeEnded` when the scope ends before. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isOver) {
        reject(new ScopeEnded());
        return;
      }
      const ended = () => {
        clearTimeout(timer);
        reject(new ScopeEnded());
      };
      const timer = setTimeout(() => {
        this.#forget(ended);
        resolve();
      }, ms);
      this.onEnd(ended);
    });
  }

  /** Is aborted when the scope ends. */
  signal(): AbortSignal {
    const abort = new AbortController();
    this.onEnd(() => {
      abort.abort();
    });
    return abort.signal;
  }

  /** Stops a track when the scope ends. */
  track<T extends MediaStreamTrack>(track: T): T {
    this.onEnd(() => {
      track.stop();
    });
    return track;
  }

  /** Disconnects an audio node when the scope ends. */
  node<T extends AudioNode>(node: T): T {
    this.onEnd(() => {
      node.disconnect();
    });
    return node;
  }

  /** Leads the sound of a node into another until the scope ends. */
  connect(source: AudioNode, target: AudioNode): void {
    source.connect(target);
    this.onEnd(() => {
      try {
        source.disconnect(target);
      } catch (error) {
        // Whoever owns the source may have taken it off everything before.
        if (!(error instanceof DOMException) || error.name !== "InvalidAccessError") throw error;
      }
    });
  }

  /** Gives back all that was taken, also where one of it fails. A second time does nothing. */
  end(): void {
    const ends = this.#ends ?? [];
    this.#ends = null;
    const errors: unknown[] = [];
    for (const end of ends.reverse()) {
      try {
        end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length !== 0) throw errors[0];
  }

  #forget(end: () => void): void {
    const at = this.#ends?.lastIndexOf(end) ?? -1;
    if (0 <= at) this.#ends?.splice(at, 1);
  }
}

/** A scope ended while something was waited for in it. */
export class ScopeEnded extends Error {
  constructor() {
    super("what this belonged to is over");
    this.name = "ScopeEnded";
  }
}
