// Runs where the browser makes sound, in a thread of its own: the microphone in, the persona out.
import { FRAME_SAMPLES, SOCKET_RATE } from "../protocol/frames";
import { Playout, type Played } from "./pcm-playout";
import { Resampler } from "./pcm-resample";
import { CAPTURE, PLAYBACK, type Captured, type PlaybackCommand, type PlaybackReport } from "./pcm-messages";

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Played sound is reported that often. */
const REPORT_EVERY_SAMPLES = SOCKET_RATE / 10;

/** What is pulled at once: 2 ms, so that a pause takes hold soon. */
const PULL_SAMPLES = 32;

/** The microphone as frames of 20 ms, also where nobody speaks or nothing is connected. */
class Capture extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate, SOCKET_RATE);
  #frame = new Float32Array(FRAME_SAMPLES);
  #filled = 0;
  #index = 0;

  process([input]: Float32Array[][], [output]: Float32Array[][]): boolean {
    const length = output?.[0]?.length ?? 128;
    this.#take(this.#resampler.push(input?.[0] ?? new Float32Array(length)));
    return true;
  }

  #take(samples: Float32Array): void {
    for (const sample of samples) {
      this.#frame[this.#filled] = sample;
      this.#filled += 1;
      if (this.#filled === FRAME_SAMPLES) this.#send();
    }
  }

  #send(): void {
    const captured: Captured = { index: this.#index, samples: this.#frame };
    this.port.postMessage(captured, [this.#frame.buffer]);
    this.#frame = new Float32Array(FRAME_SAMPLES);
    this.#filled = 0;
    this.#index += FRAME_SAMPLES;
  }
}

/** The persona's sound, and how far it was heard. */
class Playback extends AudioWorkletProcessor {
  #playout = new Playout();
  #resampler = new Resampler(SOCKET_RATE, sampleRate);
  #ready = new Float32Array(0);
  #latency = 0;
  #reported: Played | null = null;
  #sinceReport = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlaybackCommand>) => this.#obey(data);
  }

  process(_inputs: Float32Array[][], [output]: Float32Array[][]): boolean {
    const length = output?.[0]?.length ?? 0;
    while (this.#ready.length < length) this.#pull();
    for (const channel of output ?? []) channel.set(this.#ready.subarray(0, length));
    this.#ready = this.#ready.slice(length);
    this.#sinceReport += (length * SOCKET_RATE) / sampleRate;
    if (REPORT_EVERY_SAMPLES <= this.#sinceReport) this.#report(false);
    return true;
  }

  #pull(): void {
    const more = this.#resampler.push(this.#playout.pull(PULL_SAMPLES));
    const ready = new Float32Array(this.#ready.length + more.length);
    ready.set(this.#ready);
    ready.set(more, this.#ready.length);
    this.#ready = ready;
  }

  #obey(command: PlaybackCommand): void {
    switch (command.type) {
      case "sound":
        { this.#playout.push(command.reply, command.at, command.samples); return; }
      case "latency":
        this.#latency = Math.round(command.seconds * SOCKET_RATE);
        return;
      case "pause":
        this.#playout.pause(command.reply);
        { this.#report(true); return; }
      case "resume":
        this.#playout.resume(command.reply, command.from_sample);
        { this.#report(true); return; }
      case "clear":
        this.#playout.clear(command.reply);
        { this.#report(true); return; }
    }
  }

  #report(isAsked: boolean): void {
    this.#sinceReport = 0;
    const waiting = Math.round((this.#ready.length * SOCKET_RATE) / sampleRate);
    const played = this.#playout.heard(this.#playout.out - waiting - this.#latency);
    if (played === null) return;
    const isNews = played.reply !== this.#reported?.reply || played.sample !== this.#reported.sample;
    if (!isNews && !isAsked) return;
    this.#reported = played;
    const report: PlaybackReport = played;
    this.port.postMessage(report);
  }
}

registerProcessor(CAPTURE, Capture);
registerProcessor(PLAYBACK, Playback);
