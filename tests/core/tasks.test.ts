import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { lastEventSeq, readEvents } from "../../src/core/events/log.ts";
import { closeTask, closeTasks, insertTasks, listTasks, raiseTask } from "../../src/core/tasks.ts";
import { memoryDatabase } from "../support/database.ts";
import { testMerchant } from "../support/merchant.ts";
import { testRuntime } from "../support/runtime.ts";

describe("tasks", () => {
  const runtime = testRuntime();
  let db: Database;
  let merchantId: string;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    merchantId = (await testMerchant(db, runtime)).id;
  });

  const unmapped = (subject: string) => ({
    kind: "unmapped_line",
    subject,
    message: `Map ${subject}.`,
    detail: { orderId: "o1" },
  });
  const listed = async (request: object = {}) =>
    (await listTasks(db, merchantId, { limit: 10, ...request })).items;

  it("is open once per kind and subject, with one event", async () => {
    expect(await raiseTask(db, runtime, merchantId, unmapped("SKU-9"))).toBe(true);
    expect(await raiseTask(db, runtime, merchantId, { ...unmapped("SKU-9"), message: "Again." })).toBe(false);
    const [task, ...others] = await listed();
    expect(others).toStrictEqual([]);
    expect(task).toStrictEqual({
      id: task?.id,
      ...unmapped("SKU-9"),
      status: "open",
      createdAt: "2026-11-22T08:00:00.000Z",
      closedAt: null,
    });
    expect(await readEvents(db, merchantId, 0, 10)).toMatchObject([
      {
        seq: 1,
        type: "task.raised",
        subject: task?.id,
        data: { taskId: task?.id, kind: "unmapped_line", subject: "SKU-9", message: "Map SKU-9." },
      },
    ]);
  });

  it("can be raised again after it was closed", async () => {
    await raiseTask(db, runtime, merchantId, unmapped("X"));
    await closeTasks(db, runtime, merchantId, [
      { kind: "unmapped_line", subject: "X" },
      { kind: "unmapped_line", subject: "never raised" },
    ]);
    expect(await listed({ status: "open" })).toStrictEqual([]);
    expect(await raiseTask(db, runtime, merchantId, unmapped("X"))).toBe(true);
    expect((await listed()).map((task) => task.status)).toStrictEqual(["open", "done"]);
    expect(await lastEventSeq(db, merchantId)).toBe(2);
  });

  it("is closed by a person, once", async () => {
    await raiseTask(db, runtime, merchantId, unmapped("X"));
    const [task] = await listed();
    const closed = await closeTask(db, runtime, merchantId, task?.id ?? "");
    expect(closed).toMatchObject({ status: "done", closedAt: "2026-11-22T08:00:00.000Z" });
    const later = testRuntime({ start: "2027-01-01T00:00:00.000Z" });
    expect(await closeTask(db, later, merchantId, task?.id ?? "")).toStrictEqual(closed);
    const other = (await testMerchant(db, runtime)).id;
    await expect(closeTask(db, runtime, other, task?.id ?? "")).rejects.toMatchObject({ code: "not_found" });
  });

  it("takes a set, with repeats in it, and answers the events of the new ones", async () => {
    await raiseTask(db, runtime, merchantId, unmapped("A"));
    const events = await insertTasks(db, runtime, merchantId, [
      unmapped("A"),
      unmapped("B"),
      unmapped("B"),
      unmapped("C"),
    ]);
    expect(events.map((event) => event.type === "task.raised" && event.data.subject)).toStrictEqual([
      "B",
      "C",
    ]);
    expect(await insertTasks(db, runtime, merchantId, [])).toStrictEqual([]);
    expect(await lastEventSeq(db, merchantId)).toBe(1);
  });

  it("is listed newest first, page after page, by status and kind", async () => {
    for (const subject of ["1", "2", "3"]) await raiseTask(db, runtime, merchantId, unmapped(subject));
    await raiseTask(db, runtime, merchantId, { kind: "shortfall", subject: "4", message: "Buy more." });
    await closeTasks(db, runtime, merchantId, [{ kind: "unmapped_line", subject: "2" }]);
    const subjects = async (request: object) => (await listed(request)).map((task) => task.subject);
    expect(await subjects({})).toStrictEqual(["4", "3", "2", "1"]);
    expect(await subjects({ status: "open" })).toStrictEqual(["4", "3", "1"]);
    expect(await subjects({ status: "open", kind: "unmapped_line" })).toStrictEqual(["3", "1"]);
    const first = await listTasks(db, merchantId, { limit: 3 });
    expect(await subjects({ cursor: first.nextCursor })).toStrictEqual(["1"]);
  });
});
