import { HttpResponse } from "msw";

export const host = "https://open-api.tiktokglobalshop.com";
export const tokenHost = "https://auth.tiktok-shops.com";

const request_id = "20261122080112DEMO";

export const good = (data: unknown = {}) =>
  HttpResponse.json({ code: 0, message: "Success", request_id, data });
/** Many refusals come with status 200. */
export const refuse = (code: number, message = "", status = 200) =>
  HttpResponse.json({ code, message, request_id }, { status });
