import { describe, expect, it } from "vitest";

import { readPiece } from "./pieces";
import { nextSlot } from "./schedule";

describe("a piece", () => {
  it("has the rep first and the buyer second", () => {
    const bytes = new Uint8Array([0x40, 0x06, 0, 0, 0x00, 0x40, 0x00, 0x80, 0xff, 0xff, 0xff, 0x7f]).buffer;
    const { at, rep, persona } = readPiece(bytes);
    expect(at).toBe(1600);
    expect([...rep]).toEqual([0.5, -1 / 32_768]);
    expect([...persona]).toEqual([-1, 32_767 / 32_768]);
  });

  it.each([0, 4, 6, 7])("is not of %i bytes", (length) => {
    expect(() => readPiece(new ArrayBuffer(length))).toThrow("a piece of");
  });
});

describe("the time of a piece", () => {
  it("is a quarter of a second after the first arrived", () => {
    expect(nextSlot(null, 16_000, 5)).toEqual({ baseS: 4.25, startS: 5.25, isFresh: true });
  });

  it("follows the call's clock, also over a gap", () => {
    expect(nextSlot(4.25, 17_600, 5.1)).toEqual({ baseS: 4.25, startS: 5.35, isFresh: false });
    expect(nextSlot(4.25, 24_000, 5.5)).toEqual({ baseS: 4.25, startS: 5.75, isFresh: false });
  });

  it("begins anew when it is past", () => {
    expect(nextSlot(4.25, 17_600, 5.5)).toEqual({ baseS: 4.65, startS: 5.75, isFresh: true });
  });

  it("begins anew rather than lag behind", () => {
    const slot = nextSlot(4.25, 48_000, 5);
    expect(slot).toEqual({ baseS: 2.25, startS: 5.25, isFresh: true });
  });

  it("lies on a sample", () => {
    const { startS } = nextSlot(null, 0, 1 / 3);
    expect(startS * 16_000).toBe(9334);
  });
});
