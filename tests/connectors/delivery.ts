import type { RawDelivery } from "../../src/connectors/contract.ts";

/** Parts of a delivery by name: a header, or with a leading question mark a parameter of the address. */
export function withPart(delivery: RawDelivery, name: string, value: string | undefined): RawDelivery {
  if (name.startsWith("?")) {
    const url = new URL(delivery.url);
    if (value === undefined) url.searchParams.delete(name.slice(1));
    else url.searchParams.set(name.slice(1), value);
    return { ...delivery, url: url.href };
  }
  const { [name]: _old, ...others } = delivery.headers;
  return { ...delivery, headers: value === undefined ? others : { ...others, [name]: value } };
}

export const partOf = (delivery: RawDelivery, name: string): string =>
  (name.startsWith("?") ? new URL(delivery.url).searchParams.get(name.slice(1)) : delivery.headers[name]) ??
  "";

/** The body alone. */
export const withoutParts = (delivery: RawDelivery): RawDelivery => {
  const { origin, pathname } = new URL(delivery.url);
  return { ...delivery, headers: {}, url: `${origin}${pathname}` };
};
