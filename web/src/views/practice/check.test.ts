import { expect, it } from "vitest";

import { isChecked, step, UNCHECKED, type CheckEvent } from "./check";

const after = (...events: CheckEvent[]) => events.reduce(step, UNCHECKED);

const opened: CheckEvent = { type: "opened", device: { id: "h", label: "Headset" }, isReplacement: false, isMuted: false, hasEcho: false };
const said: CheckEvent = { type: "voice_heard" };
const tone: CheckEvent[] = [{ type: "tone_began" }, { type: "tone_over", echo: "none" }];
const yes: CheckEvent = { type: "answered", isHeard: true };

it("is done when the microphone and the person have heard something", () => {
  expect(isChecked(after({ type: "opening" }, opened, said, ...tone, yes))).toBe(true);
  expect(isChecked(after({ type: "opening" }, opened, ...tone, yes))).toBe(false);
  expect(isChecked(after({ type: "opening" }, opened, said, ...tone))).toBe(false);
  expect(isChecked(after({ type: "opening" }, opened, said, ...tone, { type: "answered", isHeard: false }))).toBe(false);
});

it("listens anew to another microphone", () => {
  const check = after(opened, said, { type: "tone_began" }, { type: "tone_over", echo: "heard" }, yes, { type: "opening" });
  expect(check).toEqual({ microphone: { is: "opening" }, isVoiceHeard: false, speaker: "heard", echo: null });
});

it("asks anew after another speaker, and forgets a tone that still played", () => {
  const check = after(opened, { type: "tone_began" }, { type: "speaker_changed" }, { type: "tone_over", echo: "heard" });
  expect(check.speaker).toBe("untried");
  expect(check.echo).toBeNull();
});

it("tells of a microphone whose echo is not cancelled, until another is opened", () => {
  const loud = step(UNCHECKED, { type: "opened", device: { id: "b", label: "Built-in" }, isReplacement: false, isMuted: false, hasEcho: true });
  expect(loud.microphone).toMatchObject({ is: "open", hasEcho: true });
  expect(step(loud, opened).microphone).toMatchObject({ is: "open", hasEcho: false });
});

it("knows when the microphone is muted, comes back and is gone", () => {
  const muted = after(opened, { type: "microphone", event: "muted" });
  expect(muted.microphone).toMatchObject({ is: "open", isMuted: true });
  expect(step(muted, { type: "microphone", event: "unmuted" }).microphone).toMatchObject({ isMuted: false });
  const gone = after(opened, said, { type: "microphone", event: "ended" });
  expect(gone.microphone).toEqual({ is: "gone" });
  expect(gone.isVoiceHeard).toBe(false);
  expect(step(gone, said).isVoiceHeard).toBe(false);
});
