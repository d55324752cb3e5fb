/**
 * The promises of the hub as statements that find what breaks them. A check passes when its statement, given
 * the merchant as $1, finds no row.
 */
export interface Check {
  name: string;
  /** What is promised, for people. */
  promise: string;
  /** What to do when it is broken. */
  advice: string;
  text: string;
}
