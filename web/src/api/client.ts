import createClient from "openapi-fetch";

import type { components, paths } from "./schema";

/** A thing of the interface, as its description names it. */
export type Api<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** The server answered, and said no. */
export class Refused extends Error {
  readonly status: number;
  /** A word for programs, as docs/PROTOCOL.md lists them. */
  readonly code: string;
  /** The field at fault, where there is one. */
  readonly field: string | undefined;
  /** After how many seconds the same may work, where the server tells. */
  readonly retryAfterS: number | undefined;

  constructor(status: number, body: unknown, retryAfter: string | null = null) {
    const error = readError(body);
    super(error?.message ?? `The server answered with ${status}.`);
    this.name = "Refused";
    this.status = status;
    this.code = error?.code ?? "unknown";
    this.field = error?.field ?? undefined;
    this.retryAfterS = retryAfter !== null && /^\d+$/u.test(retryAfter) ? Number(retryAfter) : undefined;
  }
}

/** Nothing came back: no network, or no server. */
export class Unreachable extends Error {
  constructor() {
    super("The server cannot be reached.");
    this.name = "Unreachable";
  }
}

const client = createClient<paths>();

client.use({
  onError: ({ error }) => (isAborted(error) ? undefined : new Unreachable()),
});

/** The server's interface. A refusal is thrown by `answered`. */
export const api = client;

/** What came back, or the refusal as an error. */
export async function answered<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw new Refused(response.status, error, response.headers.get("retry-after"));
  return data as T;
}

function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

function readError(body: unknown): Api<"ErrorDetail"> | null {
  if (typeof body !== "object" || body === null || !("error" in body)) return null;
  const { error } = body;
  const isError = typeof error === "object" && error !== null && "code" in error && "message" in error;
  return isError ? (error as Api<"ErrorDetail">) : null;
}
