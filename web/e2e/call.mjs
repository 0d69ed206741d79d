// What a call left, fetched as a person's program would, and held against what was said in it.
import assert from "node:assert/strict";

import { decompress } from "fzstd";

import { inOrder, words } from "./clips.mjs";
import { between, find, level, readWav, samples, SILENCE_DBFS } from "./sound.mjs";

/** Speech is louder, in dBFS. */
const SPEECH_DBFS = -35;

/** How long a piece of speech is looked for. */
const PIECE = samples(500);

/** The call, its record and both legs of its recording. */
export async function fetchCall(server, id) {
  const { call } = await server.ask("GET", `/api/calls/${id}`);
  const record = await server.ask("GET", `/api/calls/${id}/record`);
  const recording = readWav(await server.ask("GET", `/api/calls/${id}/recording?format=wav`));
  assert.equal(recording.rate, 16_000);
  const [rep, persona] = recording.channels;
  const saidBy = (speaker) => record.utterances.filter((said) => said.speaker === speaker);
  return { call, record, rep, persona, saidBy };
}

/** Every entry of the log the call was decided from. */
export async function fetchLog(call) {
  const packed = await (await fetch(call.links.log)).arrayBuffer();
  const text = new TextDecoder().decode(decompress(new Uint8Array(packed)));
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** The page told of each reply how far it was played while it sounded, and in the end all of it. */
export function assertPlayed(t, log) {
  const events = log.flatMap(({ kind, at, event }) => (kind === "event" ? [{ at, ...event }] : []));
  const stopped = events.filter(({ type }) => type === "play_stopped");
  assert.notEqual(stopped.length, 0);
  for (const { reply, position } of stopped) {
    const reports = events.filter((event) => event.type === "played" && event.reply === reply);
    const last = reports.at(-1)?.position;
    t.diagnostic(`${reports.length} reports of reply ${reply}, the last ${(position - last) / 1000} ms before its end`);
    // Ten a second while it sounds, of which a busy machine may leave some out.
    assert.ok(reports.length >= position / 400_000, `${reports.length} reports of ${position} us`);
    assert.ok(Math.abs(position - last) <= 250_000, `the last report says ${last} of ${position} us`);
  }
}

/** The words of the clips are in what the rep said, in order. */
export function assertUnderstood(t, clips, said, share) {
  const truth = clips.flatMap(({ text }) => words(text));
  const understood = inOrder(truth, said.flatMap(({ text }) => words(text)));
  t.diagnostic(`${understood} of ${truth.length} words were understood`);
  assert.ok(understood >= share * truth.length, `${understood} of ${truth.length} words: ${JSON.stringify(said)}`);
}

/** Each clip sounds in the rep's leg where the page was told that the rep began to speak. */
export function assertSpoken(t, clips, beganMs, leg, alike) {
  clips.forEach((clip, turn) => {
    const half = Math.floor(clip.samples.length / 2);
    const piece = clip.samples.subarray(half, half + PIECE);
    // The clip opens with silence, so its middle is at most this far from there.
    const middle = samples(beganMs[turn]) + half;
    const found = find(leg, piece, middle - samples(700), middle + samples(700));
    t.diagnostic(`turn ${turn + 1} is in the rep's leg, ${found.alike.toFixed(3)} alike`);
    assert.ok(found.alike >= alike, `turn ${turn + 1} is ${found.alike} alike`);
  });
}

/**
 * What the page heard is the persona's leg: pieces all along each utterance are found again where they belong. A
 * browser stretches and shortens sound to even out its buffer, so not every piece is.
 */
export function assertHeard(t, said, leg, heard, share) {
  const apart = samples(700);
  const piece = samples(300);
  let looked = 0;
  for (const { start_ms, end_ms, text } of said) {
    let [all, found] = [0, 0];
    for (let at = samples(start_ms + 300); at + piece < samples(end_ms); at += apart) {
      const part = leg.subarray(at, at + piece);
      if (level(part) < SPEECH_DBFS) continue;
      all += 1;
      // The page's ear opens when the call does, and it hears a little later than we send.
      if (find(heard, part, at - samples(500), at + samples(500)).alike > 0.8) found += 1;
    }
    t.diagnostic(`${found} of ${all} pieces of "${text.slice(0, 30)}" were heard`);
    assert.ok(found >= share * all, `${found} of ${all} pieces of "${text}" at ${start_ms} ms were heard`);
    looked += all;
  }
  // A short "Okay." has no piece of its own.
  assert.ok(looked >= 3 * said.length, `${looked} pieces are too few to tell`);
}

/** The persona's leg is silent where the record has nobody. */
export function assertSilentBetween(said, leg) {
  const spans = said.map(({ start_ms, end_ms }) => [samples(start_ms), samples(end_ms)]);
  for (const [start, end] of between(spans, leg.length, samples(60))) {
    const loudest = Array.from({ length: Math.floor((end - start) / 160) }, (_, at) =>
      level(leg.subarray(start + 160 * at, start + 160 * (at + 1))));
    const most = Math.max(-Infinity, ...loudest);
    assert.ok(most < SILENCE_DBFS, `${most} dBFS between ${start / 16} and ${end / 16} ms`);
  }
}
