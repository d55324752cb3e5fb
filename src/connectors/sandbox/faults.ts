import { z } from "zod";

const probability = z.number().min(0).max(1).describe("Probability, 0 never to 1 always");

/** Everything that can be made to go wrong, and may be changed while the shop runs. All off at first. */
export const faultsSchema = z.object({
  duplicateWebhooks: probability.describe("A delivery is sent twice"),
  reorderWebhooks: probability.describe("A delivery waits up to two seconds, so that later ones overtake it"),
  dropWebhooks: probability.describe("A delivery is never sent"),
  delayWebhooksMs: z.int().min(0).max(86_400_000).describe("The longest random delay of a delivery"),
  forgedWebhooks: probability.describe(
    "Beside a delivery, one with a made-up order and a wrong signature is sent",
  ),
  rateLimit: probability.describe("A call is answered 429"),
  retryAfterSeconds: z
    .number()
    .min(0)
    .max(3600)
    .nullable()
    .describe("Retry-After of those answers; null leaves it out"),
  serverError: probability.describe("A call is answered with `serverErrorStatus` before anything is done"),
  serverErrorStatus: z.int().min(500).max(599),
  writeAppliedButTimedOut: probability.describe("A write takes effect, but its answer does not come"),
  hangMs: z.int().min(1).max(86_400_000).describe("How long such an answer is kept back; 504 follows"),
  writeAnsweredButNotApplied: probability.describe("A write is answered as done, but does nothing"),
  shiftingPages: z
    .boolean()
    .describe("Page cursors count orders, and an order changes after every page that has a next one"),
  clockSkewMs: z.int().min(-86_400_000).max(86_400_000).describe("How far the shop's clock is ahead"),
});
export type Faults = z.infer<typeof faultsSchema>;

export const noFaults = (): Faults => ({
  duplicateWebhooks: 0,
  reorderWebhooks: 0,
  dropWebhooks: 0,
  delayWebhooksMs: 0,
  forgedWebhooks: 0,
  rateLimit: 0,
  retryAfterSeconds: null,
  serverError: 0,
  serverErrorStatus: 503,
  writeAppliedButTimedOut: 0,
  hangMs: 120_000,
  writeAnsweredButNotApplied: 0,
  shiftingPages: false,
  clockSkewMs: 0,
});
