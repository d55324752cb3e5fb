import { HttpResponse } from "msw";

/** Everything is answered 200. */
export const refuse = (code: string, detail?: unknown) =>
  HttpResponse.json({
    type: "ISV",
    code,
    message: "refused",
    request_id: "0ba2",
    ...(detail ? { detail } : {}),
  });
export const good = (fields: object) => HttpResponse.json({ code: "0", request_id: "0ba2", ...fields });
