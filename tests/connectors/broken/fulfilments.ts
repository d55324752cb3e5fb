import { type Broken, withAccount, withEachOrder } from "../breaking.ts";
import { subject as good } from "../generic/subject.ts";

/** Sends a shipment under a new id each time, as a connector without idempotency does. */
const forgetfulShipper = () => {
  let pushes = 0;
  return withAccount(good, (account) => {
    const { fulfilments } = account;
    if (!fulfilments) return account;
    return {
      ...account,
      fulfilments: {
        push: (parcel, call) => {
          pushes += 1;
          return fulfilments.push({ ...parcel, shipmentId: `${parcel.shipmentId}-${pushes}` }, call);
        },
      },
    };
  });
};

/** What `checks/fulfilments.ts` must catch. */
export const brokenFulfilments: Broken = {
  "fulfilment-once": { "a new id at every push": forgetfulShipper },
  "fulfilment-doubt": { "a new id at every push": forgetfulShipper },
  "fulfilment-unknown": {
    "an unknown order is called shipped": () =>
      withAccount(good, (account) => ({
        ...account,
        fulfilments: { push: async () => ({ ok: true, value: { externalId: "S1" } }) },
      })),
  },
  "fulfilment-echo": {
    "no id that we know comes back": () =>
      withEachOrder(good, (order) => ({
        ...order,
        ...(order.shipments
          ? {
              shipments: order.shipments.map(({ reference: _lost, externalId, ...shipment }) => ({
                ...shipment,
                externalId: `${externalId}-of-theirs`,
              })),
            }
          : {}),
      })),
  },
};
