import { describe, expect, it } from "vitest";

import { Playout } from "./pcm-playout";

/** Samples that tell their place: 1, 2, 3 … thousandths. */
const from = (at: number, length: number) => Float32Array.from({ length }, (_, index) => (at + index + 1) / 1000);

/** The first and the last sample, in thousandths. */
const ends = (samples: Float32Array) => [samples[0] ?? 0, samples.at(-1) ?? 0].map((sample) => Math.round(sample * 1000));

function playing(): Playout {
  const playout = new Playout();
  playout.push(1, 0, from(0, 320));
  playout.push(1, 320, from(320, 320));
  return playout;
}

describe("a reply", () => {
  it("sounds once 40 ms of it are there", () => {
    const playout = new Playout();
    playout.push(1, 0, from(0, 320));
    expect(ends(playout.pull(160))).toEqual([0, 0]);
    playout.push(1, 320, from(320, 320));
    expect(ends(playout.pull(160))).toEqual([1, 160]);
    expect(ends(playout.pull(480))).toEqual([161, 640]);
  });

  it("that is shorter sounds after 40 ms", () => {
    const playout = new Playout();
    playout.push(1, 0, from(0, 100));
    expect(ends(playout.pull(640))).toEqual([0, 0]);
    const pulled = playout.pull(160);
    expect([...ends(pulled.subarray(0, 100)), ...ends(pulled.subarray(100))]).toEqual([1, 100, 0, 0]);
  });

  it("is heard as late as the device is", () => {
    const playout = playing();
    expect(playout.heard(0)).toBeNull();
    playout.pull(160);
    expect(playout.heard(playout.out - 100)).toEqual({ reply: 1, sample: 60 });
    playout.pull(1000);
    expect(playout.heard(playout.out - 100)).toEqual({ reply: 1, sample: 640 });
  });

  it("comes after the one before, and each is told of", () => {
    const playout = playing();
    playout.push(2, 0, from(0, 640));
    expect(ends(playout.pull(800))).toEqual([1, 160]);
    expect(playout.heard(639)).toEqual({ reply: 1, sample: 639 });
    expect(playout.heard(641)).toEqual({ reply: 2, sample: 1 });
  });

  it("that stumbles is told of without the hole", () => {
    const playout = playing();
    playout.pull(800);
    playout.push(1, 640, from(640, 640));
    playout.pull(160);
    expect(playout.heard(700)).toEqual({ reply: 1, sample: 640 });
    expect(playout.heard(810)).toEqual({ reply: 1, sample: 650 });
  });
});

describe("a pause", () => {
  it("stops at once and keeps what is buffered", () => {
    const playout = playing();
    playout.pull(200);
    playout.pause(1);
    expect(ends(playout.pull(200))).toEqual([0, 0]);
    expect(playout.heard(playout.out)).toEqual({ reply: 1, sample: 200 });
    playout.resume(1, 640);
    playout.push(1, 640, from(640, 320));
    expect(ends(playout.pull(440))).toEqual([201, 640]);
  });

  it("is gone on from where the server says: ahead, with what is left before it", () => {
    const playout = playing();
    playout.pull(200);
    playout.pause(1);
    playout.resume(1, 400);
    playout.push(1, 400, from(400, 600));
    const pulled = playout.pull(400);
    expect(ends(pulled)).toEqual([201, 600]);
  });

  it("is gone on from where the server says: behind, what was heard comes again", () => {
    const playout = playing();
    playout.pull(500);
    playout.pause(1);
    playout.resume(1, 100);
    playout.push(1, 100, from(100, 640));
    expect(ends(playout.pull(160))).toEqual([101, 260]);
    expect(playout.heard(playout.out)).toEqual({ reply: 1, sample: 260 });
  });

  it("of a reply that is over changes nothing", () => {
    const playout = playing();
    playout.push(2, 0, from(0, 640));
    playout.pull(700);
    playout.pause(1);
    expect(ends(playout.pull(100))).toEqual([61, 160]);
  });
});

describe("a reply that is cleared", () => {
  it("is dropped, with what still comes of it", () => {
    const playout = playing();
    playout.pull(200);
    playout.pause(1);
    playout.clear(1);
    playout.push(1, 640, from(640, 640));
    expect(ends(playout.pull(2000))).toEqual([0, 0]);
    expect(playout.heard(playout.out)).toEqual({ reply: 1, sample: 200 });
  });

  it("leaves the next one alone", () => {
    const playout = playing();
    playout.pause(1);
    playout.push(2, 0, from(0, 640));
    playout.clear(1);
    expect(ends(playout.pull(640))).toEqual([1, 640]);
    expect(playout.heard(640)).toEqual({ reply: 2, sample: 640 });
  });
});
