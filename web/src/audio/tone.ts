import type { Scope } from "../scope";
import { setSpeaker } from "./devices";
import { judgeEcho, pitchDbfs, type Echo } from "./echo";

/** Two pitches in turn: a steady one is taken for noise, and suppressed. */
export const PITCHES_HZ = [660, 880];
const NOTE_MS = 200;
const NOTES = 8;
const TONE_MS = NOTE_MS * NOTES;
const GAIN = 0.25;

/** Each note fades in and out, so that nothing clicks. */
const FADE_S = 0.015;

/** How long the room is listened to before. */
const BEFORE_MS = 400;

const WINDOW = 2048;

/** What a tone told. */
export interface ToneHeard {
  /** Null without a microphone. */
  echo: Echo | null;
}

/** Plays a few notes through a speaker, and listens whether the microphone hears them. */
export async function playTone(scope: Scope, context: AudioContext, speakerId: string | undefined, ear: AudioNode | null): Promise<ToneHeard> {
  await context.resume();
  const before = ear === null ? [] : await listen(scope, ear, BEFORE_MS);
  const player = new Audio();
  scope.onEnd(() => {
    player.pause();
    player.srcObject = null;
  });
  const notes = scope.node(new GainNode(context, { gain: 0 }));
  const out = scope.node(new MediaStreamAudioDestinationNode(context));
  notes.connect(out);
  player.srcObject = out.stream;
  if (speakerId !== undefined) await setSpeaker(player, speakerId);
  await player.play();
  sound(scope, notes);
  await scope.wait(TONE_MS / 2);
  const during = ear === null ? [] : await listen(scope, ear, TONE_MS / 2);
  if (ear === null) await scope.wait(TONE_MS / 2);
  return { echo: judgeEcho(before, during) };
}

function sound(scope: Scope, notes: GainNode): void {
  const { context } = notes;
  const oscillator = scope.node(new OscillatorNode(context));
  oscillator.connect(notes);
  for (let note = 0; note < NOTES; note += 1) {
    const startS = context.currentTime + (note * NOTE_MS) / 1000;
    const endS = startS + NOTE_MS / 1000;
    oscillator.frequency.setValueAtTime(PITCHES_HZ[note % PITCHES_HZ.length] ?? 0, startS);
    notes.gain.setValueAtTime(0, startS);
    notes.gain.linearRampToValueAtTime(GAIN, startS + FADE_S);
    notes.gain.setValueAtTime(GAIN, endS - FADE_S);
    notes.gain.linearRampToValueAtTime(0, endS);
  }
  oscillator.start();
  oscillator.stop(context.currentTime + TONE_MS / 1000);
}

/** The louder of the tone's pitches, reading by reading. */
async function listen(scope: Scope, ear: AudioNode, ms: number): Promise<number[]> {
  const own = scope.child();
  const analyser = own.node(new AnalyserNode(ear.context, { fftSize: WINDOW }));
  ear.connect(analyser);
  const samples = new Float32Array(WINDOW);
  const heard: number[] = [];
  own.eachFrame(() => {
    analyser.getFloatTimeDomainData(samples);
    heard.push(Math.max(...PITCHES_HZ.map((pitch) => pitchDbfs(samples, ear.context.sampleRate, pitch))));
  });
  await scope.wait(ms);
  own.end();
  return heard;
}
