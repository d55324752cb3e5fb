import { type Broken, withAccount } from "../breaking.ts";
import { subject as good } from "../generic/subject.ts";

/** What `checks/listings.ts` must catch. */
export const brokenListings: Broken = {
  listings: {
    "only the first page": () =>
      withAccount(good, (account) => {
        const { listings } = account;
        if (!listings) return account;
        return {
          ...account,
          listings: {
            async pull(request, call) {
              const page = await listings.pull(request, call);
              return page.ok ? { ok: true, value: { ...page.value, more: false } } : page;
            },
          },
        };
      }),
    "the first page for ever": () =>
      withAccount(good, (account) => {
        const { listings } = account;
        return listings
          ? { ...account, listings: { pull: (_request, call) => listings.pull({ cursor: null }, call) } }
          : account;
      }),
  },
};
