import { Fields, Malformed, parseJson } from "./reading";

export type Speaker = "rep" | "persona";

export interface Word {
  text: string;
  start_ms: number;
  end_ms: number;
}

/** What one side said in one go. An utterance whose id is known replaces that one. */
export interface Utterance {
  id: string;
  speaker: Speaker;
  start_ms: number;
  end_ms: number;
  text: string;
  /** Absent where the engine gives no times. */
  words?: Word[];
  /** The rep cut it off at `end_ms`. */
  interrupted: boolean;
  /** The rep typed it. */
  typed: boolean;
  /** What the persona would have said after it was cut off. */
  unheard?: string;
}

/** Somebody who listens in. */
export interface Listener {
  name: string;
}

/** What happens in a call, as everybody who follows it is told. */
export type LiveEvent =
  | { type: "call.connected" }
  | { type: "rep.started" | "rep.stopped"; at_ms: number }
  | { type: "transcript.partial"; text: string }
  | { type: "utterance"; utterance: Utterance }
  | { type: "reply.thinking"; reply: number }
  | { type: "reply.started" | "reply.ended" | "reply.paused" | "reply.resumed" | "reply.interrupted"; reply: number; at_ms: number }
  | { type: "call.held" | "call.resumed"; at_ms: number }
  | { type: "call.listeners"; listeners: Listener[] }
  | { type: "call.ended"; reason: string; at_ms: number };

/** What the carrier of a call is told: events, and how to play. */
export type ServerMessage =
  | LiveEvent
  | { type: "ready"; call_id: string; sample_rate: number }
  | { type: "pause" | "clear"; reply: number }
  | { type: "resume"; reply: number; from_sample: number }
  | { type: "error"; code: string; message: string };

/** Whether a microphone is kept from hearing the persona. */
export type EchoCancellation = "on" | "off" | "unknown";

/** What the page says. */
export type ClientMessage =
  | { type: "start"; encoding: "pcm_s16le"; sample_rate: number; echo_cancellation: EchoCancellation }
  | { type: "microphone"; echo_cancellation: EchoCancellation }
  | { type: "played"; reply: number; sample: number }
  | { type: "played"; rtp_timestamp: number }
  | { type: "say"; text: string }
  | { type: "hangup" };

/** The longest turn that can be typed, in characters. */
export const SAY_MAX_CHARS = 1000;

/**
 * Reads a message of the server. Null where its type is not known: new ones may come. Throws `Malformed` where a known
 * one lacks a field or holds what it may not.
 */
export function readMessage(text: string): ServerMessage | null {
  const fields = new Fields(parseJson(text));
  const type = fields.text("type");
  switch (type) {
    case "call.connected":
      return { type };
    case "rep.started":
    case "rep.stopped":
    case "call.held":
    case "call.resumed":
      return { type, at_ms: fields.count("at_ms") };
    case "transcript.partial":
      return { type, text: fields.text("text") };
    case "utterance":
      return { type, utterance: readUtterance(fields.fields("utterance")) };
    case "reply.thinking":
    case "pause":
    case "clear":
      return { type, reply: fields.count("reply") };
    case "reply.started":
    case "reply.ended":
    case "reply.paused":
    case "reply.resumed":
    case "reply.interrupted":
      return { type, reply: fields.count("reply"), at_ms: fields.count("at_ms") };
    case "resume":
      return { type, reply: fields.count("reply"), from_sample: fields.count("from_sample") };
    case "call.listeners":
      return { type, listeners: fields.list("listeners").map((listener) => ({ name: listener.text("name") })) };
    case "call.ended":
      return { type, reason: fields.text("reason"), at_ms: fields.count("at_ms") };
    case "ready":
      return { type, call_id: fields.text("call_id"), sample_rate: fields.count("sample_rate") };
    case "error":
      return { type, code: fields.text("code"), message: fields.text("message") };
    default:
      return null;
  }
}

/** Reads an utterance, as events and what is kept of a call hold it. */
export function readUtterance(fields: Fields): Utterance {
  const words = fields.list("words").map((word) => ({
    text: word.text("text"),
    start_ms: word.count("start_ms"),
    end_ms: word.count("end_ms"),
  }));
  const unheard = fields.maybeText("unheard");
  return {
    id: fields.text("id"),
    speaker: readSpeaker(fields.text("speaker")),
    start_ms: fields.count("start_ms"),
    end_ms: fields.count("end_ms"),
    text: fields.text("text"),
    ...(words.length === 0 ? {} : { words }),
    interrupted: fields.flag("interrupted"),
    typed: fields.flag("typed"),
    ...(unheard === undefined ? {} : { unheard }),
  };
}

/** A message of the page as the text that is sent. */
export const writeMessage = (message: ClientMessage): string => JSON.stringify(message);

function readSpeaker(text: string): Speaker {
  if (text === "rep" || text === "persona") return text;
  throw new Malformed(`nobody is called "${text}"`);
}
