import { chosenDevices, chooseDevices } from "../audio/chosen-devices";
import { canChooseSpeaker, listDevices, MicrophoneError, openMicrophone, watchDevices, watchMicrophone } from "../audio/devices";
import { Refused } from "../api/client";
import type { EchoCancellation } from "../protocol/messages";
import { Scope, ScopeEnded } from "../scope";
import type { Carrier, CarrierListener, CarrierSettings } from "./carrier";
import type { CallEvent, Effect } from "./events";
import { forget, keep, kept, type Kept } from "./kept";
import { step } from "./machine";
import { callEnd, endCall, faultOfOpening, openCall } from "./server";
import { Speaker } from "./speaker";
import { NEW_CALL, type CallState, type OpenedCall } from "./state";
import { Tabs } from "./tabs";
import { WebRtcCarrier } from "./webrtc";
import { WebSocketCarrier } from "./websocket";

/** How often it is noted that this tab still has the call. */
const SEEN_EVERY_MS = 3000;

interface Options {
  scenarioId: string;
  /** Another tab gave its call, which is of another scenario. */
  onOtherScenario: (scenarioId: string) => void;
}

/** A call in this tab: does what `step` says, and tells it what happens. */
export class CallSession {
  readonly #scope: Scope;
  readonly #options: Options;
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<string, () => void>();
  readonly #tabs: Tabs;
  #state: CallState = NEW_CALL;
  readonly #events: CallEvent[] = [];
  #isStepping = false;
  #key: string = crypto.randomUUID();
  #speaker: Speaker | null = null;
  #microphone: { scope: Scope; track: MediaStreamTrack; echoCancellation: EchoCancellation } | null = null;
  #carrier: { scope: Scope; carrier: Carrier } | null = null;
  /** What was taken for the call: given back when it is over, while the view stays. */
  #held: Scope;

  constructor(scope: Scope, options: Options) {
    this.#scope = scope;
    this.#options = options;
    this.#held = scope.child();
    this.#tabs = new Tabs(scope, () => this.#hasCall(), () => this.#give());
    scope.on(window, "online", () => this.dispatch({ type: "network", isOffline: false }));
    scope.on(window, "offline", () => this.dispatch({ type: "network", isOffline: true }));
    // The server need not find out by itself that nobody is there any more; and the call may be gone on with.
    scope.on(window, "pagehide", () => {
      this.#note();
      this.#carrier?.scope.end();
    });
    scope.on(window, "pageshow", ({ persisted }) => {
      if (persisted) location.reload();
    });
    scope.onEnd(() => this.#note());
    scope.every(SEEN_EVERY_MS, () => this.#note());
    watchDevices(scope, () => this.dispatch({ type: "microphone_plugged" }));
    // What React begins twice in development is called off before it does anything.
    scope.after(0, () => this.#start());
  }

  /** As it is now; the same object until something changes. */
  readonly state = (): CallState => this.#state;

  /** Tells whenever the state changed. Returns what calls it off. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** How loud the persona is now, 0 to 1. */
  level(nowMs: number): number {
    return this.#speaker?.level(nowMs) ?? 0;
  }

  /** Sounds through another device, now and next time. */
  chooseSpeaker(device: { id: string; label: string }): void {
    chooseDevices({ speaker: device });
    void this.#speaker?.choose(device.id);
  }

  dispatch(event: CallEvent): void {
    this.#events.push(event);
    // What an effect tells at once comes after the other effects.
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      if (this.#scope.isOver) continue;
      const { state, effects } = step(this.#state, next, Date.now());
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
    }
    this.#isStepping = false;
    for (const listener of this.#listeners) listener();
  }

  #start(): void {
    const found = kept(Date.now());
    const isThis = found?.scenarioId === this.#options.scenarioId;
    // Whoever goes to another buyer has left the one before.
    if (found?.call && !isThis) void endCall(found.call).catch(() => undefined);
    if (found && isThis) this.#key = found.key;
    this.dispatch({ type: "network", isOffline: !navigator.onLine });
    this.dispatch({ type: "started", kept: isThis ? found : null });
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "ask_tabs":
        { this.#when(this.#tabs.hasCall(), (hasCall) => ({ type: "other_tab", hasCall })); return; }
      case "take_over":
        return void this.#takeOver().catch(ignoreEnd);
      case "open_microphone":
        return void this.#openMicrophone(effect.deviceId).catch(ignoreEnd);
      case "open_silence":
        // What hears nothing hears no echo.
        { this.#takeTrack(this.#held.child(), silence(this.#held, this.#sound().context), "on"); return; }
      case "open_call":
        { this.#openCall(); return; }
      case "connect":
        { this.#connect(effect); return; }
      case "disconnect":
        { this.#disconnect(); return; }
      case "send_hang_up":
        return void this.#carrier?.carrier.send({ type: "hangup" });
      case "send_say":
        return void this.#carrier?.carrier.send({ type: "say", text: effect.text });
      case "end_by_request":
        { this.#end(effect.call); return; }
      case "look_up":
        { this.#lookUp(effect.call); return; }
      case "set_muted":
        if (this.#microphone !== null) this.#microphone.track.enabled = !effect.isMuted;
        return;
      case "after":
        this.#timers.get(effect.timer)?.();
        this.#timers.set(effect.timer, this.#scope.after(effect.ms, () => this.dispatch({ type: "timer", timer: effect.timer })));
        return;
      case "keep":
        { keep(this.#kept()); return; }
      case "forget":
        { forget(); return; }
      case "let_go":
        this.#held.end();
        this.#held = this.#scope.child();
        this.#carrier = null;
        this.#microphone = null;
        this.#speaker = null;
        return;
      case "unblock_sound":
        return void this.#speaker?.unblock();
    }
  }

  /** Tells of what comes, unless the view is gone by then. */
  #when<T>(work: Promise<T>, event: (value: T) => CallEvent, failure?: (error: unknown) => CallEvent): void {
    work.then(
      (value) => this.dispatch(event(value)),
      (error: unknown) => {
        if (error instanceof ScopeEnded || this.#scope.isOver) return;
        if (failure === undefined) throw error;
        this.dispatch(failure(error));
      },
    );
  }

  async #openMicrophone(deviceId?: string): Promise<void> {
    const scope = this.#held.child();
    const wanted = deviceId ?? chosenDevices().microphone?.id;
    try {
      const microphone = await openMicrophone(scope, wanted === undefined ? {} : { deviceId: wanted });
      watchMicrophone(scope, microphone, (event) => {
        if (event === "ended") this.dispatch({ type: "microphone_ended" });
        else this.dispatch({ type: "microphone_muted", isMuted: event === "muted" });
      });
      if (deviceId !== undefined) chooseDevices({ microphone: microphone.device });
      const { echoCancellation } = microphone;
      this.#takeTrack(scope, microphone.track, echoCancellation);
      this.dispatch({ type: "microphone_opened", label: microphone.device.label, echoCancellation });
      void this.#countSpeakers();
    } catch (error) {
      scope.end();
      if (error instanceof ScopeEnded) return;
      const fault = error instanceof MicrophoneError ? error.fault : "other";
      const hasOther = this.#microphone?.track.readyState === "live" && this.#state.microphone?.what !== "lost";
      this.dispatch({ type: "microphone_failed", fault, hasOther });
    }
  }

  /** From now on this is what the call hears. */
  #takeTrack(scope: Scope, track: MediaStreamTrack, echoCancellation: EchoCancellation): void {
    const former = this.#microphone;
    track.enabled = !this.#state.isMuted;
    this.#microphone = { scope, track, echoCancellation };
    const changed = this.#carrier?.carrier.setTrack(track, echoCancellation) ?? Promise.resolve();
    // A connection that is going takes no track; the next one does.
    changed.catch(() => undefined).finally(() => former?.scope.end());
  }

  /** Some browsers list speakers, and then none means that nobody hears the persona. */
  async #countSpeakers(): Promise<void> {
    if (!canChooseSpeaker()) return;
    const { microphones, speakers } = await listDevices();
    this.dispatch({ type: "speakers", hasNone: 0 < microphones.length && speakers.length === 0 });
  }

  #openCall(): void {
    const opening = openCall(this.#options.scenarioId, this.#key, this.#scope.signal());
    this.#when(
      opening,
      (call) => ({ type: "call_opened", call }),
      (error) => {
        // The key stands for a call of another request, or for one that is over: the next try opens another.
        if (error instanceof Refused && error.status !== 503) this.#key = crypto.randomUUID();
        return { type: "call_refused", fault: faultOfOpening(error) };
      },
    );
  }

  #connect({ link, rung, call }: Extract<Effect, { type: "connect" }>): void {
    this.#disconnect();
    if (this.#microphone === null) return;
    const { track, echoCancellation } = this.#microphone;
    const scope = this.#held.child();
    const listener: CarrierListener = {
      up: () => this.dispatch({ type: "link_up", link }),
      down: () => this.dispatch({ type: "link_down", link }),
      lost: (cause) => this.dispatch({ type: "link_lost", link, cause }),
      message: (message) => this.dispatch({ type: "message", link, message }),
      path: (path) => this.dispatch({ type: "path", link, path }),
    };
    const settings: CarrierSettings = { call, rung, track, echoCancellation, speaker: this.#sound(), listener };
    try {
      const carrier = rung === "websocket" ? new WebSocketCarrier(scope, settings) : new WebRtcCarrier(scope, settings);
      this.#carrier = { scope, carrier };
    } catch {
      scope.end();
      this.dispatch({ type: "link_lost", link, cause: "no_webrtc" });
    }
  }

  #disconnect(): void {
    this.#carrier?.scope.end();
    this.#carrier = null;
  }

  #end(call: OpenedCall): void {
    // Where it cannot be told, the server ends the call by itself when nobody comes back.
    this.#when(endCall(call), () => ({ type: "ended_by_request" }), () => ({ type: "ended_by_request" }));
  }

  #lookUp(call: OpenedCall): void {
    this.#when(
      callEnd(call, this.#scope.signal()),
      (end) => ({ type: "looked_up", end }),
      (error) => {
        const status = error instanceof Refused ? error.status : 500;
        const cause = status === 401 ? "token" : status === 404 ? "unknown_call" : "unreachable";
        return { type: "look_up_failed", cause };
      },
    );
  }

  async #takeOver(): Promise<void> {
    const given = await this.#tabs.take();
    if (given === null) {
      this.dispatch({ type: "started", kept: null });
      return;
    }
    keep({ ...given, seenAtMs: Date.now() });
    if (given.scenarioId !== this.#options.scenarioId) {
      this.#options.onOtherScenario(given.scenarioId);
      return;
    }
    this.#key = given.key;
    this.dispatch({ type: "started", kept: given });
  }

  #sound(): Speaker {
    if (this.#speaker === null) {
      this.#speaker = new Speaker(this.#held, (isBlocked) => {
        if (isBlocked !== this.#state.isSoundBlocked) this.dispatch({ type: "sound_blocked", isBlocked });
      });
      const speaker = chosenDevices().speaker;
      if (speaker !== undefined) void this.#speaker.choose(speaker.id);
    }
    return this.#speaker;
  }

  #hasCall(): boolean {
    const { at } = this.#state.phase;
    return this.#state.call !== null && (at === "connecting" || at === "live" || at === "reconnecting");
  }

  #give(): Kept {
    const given = this.#kept();
    this.dispatch({ type: "taken" });
    return given;
  }

  #kept(): Kept {
    const { call, connectedAtMs, captions } = this.#state;
    return { scenarioId: this.#options.scenarioId, key: this.#key, seenAtMs: Date.now(), call, connectedAtMs, utterances: captions.utterances };
  }

  /** Notes what a reload needs to go on. */
  #note(): void {
    if (this.#hasCall()) keep(this.#kept());
  }
}

/** A microphone that is silent. */
function silence(scope: Scope, context: AudioContext): MediaStreamTrack {
  const source = scope.node(new ConstantSourceNode(context, { offset: 0 }));
  const destination = scope.node(new MediaStreamAudioDestinationNode(context));
  source.connect(destination);
  source.start();
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new Error("a destination without a track");
  return scope.track(track);
}

function ignoreEnd(error: unknown): void {
  if (!(error instanceof ScopeEnded)) throw error;
}
