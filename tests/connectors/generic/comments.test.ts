import { describe, expect, it } from "vitest";
import type { Interpretation } from "../../../src/connectors/contract.ts";
import { generic } from "../../../src/connectors/generic/index.ts";
import { liveCommentSchema } from "../../../src/core/model/comment.ts";
import { testRuntime } from "../../support/runtime.ts";
import { webhookSecret } from "./subject.ts";

function interpret(type: string, data: unknown): Interpretation {
  const { webhooks } = generic.open({
    settings: { baseUrl: "https://shop.example" },
    secrets: { webhookSecret },
    ...testRuntime(),
  });
  const body = new TextEncoder().encode(JSON.stringify({ type, timestamp: "2026-11-22T08:21:00Z", data }));
  return webhooks?.interpret(type, body) ?? { kind: "ignore", reason: "no webhooks" };
}

const wire = {
  externalId: "555000111_777000222",
  room: "555000111",
  viewer: { externalId: "7890011223344", name: "Ana Demo" },
  hostExternalId: "1784001122",
  text: "Sold １０１ M x2 🌹",
  sentAt: "2026-11-22T08:20:59Z",
};

const comment = {
  externalId: "555000111_777000222",
  room: "555000111",
  viewer: { externalId: "7890011223344", name: "Ana Demo" },
  text: "Sold １０１ M x2 🌹",
  sentAt: "2026-11-22T08:20:59.000Z",
};

const only = (meaning: Interpretation) => {
  if (meaning.kind !== "comments" || meaning.comments.length !== 1)
    throw new Error(`not one comment: ${JSON.stringify(meaning)}`);
  return meaning.comments[0];
};

describe("comments in deliveries", () => {
  it("come as they were written", () => {
    expect(interpret("comment.created", wire)).toEqual({ kind: "comments", comments: [comment] });
    expect(liveCommentSchema.parse(only(interpret("comment.created", wire)))).toEqual(comment);
  });

  it("edits and removals say so; a removal needs no text", () => {
    expect(only(interpret("comment.edited", wire))).toEqual({ ...comment, change: "edited" });
    const { text: _none, ...textless } = wire;
    expect(only(interpret("comment.removed", textless))).toEqual({ ...comment, text: "", change: "removed" });
  });

  it.each([
    ["seconds", 1_795_335_659],
    ["milliseconds", 1_795_335_659_000],
    ["an offset without colon", "2026-11-22T08:20:59+0000"],
    ["another offset without colon", "2026-11-22T16:20:59+0800"],
    ["an offset with colon", "2026-11-22T16:20:59+08:00"],
  ])("a time in %s", (_, sentAt) => {
    expect(only(interpret("comment.created", { ...wire, sentAt }))?.sentAt).toBe("2026-11-22T08:20:59.000Z");
  });

  it.each([
    ["an hour without zone", "2026-11-22T08:20:59"],
    ["words", "just now"],
    ["a fraction", 1_795_335_659.5],
    ["nothing", null],
    ["a far future", 10 ** 16 - 1],
  ])("%s is no time: the delivery is kept aside", (_, sentAt) => {
    expect(interpret("comment.created", { ...wire, sentAt }).kind).toBe("unusable");
  });

  it.each([[undefined], [null]])("viewer %j: nobody is named, and nobody is guessed", (viewer) => {
    const { viewer: _gone, ...anonymous } = comment;
    expect(only(interpret("comment.created", { ...wire, viewer }))).toEqual(anonymous);
  });

  it("a viewer without a name keeps the id", () => {
    const viewer = { externalId: "7" };
    expect(only(interpret("comment.created", { ...wire, viewer }))?.viewer).toEqual(viewer);
  });

  it("the page's own comments are the host's", () => {
    const viewer = { externalId: "1784001122", name: "Page" };
    expect(only(interpret("comment.created", { ...wire, viewer }))?.byHost).toBe(true);
    expect(only(interpret("comment.created", { ...wire, byHost: true }))?.byHost).toBe(true);
    expect(only(interpret("comment.created", { ...wire, viewer: null }))?.byHost).toBeUndefined();
  });

  it("a list comes in its order, and one bad comment keeps all of it aside, naming no content", () => {
    const list = [wire, { ...wire, externalId: "2" }, { ...wire, externalId: "3" }];
    const meaning = interpret("comment.created", list);
    expect(meaning.kind === "comments" ? meaning.comments.map(({ externalId }) => externalId) : []).toEqual([
      "555000111_777000222",
      "2",
      "3",
    ]);
    const bad = interpret("comment.created", [wire, { ...wire, room: "" }]);
    expect(bad.kind).toBe("unusable");
    expect(JSON.stringify(bad)).not.toContain("Ana");
  });

  it.each([
    ["no text", { ...wire, text: undefined }],
    ["no id", { ...wire, externalId: "" }],
    ["a number for an id", { ...wire, externalId: 7 }],
    ["an empty list", []],
    ["no object", "Sold 101"],
  ])("%s: kept aside", (_, data) => {
    expect(interpret("comment.created", data).kind).toBe("unusable");
  });

  it("a text too long is cut, not refused", () => {
    expect(only(interpret("comment.created", { ...wire, text: "x".repeat(5_000) }))?.text).toHaveLength(
      2_000,
    );
  });

  it("other types about comments are ignored", () => {
    expect(interpret("comment.liked", wire).kind).toBe("ignore");
  });
});
