import { beforeEach, expect, it, vi } from "vitest";

import { Scope } from "../../scope";
import { Playback, type Recording } from "./playback";

/** A recording's element without sound: it is told what happens. */
class FakeMedia extends EventTarget {
  src = "";
  preload = "";
  currentTime = 0;
  playbackRate = 1;
  defaultPlaybackRate = 1;
  loads: string[] = [];

  play = vi.fn(() => {
    this.tell("play");
    this.tell("playing");
    return Promise.resolve();
  });

  pause = vi.fn(() => {
    this.tell("pause");
  });

  load = vi.fn();

  getAttribute = () => this.src;

  removeAttribute = () => {
    this.src = "";
  };

  tell(type: string): void {
    this.dispatchEvent(new Event(type));
  }
}

let frame: (() => void) | null = null;

beforeEach(() => {
  frame = null;
  vi.stubGlobal("requestAnimationFrame", (work: () => void) => {
    frame = work;
    return 1;
  });
  vi.stubGlobal("cancelAnimationFrame", () => {
    frame = null;
  });
});

function player(more: Partial<Recording> = {}) {
  const media = new FakeMedia();
  const clock = { ms: 0 };
  const renew = vi.fn(() => Promise.resolve(`link ${clock.ms}`));
  const recording = { durationMs: 60_000, link: "first link", linkMadeAtMs: 0, renew, silences: [], ...more };
  const playback = new Playback(media as unknown as HTMLMediaElement, recording, () => clock.ms);
  const scope = new Scope();
  playback.attach(scope);
  const plays = (ms: number) => {
    media.currentTime = ms / 1000;
    frame?.();
  };
  return { media, clock, renew, playback, scope, plays };
}

const settled = () => vi.waitFor(() => Promise.resolve());

it("tells of the moment with each picture while it plays, and no longer", () => {
  const { playback, media, plays } = player();
  const moments: number[] = [];
  playback.onTime((ms) => moments.push(ms));
  playback.play();
  plays(1250);
  expect(moments.at(-1)).toBe(1250);
  expect(playback.state().isPlaying).toBe(true);
  playback.pause();
  expect(media.pause).toHaveBeenCalled();
  expect(frame).toBeNull();
});

it("passes over silence while it plays, and where somebody went there leaves them", () => {
  const { playback, media, plays } = player({ silences: [{ from_ms: 5000, to_ms: 8000 }] });
  playback.setSkipsSilence(true);
  playback.seek(6000);
  expect(media.currentTime).toBe(6);
  playback.play();
  plays(5000);
  expect(media.currentTime).toBe(8);
});

it("repeats a part, and stops doing so when somebody goes elsewhere", () => {
  const { playback, media, plays } = player();
  playback.setLoop({ from_ms: 10_000, to_ms: 12_000 });
  expect(media.currentTime).toBe(10);
  playback.play();
  plays(11_999);
  expect(media.currentTime).toBe(11.999);
  plays(12_000);
  expect(media.currentTime).toBe(10);
  playback.seek(11_000);
  expect(playback.state().loop).not.toBeNull();
  playback.seek(12_000);
  expect(playback.state().loop).toBeNull();
});

it("repeats a part at the very end", () => {
  const { playback, media } = player();
  playback.setLoop({ from_ms: 50_000, to_ms: 60_000 });
  playback.play();
  media.currentTime = 60;
  media.tell("ended");
  expect(media.currentTime).toBe(50);
  expect(media.play).toHaveBeenCalledTimes(2);
});

it("begins anew after the end, and stays within the recording", () => {
  const { playback, media } = player();
  playback.seek(99_000);
  expect(media.currentTime).toBe(60);
  playback.play();
  expect(media.currentTime).toBe(0);
  playback.nudge(-5000);
  expect(media.currentTime).toBe(0);
});

it("changes speed by steps, and keeps it with a new link", async () => {
  const { playback, media, clock } = player();
  playback.changeRate(1);
  expect(media.playbackRate).toBe(1.25);
  playback.changeRate(-1);
  playback.changeRate(-1);
  playback.changeRate(-1);
  expect(playback.state().rate).toBe(0.75);
  clock.ms = 60_000;
  media.playbackRate = 1;
  media.tell("error");
  await settled();
  expect(media.playbackRate).toBe(0.75);
});

it("gets a new link before it plays an old one", async () => {
  const { playback, media, clock, renew } = player();
  playback.seek(20_000);
  clock.ms = 13 * 60_000;
  playback.play();
  await settled();
  expect(renew).toHaveBeenCalledOnce();
  expect(media.src).toBe(`link ${13 * 60_000}`);
  expect(media.currentTime).toBe(20);
  expect(media.play).toHaveBeenCalledOnce();
});

it("goes on where it was when a link expires while it plays", async () => {
  const { playback, media, clock, plays } = player();
  playback.play();
  plays(33_000);
  clock.ms = 16 * 60_000;
  media.tell("error");
  await settled();
  expect(media.src).toBe(`link ${16 * 60_000}`);
  expect(media.currentTime).toBe(33);
  expect(media.play).toHaveBeenCalledTimes(2);
});

it("gets a new link at once in place of one that it was given too late", async () => {
  const { playback, media, renew } = player({ linkMadeAtMs: -15 * 60_000 });
  media.tell("error");
  await settled();
  expect(renew).toHaveBeenCalledOnce();
  expect(playback.state().hasFailed).toBe(false);
  media.tell("error");
  await settled();
  expect(playback.state().hasFailed).toBe(true);
});

it("gives up on a recording that a new link does not bring, until somebody plays again", async () => {
  const { playback, media, clock, renew } = player();
  clock.ms = 4999;
  media.tell("error");
  await settled();
  expect(playback.state().hasFailed).toBe(true);
  expect(renew).not.toHaveBeenCalled();
  playback.play();
  await settled();
  expect(renew).toHaveBeenCalledOnce();
  expect(playback.state()).toMatchObject({ hasFailed: false, isPlaying: true });
});

it("says so when there is no new link", async () => {
  const { playback, media, clock } = player({ renew: () => Promise.reject(new Error("offline")) });
  clock.ms = 20 * 60_000;
  media.tell("error");
  await settled();
  expect(playback.state()).toMatchObject({ hasFailed: true, isPlaying: false });
});

it("lets go of everything when its scope ends", () => {
  const { playback, media, scope } = player();
  playback.play();
  scope.end();
  expect(media.src).toBe("");
  expect(frame).toBeNull();
  media.tell("play");
  expect(frame).toBeNull();
});
