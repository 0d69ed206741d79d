// What a call left, fetched as a person's program would, and held against what was said in it.
import assert from "node:assert/strict";

import { decompress } from "fzstd";

import { inOrder, words } from "./clips.mjs";
import { between, columns, find, level, picture, readWav, samples, SILENCE_DBFS } from "./sound.mjs";

/** Speech is louder, in dBFS. */
const SPEECH_DBFS = -35;

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
  const events = eventsOf(log);
  const stopped = events.filter(({ type }) => type === "play_stopped");
  assert.notEqual(stopped.length, 0);
  let near = 0;
  for (const { reply, position } of stopped) {
    const reports = events.filter((event) => event.type === "played" && event.reply === reply);
    const last = reports.at(-1)?.position;
    t.diagnostic(`${reports.length} reports of reply ${reply}, the last ${(position - last) / 1000} ms before its end`);
    // Ten a second while it sounds, of which a busy machine may leave some out.
    assert.ok(reports.length >= position / 400_000, `${reports.length} reports of ${position} us`);
    assert.ok(Math.abs(position - last) <= 1_000_000, `the last report says ${last} of ${position} us`);
    if (Math.abs(position - last) <= 250_000) near += 1;
  }
  assert.ok(2 * near > stopped.length, `the last reports of ${near} of ${stopped.length} replies say all of it`);
}

/** The words of the clips are in what the rep said, in order. */
export function assertUnderstood(t, clips, said, share) {
  const truth = clips.flatMap(({ text }) => words(text));
  const understood = inOrder(truth, said.flatMap(({ text }) => words(text)));
  t.diagnostic(`${understood} of ${truth.length} words were understood`);
  assert.ok(understood >= share * truth.length, `${understood} of ${truth.length} words: ${JSON.stringify(said)}`);
}

/**
 * A piece that is more alike than this is the same speech: through a browser nearly every piece is 0.85 to 1.0 alike. Of
 * other words in the same voice one piece in a hundred is.
 */
const ALIKE = 0.7;

/** How many pieces of a sound, a piece each 400 ms where there is speech, are found where they belong. */
function piecesFound(sound, within, { from, to, shift, slack }) {
  const length = samples(800);
  let [all, found] = [0, 0];
  for (let at = from; at + length < to; at += samples(400)) {
    const piece = sound.subarray(at, at + length);
    if (level(piece) < SPEECH_DBFS) continue;
    all += 1;
    const near = [at + shift - slack, at + shift + slack].map((sample) => columns(sample / samples(1)));
    if (find(within, picture(piece), ...near).alike > ALIKE) found += 1;
  }
  return { all, found };
}

/** Each clip sounds in the rep's leg where the page was told that the rep began to speak. */
export function assertSpoken(t, clips, beganMs, leg, share) {
  const seen = picture(leg);
  const sounds = clips.map(({ samples: sound, text }, turn) => {
    const where = { from: 0, to: sound.length, shift: samples(beganMs[turn]), slack: samples(700) };
    return { text, ...piecesFound(sound, seen, where) };
  });
  assertFound(t, sounds, share);
}

/** What the page heard is the persona's leg: pieces all along each utterance are found again where they belong. */
export function assertHeard(t, said, leg, heard, share) {
  const seen = picture(heard);
  const sounds = said.map(({ start_ms, end_ms, text }) => {
    // The page's ear opens when the call does, and hears a little later than we send.
    const where = { from: samples(start_ms + 300), to: samples(end_ms), shift: 0, slack: samples(1500) };
    return { text, ...piecesFound(leg, seen, where) };
  });
  assertFound(t, sounds, share);
}

/** Of all sounds together at least a share was found; how much of each is told. */
function assertFound(t, sounds, share) {
  let [all, found] = [0, 0];
  for (const sound of sounds) {
    const what = `${sound.found} of ${sound.all} pieces of "${sound.text.trim().slice(0, 30)}"`;
    t.diagnostic(what);
    [all, found] = [all + sound.all, found + sound.found];
  }
  assert.ok(all >= 3 * sounds.length, `${all} pieces are too few to tell`);
  assert.ok(found >= share * all, `${found} of ${all} pieces were found`);
}

/** The persona's leg is silent where none of its replies was played. */
export function assertSilentBetween(log, leg) {
  const spans = [];
  for (const { type, at } of eventsOf(log)) {
    if (type === "play_started") spans.push([samples(at / 1000), leg.length]);
    if (type === "play_stopped") spans.at(-1)[1] = samples(at / 1000);
  }
  assert.notEqual(spans.length, 0);
  for (const [start, end] of between(spans, leg.length, samples(60))) {
    const loudest = Array.from({ length: Math.floor((end - start) / 160) }, (_, at) =>
      level(leg.subarray(start + 160 * at, start + 160 * (at + 1))));
    const most = Math.max(-Infinity, ...loudest);
    assert.ok(most < SILENCE_DBFS, `${most} dBFS between ${start / 16} and ${end / 16} ms`);
  }
}

/** What happened in a call, in order; times are microseconds. */
const eventsOf = (log) => log.flatMap(({ kind, at, event }) => (kind === "event" ? [{ at, ...event }] : []));
