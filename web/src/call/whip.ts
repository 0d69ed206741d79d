import { Refused, Unreachable } from "../api/client";
import type { Cause } from "./ladder";
import type { OpenedCall } from "./state";

interface Request {
  type?: string;
  body?: string;
  headers?: Record<string, string>;
}

/** Asks the server about a call's media, by the call's own token. Throws `Refused` and `Unreachable`. */
export async function askMedia(call: OpenedCall, method: string, path: string, request: Request, signal: AbortSignal): Promise<Response> {
  const { type, body, headers } = request;
  const all = { ...headers, Authorization: `Bearer ${call.token}`, ...(type === undefined ? {} : { "Content-Type": type }) };
  // The token is what counts; a cookie must not decide.
  const settings = { method, headers: all, credentials: "omit", cache: "no-store", signal } as const;
  let answer: Response;
  try {
    answer = await fetch(path, body === undefined ? settings : { ...settings, body });
  } catch {
    throw new Unreachable();
  }
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
  return answer;
}

/** Where offers of a call go. */
export const webrtcPath = (call: OpenedCall): string => `/api/calls/${call.id}/webrtc`;

/** What an error while connecting means for the next try. */
export function causeOf(error: unknown): Cause {
  if (error instanceof Unreachable) return "unreachable";
  // The browser threw: it cannot do what is asked.
  if (!(error instanceof Refused)) return "no_webrtc";
  switch (error.status) {
    case 401:
      return "token";
    case 404:
      return "unknown_call";
    case 409:
      return "already_connected";
    case 429:
    case 503:
      return "busy";
    default:
      return error.status < 500 ? "unusable" : "unreachable";
  }
}
