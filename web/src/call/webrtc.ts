import { Unreachable } from "../api/client";
import { writeMessage, type ClientMessage, type EchoCancellation } from "../protocol/messages";
import { candidatesOf, FRAGMENT_TYPE, fragmentOf, withIceOf, withoutUdp } from "../protocol/sdp";
import { Scope, ScopeEnded } from "../scope";
import { CONNECT_WITHIN_MS, PATH_EVERY_MS, understood, type Carrier, type CarrierSettings } from "./carrier";
import type { Cause } from "./ladder";
import { pathOf } from "./path";
import { askMedia, causeOf, webrtcPath } from "./whip";

/** Candidates that are found later are sent after the offer. */
const GATHER_MS = 600;

const REPORT_EVERY_MS = 100;

/** How long another way is looked for before the connection counts as broken. */
const RESTART_WITHIN_MS = 10_000;

const TRY_AGAIN_MS = 500;

/** A call over WebRTC: offer and answer by WHIP, all else on a data channel. */
export class WebRtcCarrier implements Carrier {
  readonly #scope: Scope;
  readonly #settings: CarrierSettings;
  readonly #pc: RTCPeerConnection;
  readonly #events: RTCDataChannel;
  readonly #transceiver: RTCRtpTransceiver;
  readonly #signal: AbortSignal;
  #session: string | null = null;
  #tag = "*";
  /** Candidates that the server does not know yet. */
  #late: string[] = [];
  #isGathered = false;
  /** Patches go one after the other: the second may build on what the first made of the session. */
  #patches: Promise<unknown> = Promise.resolve();
  #isUp = false;
  #isRestarting = false;
  #reported: number | null = null;
  #echoCancellation: EchoCancellation;

  /** Begins to connect. Throws where the browser has no WebRTC. */
  constructor(scope: Scope, settings: CarrierSettings) {
    this.#scope = scope;
    this.#settings = settings;
    this.#echoCancellation = settings.echoCancellation;
    this.#signal = scope.signal();
    const pc = new RTCPeerConnection({ iceServers: settings.call.iceServers });
    scope.onEnd(() => pc.close());
    this.#pc = pc;
    const streams = [new MediaStream([settings.track])];
    this.#transceiver = pc.addTransceiver(settings.track, { direction: "sendrecv", streams });
    this.#events = pc.createDataChannel("events");
    this.#listen();
    this.#open().catch((error: unknown) => this.#fail(error));
  }

  send(message: ClientMessage): boolean {
    if (this.#events.readyState !== "open") return false;
    this.#events.send(writeMessage(message));
    return true;
  }

  async setTrack(track: MediaStreamTrack, echoCancellation: EchoCancellation): Promise<void> {
    this.#echoCancellation = echoCancellation;
    this.#tellMicrophone();
    await this.#transceiver.sender.replaceTrack(track);
  }

  #listen(): void {
    const scope = this.#scope;
    scope.on(this.#events, "open", () => this.#up());
    scope.on(this.#events, "close", () => this.#lose("broken"));
    scope.on(this.#events, "message", (event) => this.#hear(event));
    scope.on(this.#pc, "track", () => this.#settings.speaker.playStream(scope, new MediaStream([this.#transceiver.receiver.track])));
    scope.on(this.#pc, "icecandidate", (event) => this.#found((event as RTCPeerConnectionIceEvent).candidate));
    scope.on(this.#pc, "iceconnectionstatechange", () => this.#iceChanged());
    scope.on(this.#pc, "connectionstatechange", () => {
      if (this.#pc.connectionState === "failed" && !this.#isUp) this.#lose("no_ice");
    });
    scope.every(REPORT_EVERY_MS, () => this.#report(false));
    scope.every(PATH_EVERY_MS, () => void this.#measure());
  }

  async #open(): Promise<void> {
    const { call } = this.#settings;
    await this.#pc.setLocalDescription();
    await this.#gather();
    this.#late = [];
    const offer = { type: "application/sdp", body: this.#usable(this.#sdp()) };
    const answer = await askMedia(call, "POST", webrtcPath(call), offer, this.#signal);
    this.#session = new URL(answer.headers.get("Location") ?? "", location.href).pathname;
    this.#tag = answer.headers.get("ETag") ?? "*";
    await this.#pc.setRemoteDescription({ type: "answer", sdp: this.#usable(await answer.text()) });
    this.#scope.after(CONNECT_WITHIN_MS[this.#settings.rung], () => {
      if (!this.#isUp) this.#lose("no_ice");
    });
    await this.#trickle();
  }

  /** Waits until all candidates are known, but not for long. */
  async #gather(): Promise<void> {
    const complete = new Promise<void>((done) => {
      const look = () => {
        if (this.#pc.iceGatheringState === "complete") done();
      };
      this.#scope.on(this.#pc, "icegatheringstatechange", look);
      look();
    });
    await Promise.race([complete, this.#scope.wait(GATHER_MS)]);
  }

  #found(candidate: RTCIceCandidate | null): void {
    if (candidate === null) this.#isGathered = true;
    else if (candidate.candidate !== "") this.#late.push(candidate.candidate);
    // A candidate that does not arrive is one way less; the others may do.
    if (this.#session !== null) this.#trickle().catch(() => undefined);
  }

  /** Hands over what was found since the last time, together. */
  async #trickle(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#late.length === 0 || this.#isRestarting) return;
      await this.#patch(fragmentOf(this.#sdp(), this.#late.splice(0), this.#isGathered), this.#tag);
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#patches.then(() => (this.#scope.isOver ? undefined : work()));
    this.#patches = done.catch(() => undefined);
    return done;
  }

  #patch(fragment: string, tag: string): Promise<Response> {
    const request = { type: FRAGMENT_TYPE, body: this.#usable(fragment), headers: { "If-Match": tag } };
    return askMedia(this.#settings.call, "PATCH", this.#session ?? "", request, this.#signal);
  }

  #iceChanged(): void {
    const state = this.#pc.iceConnectionState;
    const isCutOff = state === "disconnected" || state === "failed";
    if (isCutOff && this.#isUp && !this.#isRestarting) {
      this.#settings.listener.down();
      this.#restart().catch((error: unknown) => this.#fail(error));
    } else if (isCutOff && state === "failed" && !this.#isUp) {
      this.#lose("no_ice");
    } else if ((state === "connected" || state === "completed") && this.#isUp && !this.#isRestarting) {
      this.#settings.listener.up();
    }
  }

  /** Finds a new way to the server; the session stays. */
  async #restart(): Promise<void> {
    this.#isRestarting = true;
    const callOff = this.#scope.after(RESTART_WITHIN_MS, () => this.#lose("broken"));
    await this.#inTurn(async () => {
      this.#pc.restartIce();
      this.#isGathered = false;
      await this.#pc.setLocalDescription();
      await this.#gather();
      this.#late = [];
      const fragment = fragmentOf(this.#sdp(), candidatesOf(this.#sdp()), this.#isGathered);
      const answer = await this.#untilReached(() => this.#patch(fragment, "*"));
      this.#tag = answer.headers.get("ETag") ?? "*";
      const former = this.#pc.remoteDescription?.sdp ?? "";
      await this.#pc.setRemoteDescription({ type: "answer", sdp: this.#usable(withIceOf(former, await answer.text())) });
    });
    this.#isRestarting = false;
    await this.#isConnected();
    callOff();
    this.#settings.listener.up();
  }

  /** Tries until the network lets an answer through; the server's refusals count. */
  async #untilReached(attempt: () => Promise<Response>): Promise<Response> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        await this.#scope.wait(TRY_AGAIN_MS);
      }
    }
  }

  #isConnected(): Promise<void> {
    return new Promise((done) => {
      const look = () => {
        if (["connected", "completed"].includes(this.#pc.iceConnectionState)) done();
      };
      this.#scope.on(this.#pc, "iceconnectionstatechange", look);
      look();
    });
  }

  #hear({ data }: Event & { data?: unknown }): void {
    const message = understood(data);
    if (message === null) return;
    if (message.type === "pause") this.#report(true);
    this.#settings.listener.message(message);
  }

  #up(): void {
    this.#isUp = true;
    this.#tellMicrophone();
    this.#settings.listener.up();
    void this.#measure();
  }

  #tellMicrophone(): void {
    this.send({ type: "microphone", echo_cancellation: this.#echoCancellation });
  }

  /** Tells the server what was played, when there is news or it has to be known now. */
  #report(isUrgent: boolean): void {
    const [source] = this.#transceiver.receiver.getSynchronizationSources();
    if (source === undefined || (source.rtpTimestamp === this.#reported && !isUrgent)) return;
    this.#reported = source.rtpTimestamp;
    this.send({ type: "played", rtp_timestamp: source.rtpTimestamp });
  }

  async #measure(): Promise<void> {
    if (!this.#isUp) return;
    const path = pathOf(await this.#pc.getStats());
    if (path !== null && !this.#scope.isOver) this.#settings.listener.path(path);
  }

  #fail(error: unknown): void {
    if (this.#scope.isOver || error instanceof ScopeEnded) return;
    // A session that is gone says nothing of the call: a new offer does.
    this.#lose(this.#isUp ? "broken" : causeOf(error));
  }

  #lose(cause: Cause): void {
    if (this.#scope.isOver) return;
    this.#scope.end();
    this.#settings.listener.lost(cause);
  }

  #sdp(): string {
    return this.#pc.localDescription?.sdp ?? "";
  }

  /** What the browser and the server may try of each other on this rung. */
  #usable(sdp: string): string {
    return this.#settings.rung === "tcp" ? withoutUdp(sdp) : sdp;
  }
}
