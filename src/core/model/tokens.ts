import { z } from "zod";
import { instantSchema } from "./primitives.ts";

const token = z.string().min(1).max(8000);

/** What a platform gives for a grant. The hub keeps it sealed beside the secrets and shows none of it. */
export const tokensSchema = z.object({
  accessToken: token,
  accessExpiresAt: instantSchema.optional().describe("Left out when it does not expire"),
  refreshToken: token.optional(),
  refreshExpiresAt: instantSchema.optional().describe("From then on a person must grant access again"),
  extra: z
    .record(z.string().max(100), z.string().max(8000))
    .optional()
    .describe("What else came along and calls need: a shop id, a second half of the key"),
});

export type Tokens = z.infer<typeof tokensSchema>;
