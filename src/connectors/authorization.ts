import type { Tokens } from "../core/model/tokens.ts";
import type { Call, Result } from "./contract.ts";

/** How access to an account is granted and renewed. Part of the contract. */

/** What came to the callback's address. */
export interface Grant {
  /** All its parameters, from the address or a JSON body, as text. Their own signature, if any, is the connector's to check. */
  parameters: Readonly<Record<string, string>>;
  /** The callback's address, as the platform was told. */
  redirectUrl: string;
}

export interface Authorization {
  /** Pure. Where a person grants access. Never holds a secret. There when the manifest says `grant`. */
  address?(request: { redirectUrl: string; state: string }): string;
  /** There when the manifest says `grant`. A grant that is forged, used or too old fails as `auth` or `invalid`. */
  exchange?(grant: Grant, call: Call): Promise<Result<Tokens>>;
  /**
   * There when the manifest says `refresh`. `tokens` is null where none were ever had (credentials of the application alone).
   * `auth` means that a person must grant access again; whatever may pass is another kind. The caller sees to it that nobody
   * else renews the same tokens meanwhile, so a refresh token that may be used once is used once.
   */
  refresh?(tokens: Tokens | null, call: Call): Promise<Result<Tokens>>;
  /** The secrets of this account hold a refresh token of their own: `refresh` gives tokens though nobody has granted access. */
  refreshesAlone?: true;
}
