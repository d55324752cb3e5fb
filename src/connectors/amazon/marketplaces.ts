/**
 * Amazon's marketplaces: id, region of the API and its own currency (developer-docs.amazon.com/sp-api, marketplace-ids, read
 * 2026-11-22), and where a seller grants access (seller-central-urls). Easy to change: a row is all there is to a marketplace.
 */
export type Region = "na" | "eu" | "fe";

export interface Marketplace {
  region: Region;
  currency: string;
  /** Host of Seller Central. */
  sellerCentral: string;
}

const at = (region: Region, currency: string, sellerCentral: string): Marketplace => ({
  region,
  currency,
  sellerCentral,
});

const europe = "sellercentral-europe.amazon.com";

export const marketplaces: Readonly<Record<string, Marketplace>> = {
  ATVPDKIKX0DER: at("na", "USD", "sellercentral.amazon.com"),
  A2EUQ1WTGCTBG2: at("na", "CAD", "sellercentral.amazon.ca"),
  A1AM78C64UM0Y8: at("na", "MXN", "sellercentral.amazon.com.mx"),
  A2Q3Y263D00KWC: at("na", "BRL", "sellercentral.amazon.com.br"),
  A1F83G8C2ARO7P: at("eu", "GBP", europe),
  A1PA6795UKMFR9: at("eu", "EUR", europe),
  A13V1IB3VIYZZH: at("eu", "EUR", europe),
  APJ6JRA9NG5V4: at("eu", "EUR", europe),
  A1RKKUPIHCS9HS: at("eu", "EUR", europe),
  A28R8C7NBKEWEA: at("eu", "EUR", "sellercentral.amazon.ie"),
  AMEN7PMS3EDWL: at("eu", "EUR", "sellercentral.amazon.com.be"),
  A1805IZSGTT6HS: at("eu", "EUR", "sellercentral.amazon.nl"),
  A2NODRKZP88ZB9: at("eu", "SEK", "sellercentral.amazon.se"),
  A1C3SOZRARQ6R3: at("eu", "PLN", "sellercentral.amazon.pl"),
  A33AVAJ2PDY3EV: at("eu", "TRY", "sellercentral.amazon.com.tr"),
  A2VIGQ35RCS4UG: at("eu", "AED", "sellercentral.amazon.ae"),
  A17E79C6D8DWNP: at("eu", "SAR", "sellercentral.amazon.sa"),
  ARBP9OOSHTCHU: at("eu", "EGP", "sellercentral.amazon.eg"),
  A21TJRUUN4KGV: at("eu", "INR", "sellercentral.amazon.in"),
  AE08WJ6YKNBMC: at("eu", "ZAR", "sellercentral.amazon.co.za"),
  A1VC38T7YXB528: at("fe", "JPY", "sellercentral.amazon.co.jp"),
  A39IBJ37TRP1C6: at("fe", "AUD", "sellercentral.amazon.com.au"),
  A19VAU5U5O7RUS: at("fe", "SGD", "sellercentral.amazon.sg"),
};

/** Own entries only: an id named "constructor" is none. */
export const marketplaceOf = (id: string): Marketplace | undefined =>
  Object.hasOwn(marketplaces, id) ? marketplaces[id] : undefined;
