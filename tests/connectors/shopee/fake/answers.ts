import { HttpResponse } from "msw";

export const host = "https://partner.shopeemobile.com";

/** Refusals come with status 200, most of them. */
export const refuse = (error: string, message = "", status = 200) =>
  HttpResponse.json({ error, message, request_id: "d1demo" }, { status });
export const good = (response: unknown) =>
  HttpResponse.json({ error: "", message: "", request_id: "d1demo", response });
