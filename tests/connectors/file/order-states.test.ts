import { describe, expect, it } from "vitest";
import { csv, openFiles, options } from "./support.ts";

const files = openFiles();
const header = "order id,sku,quantity,unit price,order date";
const read = (lines: string[], given: Parameters<typeof options>[0] = {}) =>
  files.orders(csv(...lines), options(given));
const snapshotOf = async (...lines: string[]) => (await read(lines)).steps[0]?.snapshot;

const placedAt = "2026-11-21T16:00:00.000Z";
const asOf = "2026-11-23T08:00:00.000Z";

describe("rows of one SKU in one order", () => {
  const rows = [
    "1,TEA,2,10,2026-11-22,1.00,0.30,1",
    "1,CUP,1,5,2026-11-22,,,",
    "1,TEA,1,10,2026-11-22,,0.10,1",
    "1,TEA,1,8,2026-11-22,,,",
  ];
  const head = `${header},line discount,line tax,quantity shipped`;

  it("are one line whose amount, discount, tax and shipped units are their sums", async () => {
    const snapshot = await snapshotOf(head, ...rows);
    expect(snapshot?.lines).toEqual([
      { externalLineId: "CUP", sku: "CUP", quantity: 1, unitPriceMinor: 500 },
      // Two units less of the highest price, and the discount of the first row.
      {
        externalLineId: "TEA",
        sku: "TEA",
        quantity: 4,
        unitPriceMinor: 1000,
        discountMinor: 300,
        taxMinor: 40,
      },
    ]);
    expect(snapshot?.totalMinor).toBe(4200);
    expect(snapshot?.shipments?.[0]?.lines).toEqual([{ externalLineId: "TEA", quantity: 2 }]);
  });

  it("are the same snapshot in any order", async () => {
    const first = await snapshotOf(head, ...rows);
    for (let turned = 1; turned < rows.length; turned += 1) {
      const turnedRows = [...rows.slice(turned), ...rows.slice(0, turned)];
      expect(await snapshotOf(head, ...turnedRows)).toEqual(first);
    }
  });

  it("stay apart where the file gives them ids, in the order of their numbers", async () => {
    const snapshot = await snapshotOf(
      `${header},line id`,
      "1,TEA,1,10,2026-11-22,10",
      "1,TEA,1,10,2026-11-22,2",
    );
    expect(snapshot?.lines.map(({ externalLineId }) => externalLineId)).toEqual(["2", "10"]);
  });

  it("are rejected where one has an id that is the code of another", async () => {
    const file = await read([`${header},line id`, "1,TEA,1,10,2026-11-22,", "1,CUP,1,5,2026-11-22,TEA"]);
    expect(file.rejected.map(({ reason }) => reason)).toEqual([
      "the line id TEA comes twice",
      "the line id TEA comes twice",
    ]);
  });

  it("are rejected when their sum is too large to be exact", async () => {
    const file = await read([
      header,
      "1,TEA,1,90071992547409.91,2026-11-22",
      "1,TEA,1,90071992547409.91,2026-11-22",
    ]);
    expect(file.rejected.map(({ reason }) => reason)).toEqual([
      "its amounts are too large to be exact",
      "its amounts are too large to be exact",
    ]);
  });
});

describe("what an order has shipped and given back", () => {
  const head = `${header},status,quantity shipped,shipped at,refunded amount,refunded at`;

  it("is one parcel and one refund that grow under the same ids", async () => {
    const first = await snapshotOf(head, "1,TEA,3,10,2026-11-22,partial,1,,10.00,");
    const second = await snapshotOf(head, "1,TEA,3,10,2026-11-22,partial,2,2026-11-23,25.00,2026-11-23");
    expect([first?.shipments, first?.refunds]).toEqual([
      [{ externalId: "1/1", shippedAt: placedAt, lines: [{ externalLineId: "TEA", quantity: 1 }] }],
      [{ externalId: "1/refund", refundedAt: asOf, amountMinor: 1000 }],
    ]);
    const day2 = "2026-11-22T16:00:00.000Z";
    expect([second?.shipments, second?.refunds]).toEqual([
      [{ externalId: "1/1", shippedAt: day2, lines: [{ externalLineId: "TEA", quantity: 2 }] }],
      [{ externalId: "1/refund", refundedAt: day2, amountMinor: 2500 }],
    ]);
  });

  it("is every unit of a shipped order, named where the file counts shipped units", async () => {
    const snapshot = await snapshotOf(
      head,
      "1,TEA,3,10,2026-11-22,shipped,3,,,",
      "1,CUP,1,5,2026-11-22,shipped,,,,",
    );
    expect(snapshot?.shipments?.[0]?.lines).toEqual([
      { externalLineId: "CUP", quantity: 1 },
      { externalLineId: "TEA", quantity: 3 },
    ]);
    const uncounted = await snapshotOf(head, "1,TEA,3,10,2026-11-22,shipped,,,,");
    expect(uncounted?.shipments).toEqual([{ externalId: "1/1", shippedAt: placedAt }]);
  });

  it("is none where the file says so, and unknown where it says nothing", async () => {
    const none = await snapshotOf(head, "1,TEA,3,10,2026-11-22,partial,0,,0.00,");
    expect([none?.shipments, none?.refunds]).toEqual([
      [{ externalId: "1/1", shippedAt: placedAt, lines: [] }],
      [],
    ]);
    const unknown = await snapshotOf(head, "1,TEA,3,10,2026-11-22,partial,,,,");
    expect([unknown?.shipments, unknown?.refunds]).toEqual([undefined, undefined]);
  });

  it("is looked at by a person where the status says more than a figure", async () => {
    const file = await read([
      head,
      "1,TEA,3,10,2026-11-22,completed,2,,,",
      "2,TEA,3,10,2026-11-22,cancelled,,,10.00,",
      "3,TEA,3,10,2026-11-22,cancelled,,,0.00,",
      "4,TEA,3,10,2026-11-22,cancelled,,,30.00,",
      "5,TEA,3,10,2026-11-22,cancelled,1,,20.00,",
    ]);
    expect(file.rejected).toEqual([]);
    expect(file.warnings).toEqual([
      {
        line: 2,
        message:
          "order 1 is completed, but 2 of 3 of line TEA are counted as shipped; all of them count as shipped",
      },
      {
        line: 3,
        message:
          "order 2 is cancelled with 10.00 CNY of 30.00 CNY refunded; a cancelled order owes nothing, so all that was paid counts as given back",
      },
    ]);
  });

  it.each([
    ["10.00", "10.00 CNY of 40.00 CNY"],
    ["0", "0.00 CNY of 40.00 CNY"],
    ["50.00", "50.00 CNY of 40.00 CNY"],
  ])("rejects a refunded order that gave %s of 40.00 back", async (amount, shown) => {
    const file = await read([
      head,
      `1,TEA,2,10,2026-11-22,refunded,,,${amount},`,
      "1,CUP,1,20,2026-11-22,refunded,,,,",
      "2,TEA,1,10,2026-11-22,refunded,,,10.00,",
      "3,TEA,1,10,2026-11-22,refunded,,,,",
    ]);
    const reason = `its status is refunded, but its refunded amount is ${shown}; correct the amount, or give it the status it has besides the refund, such as completed`;
    expect(file.rejected.map((row) => [row.line, row.reason])).toEqual([
      [2, reason],
      [3, reason],
    ]);
    expect(
      file.steps.map(({ snapshot }) => [snapshot?.externalId, snapshot?.refunds?.[0]?.amountMinor]),
    ).toEqual([
      ["2", 1000],
      ["3", 1000],
    ]);
  });
});

describe("the time of an order's state", () => {
  it("is that of its last change, else that of the file", async () => {
    const file = await read([
      `${header},updated at,paid at,refunded at`,
      "1,TEA,1,10,2026-11-22,2026-11-22 12:00:00,,",
      "2,TEA,1,10,2026-11-22,,2026-11-22 13:00:00,2026-11-22 14:00:00",
    ]);
    expect(file.steps.map(({ snapshot, isUndated }) => [snapshot?.updatedAt, isUndated])).toEqual([
      ["2026-11-22T04:00:00.000Z", undefined],
      [asOf, true],
    ]);
  });
});
