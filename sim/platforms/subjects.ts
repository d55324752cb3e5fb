import type { Subject } from "../../tests/connectors/subject.ts";

/** The subjects of the conformance suite by their connectors' ids, as given on the command line: `a,b,c`. */
export const loadSubjects = (ids: string): Promise<Subject[]> =>
  Promise.all(
    ids.split(",").map(async (id) => {
      const { subject } = (await import(`../../tests/connectors/${id}/subject.ts`)) as { subject: Subject };
      return subject;
    }),
  );
