/** How subscriptions end, and which endings are for good. */

/** Asking again would not help. `after` is where to go on when what was wrong is put right. */
export class WatchEnded extends Error {
  override readonly name = "WatchEnded";

  constructor(
    /** What the client library said: GraphQL errors, a close event, or an error with the response. */
    readonly reason: unknown,
    readonly after: string,
  ) {
    super(sentence(reason), { cause: reason });
  }
}

/** What came is no message of a stream, or lacks what one needs to go on. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/**
 * Close codes after which the same would happen again: our message is too big (1009), or wrong in form or order; the
 * credentials are missing (4401), or wrong or expired (4403). All others are resumed: the server stops (1012), has
 * too much to do or no patience (1013), the connection was lost (1006), and whatever there will be.
 */
const FINAL_CODES = new Set([1009, 4400, 4401, 4403, 4406, 4409, 4429]);
/** Statuses below 500 that are about the moment and not about the request. */
const PASSING_STATUSES = new Set([408, 425, 429]);
/** Errors that are about the moment. All others are about the document, its variables, or who asks. */
const PASSING_ERRORS = new Set(["INTERNAL", "TIMEOUT", "BUSY", "CANCELED"]);

interface GraphQLError {
  message?: string;
  extensions?: { code?: string; retryAfter?: number };
}

/** Whether asking again, after a while and from the same cursor, would end the same way. */
export function isFinal(reason: unknown): boolean {
  if (reason instanceof Unreadable) return true;
  if (Array.isArray(reason)) return !reason.every(isPassing);
  const { code, response } = (reason ?? {}) as { code?: unknown; response?: { status?: number } };
  if (typeof code === "number") return FINAL_CODES.has(code);
  const status = response?.status ?? 0;
  return status >= 400 && status < 500 && !PASSING_STATUSES.has(status);
}

function isPassing({ extensions }: GraphQLError): boolean {
  // Whoever has too many streams is told when to try again, as by a status 429.
  return PASSING_ERRORS.has(extensions?.code ?? "") || typeof extensions?.retryAfter === "number";
}

function sentence(reason: unknown): string {
  if (Array.isArray(reason)) return reason.map((error: GraphQLError) => error.message).join(" ");
  if (reason instanceof Error) return reason.message;
  const { code, reason: why } = reason as { code?: number; reason?: string };
  return `The socket was closed with ${code}: ${why}`;
}
