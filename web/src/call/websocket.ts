import { CAPTURE, PLAYBACK, type Captured, type PlaybackCommand, type PlaybackReport } from "../audio/pcm-messages";
import workletUrl from "../audio/pcm-worklet?worker&url";
import { readFrame, SOCKET_RATE, writeFrame } from "../protocol/frames";
import { writeMessage, type ClientMessage, type EchoCancellation, type ServerMessage } from "../protocol/messages";
import { Scope, ScopeEnded } from "../scope";
import { CONNECT_WITHIN_MS, PATH_EVERY_MS, understood, type Carrier, type CarrierSettings } from "./carrier";
import type { Cause } from "./ladder";
import { askMedia, causeOf, webrtcPath } from "./whip";

/** Sound that waits longer than 1 s is dropped: the server fills the hole, and late sound is worse. */
const MAX_WAITING_BYTES = 32_000;

/** A call over a WebSocket: PCM both ways, made and played by a worklet. */
export class WebSocketCarrier implements Carrier {
  readonly #scope: Scope;
  readonly #settings: CarrierSettings;
  #socket: WebSocket | null = null;
  #capture: AudioWorkletNode | null = null;
  #playback: AudioWorkletNode | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #isReady = false;
  #echoCancellation: EchoCancellation;

  /** Begins to connect. */
  constructor(scope: Scope, settings: CarrierSettings) {
    this.#scope = scope;
    this.#settings = settings;
    this.#echoCancellation = settings.echoCancellation;
    scope.after(CONNECT_WITHIN_MS.websocket, () => {
      if (!this.#isReady) void this.#explain();
    });
    this.#open().catch((error: unknown) => {
      if (!(error instanceof ScopeEnded)) this.#lose("no_webrtc");
    });
  }

  send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(writeMessage(message));
    return true;
  }

  setTrack(track: MediaStreamTrack, echoCancellation: EchoCancellation): Promise<void> {
    this.#echoCancellation = echoCancellation;
    // Before that it is said in the first message.
    if (this.#isReady) this.send({ type: "microphone", echo_cancellation: echoCancellation });
    this.#hearTrack(track);
    return Promise.resolve();
  }

  #hearTrack(track: MediaStreamTrack): void {
    const { context } = this.#settings.speaker;
    this.#source?.disconnect();
    this.#source = this.#scope.node(new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }));
    if (this.#capture !== null) this.#source.connect(this.#capture);
  }

  async #open(): Promise<void> {
    const { speaker, track } = this.#settings;
    const { context } = speaker;
    await context.audioWorklet.addModule(workletUrl);
    if (this.#scope.isOver) throw new ScopeEnded();
    const mono: AudioWorkletNodeOptions = { channelCount: 1, channelCountMode: "explicit", outputChannelCount: [1] };
    const capture = this.#scope.node(new AudioWorkletNode(context, CAPTURE, { ...mono, numberOfInputs: 1 }));
    const playback = this.#scope.node(new AudioWorkletNode(context, PLAYBACK, { ...mono, numberOfInputs: 0 }));
    this.#capture = capture;
    this.#playback = playback;
    // Its output is silence; without a way to the end, browsers leave a node asleep.
    capture.connect(context.destination);
    capture.port.onmessage = ({ data }: MessageEvent<Captured>) => this.#speak(data);
    playback.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => void this.send({ type: "played", ...data });
    this.#scope.onEnd(() => {
      capture.port.onmessage = null;
      playback.port.onmessage = null;
    });
    this.#hearTrack(track);
    speaker.playNode(this.#scope, playback);
    this.#scope.every(PATH_EVERY_MS, () => this.#tellLatency());
    this.#connect();
  }

  #connect(): void {
    const { id, token } = this.#settings.call;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/calls/${id}/audio?token=${encodeURIComponent(token)}`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#scope.onEnd(() => socket.close());
    this.#scope.on(socket, "open", () => void this.send({ type: "start", encoding: "pcm_s16le", sample_rate: SOCKET_RATE, echo_cancellation: this.#echoCancellation }));
    this.#scope.on(socket, "message", (event) => this.#hear((event as MessageEvent<unknown>).data));
    this.#scope.on(socket, "close", (event) => this.#closed((event as CloseEvent).reason));
  }

  #speak({ index, samples }: Captured): void {
    const socket = this.#socket;
    if (!this.#isReady || socket?.readyState !== WebSocket.OPEN || MAX_WAITING_BYTES < socket.bufferedAmount) return;
    socket.send(writeFrame(index, samples));
  }

  #hear(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      const { reply, at, samples } = readFrame(data);
      this.#play({ type: "sound", reply, at, samples });
      return;
    }
    const message = understood(data);
    if (message !== null) this.#obey(message);
  }

  #obey(message: ServerMessage): void {
    switch (message.type) {
      case "ready":
        this.#isReady = true;
        this.#tellLatency();
        this.#settings.listener.up();
        this.#settings.listener.path({ protocol: "websocket", roundTripMs: null });
        return;
      case "pause":
      case "resume":
      case "clear":
        this.#play(message);
        return;
      default:
        this.#settings.listener.message(message);
    }
  }

  #play(command: PlaybackCommand): void {
    this.#playback?.port.postMessage(command);
  }

  #tellLatency(): void {
    this.#play({ type: "latency", seconds: this.#settings.speaker.latencySeconds() });
  }

  #closed(reason: string): void {
    if (reason === "unknown_call" || reason === "already_connected") this.#lose(reason);
    else if (this.#isReady) this.#lose("broken");
    else void this.#explain();
  }

  /** A browser does not say why a socket was refused; the server does when it is asked otherwise. */
  async #explain(): Promise<void> {
    const { call } = this.#settings;
    try {
      await askMedia(call, "GET", webrtcPath(call), {}, this.#scope.signal());
      this.#lose("broken");
    } catch (error) {
      this.#lose(causeOf(error));
    }
  }

  #lose(cause: Cause): void {
    if (this.#scope.isOver) return;
    this.#scope.end();
    this.#settings.listener.lost(cause);
  }
}
