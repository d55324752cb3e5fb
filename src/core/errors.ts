/**
 * The whole error vocabulary. Every refusal a person or a program can meet carries one of these codes; the code
 * is stable, the sentence is for people and ends with what to do next.
 */

/** code -> HTTP status and whether trying the same call again can help. */
export const errorCodes = {
  invalid_request: { status: 400, retryable: false },
  malformed_json: { status: 400, retryable: false },
  duplicate_key: { status: 400, retryable: false },
  unauthorized: { status: 401, retryable: false },
  signature_refused: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  not_found: { status: 404, retryable: false },
  unknown_sku: { status: 422, retryable: false },
  unknown_location: { status: 422, retryable: false },
  unknown_connector: { status: 422, retryable: false },
  unknown_currency: { status: 422, retryable: false },
  number_out_of_range: { status: 422, retryable: false },
  totals_mismatch: { status: 422, retryable: false },
  method_not_allowed: { status: 405, retryable: false },
  conflict: { status: 409, retryable: false },
  already_exists: { status: 409, retryable: false },
  insufficient_stock: { status: 409, retryable: false },
  illegal_transition: { status: 409, retryable: false },
  period_closed: { status: 409, retryable: false },
  body_too_large: { status: 413, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  idempotency_mismatch: { status: 422, retryable: false },
  idempotency_in_progress: { status: 409, retryable: true },
  too_many_requests: { status: 429, retryable: true },
  unsupported: { status: 422, retryable: false },
  file_unreadable: { status: 422, retryable: false },
  connection_failed: { status: 502, retryable: true },
  overloaded: { status: 503, retryable: true },
  unavailable: { status: 503, retryable: true },
  request_timeout: { status: 503, retryable: true },
  database_locked: { status: 503, retryable: false },
  schema_mismatch: { status: 500, retryable: false },
  configuration: { status: 500, retryable: false },
  internal: { status: 500, retryable: false },
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorOptions {
  /** Facts a program can act on, e.g. `{lines: [{sku, requested, available}]}`. Never secrets or buyer data. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** A refusal with a stable code. `message` names the ids involved and the next step. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SluiceError";
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return errorCodes[this.code].status;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}

export const isSluiceError = (error: unknown): error is SluiceError => error instanceof SluiceError;

/** The sentence of any thrown thing, for logs and stored errors. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
