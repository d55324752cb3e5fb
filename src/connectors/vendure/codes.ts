import type { CodeTable } from "../toolkit/codes.ts";

/**
 * Codes of `errors[].extensions.code` (Vendure 3.7.3, `common/error`, and Apollo's own). FORBIDDEN is not here: it means both a dead
 * session and a missing permission, which `client.ts` tells apart. An error of the database has no code: `unknown`.
 */
export const errorKinds: CodeTable = {
  UNAUTHORIZED: "auth",
  ENTITY_NOT_FOUND: "not_found",
  USER_INPUT_ERROR: "invalid",
  ILLEGAL_OPERATION: "invalid",
  CHANNEL_NOT_FOUND: "invalid",
  BAD_USER_INPUT: "invalid",
  BAD_REQUEST: "invalid",
  GRAPHQL_PARSE_FAILED: "invalid",
  GRAPHQL_VALIDATION_FAILED: "unsupported",
  QUERY_TOO_COMPLEX: "invalid",
  INTERNAL_SERVER_ERROR: "unknown",
};

/** What to do, where the code alone does not say. */
export const hints: Readonly<Record<string, string>> = {
  CHANNEL_NOT_FOUND: ", there is no channel with the token in the settings",
  GRAPHQL_VALIDATION_FAILED:
    ", the server does not know what is asked for; Vendure 3 or later is needed, and a plugin may have changed its schema",
  QUERY_TOO_COMPLEX:
    ", a limit on the complexity of queries is set; lower ordersPerPage or raise the limit for the hub",
};

/** `errorCode` of the error types that stand in place of a fulfilment. */
export const fulfilmentErrorKinds: CodeTable = {
  EMPTY_ORDER_LINE_SELECTION_ERROR: "invalid",
  ITEMS_ALREADY_FULFILLED_ERROR: "invalid",
  INSUFFICIENT_STOCK_ON_HAND_ERROR: "conflict",
  INVALID_FULFILLMENT_HANDLER_ERROR: "invalid",
  CREATE_FULFILLMENT_ERROR: "invalid",
  FULFILLMENT_STATE_TRANSITION_ERROR: "invalid",
};

export const fulfilmentHints: Readonly<Record<string, string>> = {
  ITEMS_ALREADY_FULFILLED_ERROR:
    "; units of it were packed in Vendure by hand in another combination, or cancelled there",
  INSUFFICIENT_STOCK_ON_HAND_ERROR: "; Vendure has fewer units on hand than the parcel holds",
  INVALID_FULFILLMENT_HANDLER_ERROR:
    "; put the code of the server's fulfilment handler into fulfillmentHandler of the settings",
  CREATE_FULFILLMENT_ERROR: "; its fulfilment handler refused",
  FULFILLMENT_STATE_TRANSITION_ERROR: "; its fulfilment process does not let a packed parcel become shipped",
};
