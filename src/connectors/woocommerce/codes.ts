import type { CodeTable } from "../toolkit/codes.ts";

/** WooCommerce's error codes. It knows no carriers: their names are written as they are. */
export const errorKinds: CodeTable = {
  woocommerce_rest_authentication_error: "auth",
  woocommerce_rest_cannot_view: "auth",
  woocommerce_rest_cannot_edit: "auth",
  woocommerce_rest_cannot_create: "auth",
  woocommerce_rest_cannot_batch: "auth",
  rest_forbidden: "auth",
  rest_no_route: "invalid",
  rest_invalid_param: "invalid",
  // An unknown id on a change is 400, not 404.
  woocommerce_rest_invalid_id: "not_found",
  woocommerce_rest_product_invalid_id: "not_found",
  woocommerce_rest_product_variation_invalid_id: "not_found",
  woocommerce_rest_shop_order_invalid_id: "not_found",
  woocommerce_rest_order_invalid_id: "not_found",
  woocommerce_rest_already_trashed: "invalid",
  woocommerce_rest_trash_not_supported: "unsupported",
};

/** What a code means for a person. */
export const hints: Readonly<Record<string, string>> = {
  woocommerce_rest_authentication_error:
    ", the keys are wrong or may only read; make a key with the right read/write and enter consumerKey and consumerSecret",
  woocommerce_rest_cannot_view: ", the keys are wrong, or their user may not see this",
  rest_no_route:
    ", there is no WooCommerce at this address, or plain permalinks are on (WordPress: Settings, Permalinks)",
};
