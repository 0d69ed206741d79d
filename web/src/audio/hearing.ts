/** How much louder than the room a voice is. */
const ABOVE_ROOM_DB = 12;

/** Below this nothing counts as a voice, however quiet the room. */
const LEAST_VOICE_DBFS = -50;

/** How much voice it takes to be heard: a word or two, longer than a knock. */
const VOICE_MS = 400;

/** The room's level follows what is louder this slowly, so that a voice does not become the room. */
const ROOM_RISE_DB_PER_S = 3;

/** No reading stands for more: a page that was hidden heard nothing in the meantime. */
const LONGEST_STEP_MS = 100;

/** Whether a microphone has heard somebody speak. */
export interface Hearing {
  /** The quietest of late, in dBFS. */
  roomDbfs: number | null;
  voiceMs: number;
  isHeard: boolean;
}

export const NOTHING_HEARD: Hearing = { roomDbfs: null, voiceMs: 0, isHeard: false };

/** What is known after one more reading of the level. Somebody who was heard stays so. */
export function hear(hearing: Hearing, dbfs: number, elapsedMs: number): Hearing {
  const stepMs = Math.min(elapsedMs, LONGEST_STEP_MS);
  const risen = (hearing.roomDbfs ?? dbfs) + (ROOM_RISE_DB_PER_S * stepMs) / 1000;
  const roomDbfs = Math.min(risen, dbfs);
  const isVoice = LEAST_VOICE_DBFS < dbfs && roomDbfs + ABOVE_ROOM_DB < dbfs;
  const voiceMs = hearing.voiceMs + (isVoice ? stepMs : 0);
  return { roomDbfs, voiceMs, isHeard: hearing.isHeard || VOICE_MS <= voiceMs };
}
