import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { registry } from "../../src/connectors/registry.ts";
import { conformance } from "./conformance.ts";
import { subject as reference } from "./reference/subject.ts";
import type { Subject } from "./subject.ts";

/** Each platform's subject stands in `tests/connectors/<id>/subject.ts` and is found by its id: no second list. */
const subjects = await Promise.all(
  [...registry.keys()].map(async (id) => {
    const path = new URL(`./${id}/subject.ts`, import.meta.url);
    if (!existsSync(path)) return { id, subject: null };
    const module = (await import(path.href)) as { subject: Subject };
    return { id, subject: module.subject };
  }),
);

describe("registry", () => {
  it.each(subjects)("$id has a subject for the conformance suite", ({ id, subject }) => {
    expect(subject?.connector).toBe(registry.get(id));
  });
});

for (const { subject } of subjects) if (subject) conformance(subject);

// Stands for what no registered connector may need: grants, probes, encoded bodies, answers of their own.
conformance(reference);
