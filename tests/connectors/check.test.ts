import { describe, expect, it } from "vitest";
import type { Result } from "../../src/connectors/contract.ts";
import { registry } from "../../src/connectors/registry.ts";
import { finish, openSession, type Session } from "./session.ts";
import type { Subject } from "./subject.ts";
import { connectionError } from "./wire.ts";

/** What testing a connection says of each thing that can be wrong: the field, and what to do. Missing permissions are in each connector's own tests. */

const subjects = await Promise.all(
  [...registry.keys()].map(
    async (id) => ((await import(`./${id}/subject.ts`)) as { subject: Subject }).subject,
  ),
);
const networked = subjects.filter(({ networked }) => networked !== false);

const told = (result: Result<unknown>): string => (result.ok ? "well" : `${result.kind}: ${result.message}`);

const checked = async (session: Session, account = session.account): Promise<string> =>
  told(await finish(session.runtime, account.check(session.call())));

/** Where tokens still hold, wrong credentials show when the next are asked for; without renewing, what was entered is all there is. */
async function checkedWith(subject: Subject, change: Partial<Subject>): Promise<string> {
  const session = await openSession({ ...subject, ...change });
  const first = await checked(session);
  const { platform, runtime } = session;
  const authorization = session.authorization();
  if (first !== "well" || authorization === undefined) return first;
  if (authorization.refresh !== undefined) {
    const tokens = platform.authorization?.tokens() ?? null;
    return told(await finish(runtime, authorization.refresh(tokens, session.call())));
  }
  const start: Subject["start"] = async (runtime) => {
    const { authorization: _nobodyGrants, ...bare } = await subject.start(runtime);
    return bare;
  };
  return checked(await openSession({ ...subject, ...change, start }));
}

describe.each(networked.map((subject) => [subject.connector.manifest.id, subject] as const))(
  "testing a connection of %s",
  (_id, subject) => {
    const { settings, wrongSecrets } = subject;
    const words = subject.checkSays ?? { secret: /^never$/ };

    it("is told by its subject", () =>
      expect(
        subject.checkSays,
        "checkSays in subject.ts: what check() says of each thing that can be wrong",
      ).toBeDefined());

    it("with nothing wrong is well", async () =>
      expect(await checked(await openSession(subject))).toBe("well"));

    it.each([
      ["ENOTFOUND", "there is no such host"],
      ["ECONNREFUSED", "it takes no connections"],
      ["CERT_HAS_EXPIRED", "its certificate is not good"],
    ])("names a host that is not reached: %s", async (code, why) => {
      const session = await openSession(subject);
      session.wire.fault(() => Promise.reject(connectionError(code)));
      const message = await checked(session);
      expect(message).toMatch(/^unavailable: .* could not be reached/);
      expect(message).toContain(`(${code}, ${why}); check `);
      expect(message).toContain(
        words.address ? `${words.address} in the settings` : "the network of the hub",
      );
    });

    // What a platform does not have cannot be wrong there.
    const wrongSettings = [
      { title: "names a key of no application", wrong: words.key },
      { title: "names another shop or place", wrong: words.shop },
    ].flatMap(({ title, wrong }) => (wrong ? [[title, ...wrong] as const] : []));
    for (const [title, change, expected] of wrongSettings)
      it(title, async () =>
        expect(await checkedWith(subject, { settings: { ...settings, ...change } })).toMatch(expected),
      );

    if (wrongSecrets)
      it("names a wrong secret", async () =>
        expect(await checkedWith(subject, { secrets: wrongSecrets })).toMatch(words.secret));

    const { revoked } = words;
    if (revoked)
      it("names access that was taken back", async () => {
        const session = await openSession(subject);
        session.platform.authorization?.revoke();
        expect(await checked(session)).toMatch(revoked);
      });
  },
);
