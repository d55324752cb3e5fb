import { existsSync } from "node:fs";
import { expect } from "vitest";
import { failureOf, finish, openSession, successOf } from "../session.ts";
import type { Subject } from "../subject.ts";
import { always, type Check, isNetworked } from "./check.ts";

export const manifestChecks: Check[] = [
  {
    id: "manifest",
    title: "the manifest is complete and plausible",
    applies: always,
    run: manifestIsComplete,
  },
  {
    id: "fields",
    title: "every setting and secret is described, and no secret is a setting",
    applies: always,
    run: fieldsAreDescribed,
  },
  {
    id: "configuration",
    title: "the good configuration is accepted, and nonsense is refused",
    applies: always,
    run: configurationIsChecked,
  },
  {
    id: "truthful",
    title: "what is advertised is there, and nothing else",
    applies: always,
    run: capabilitiesAreTruthful,
  },
  { id: "check", title: "check() names the account", applies: always, run: checkNamesTheAccount },
  {
    id: "check-auth",
    title: "check() with wrong credentials says auth",
    applies: (subject) => isNetworked(subject) && subject.wrongSecrets !== undefined,
    run: checkSaysAuth,
  },
];

async function manifestIsComplete({ connector: { manifest } }: Subject): Promise<void> {
  expect(manifest.id).toMatch(/^[a-z][a-z0-9-]{1,30}$/);
  expect(manifest.name.trim()).not.toBe("");
  const isAddress = URL.canParse(manifest.docsUrl) && manifest.docsUrl.startsWith("https://");
  expect(
    isAddress || existsSync(manifest.docsUrl),
    `docsUrl ${manifest.docsUrl} is an address or a file of this project`,
  ).toBe(true);
  expect(manifest.docsReadAt).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
  expect(() => new Intl.DateTimeFormat("en", { timeZone: manifest.timeZone }), "timeZone").not.toThrow();
  const { ordersPerPage, stockWritesPerCall, callsPerSecond, burst } = manifest.limits;
  for (const limit of [ordersPerPage, stockWritesPerCall, callsPerSecond, burst])
    expect(limit).toBeGreaterThan(0);
  expect(manifest.pullOverlapMs).toBeGreaterThanOrEqual(0);
  expect(manifest.behaviour.clockSkewMs).toBeGreaterThanOrEqual(0);
  expect(new Set(manifest.capabilities.stockWrites).size).toBe(manifest.capabilities.stockWrites.length);
}

async function fieldsAreDescribed({ connector: { manifest } }: Subject): Promise<void> {
  const names = Object.keys(manifest.settings.shape);
  for (const name of manifest.accountSettings)
    expect(names, "settings that name the account").toContain(name);
  const settings = Object.entries(manifest.settings.shape);
  const secrets = Object.entries(manifest.secrets.shape);
  for (const [name, field] of [...settings, ...secrets]) {
    expect(descriptionOf(field), `${name} has a description`).toMatch(/\w/);
  }
  for (const [name] of settings) {
    expect(name, "a setting is shown to everybody").not.toMatch(
      /secret|password|token|credential|apikey|privatekey/i,
    );
    expect(secrets.map(([secret]) => secret)).not.toContain(name);
  }
}

const descriptionOf = (field: unknown): unknown =>
  typeof field === "object" && field !== null && "description" in field ? field.description : undefined;

async function configurationIsChecked({
  connector: { manifest },
  settings,
  secrets,
}: Subject): Promise<void> {
  expect(manifest.settings.safeParse(settings).success, "the good settings").toBe(true);
  expect(manifest.secrets.safeParse(secrets).success, "the good secrets").toBe(true);
  // Parsed values are what is stored and parsed again.
  expect(manifest.settings.parse(manifest.settings.parse(settings))).toEqual(
    manifest.settings.parse(settings),
  );
  for (const name of Object.keys(settings)) {
    expect(
      manifest.settings.safeParse({ ...settings, [name]: { no: ["sense"] } }).success,
      `${name} as nonsense`,
    ).toBe(false);
  }
  for (const name of Object.keys(secrets)) {
    expect(manifest.secrets.safeParse({ ...secrets, [name]: 42 }).success, `${name} as a number`).toBe(false);
  }
}

async function capabilitiesAreTruthful(subject: Subject): Promise<void> {
  const { capabilities } = subject.connector.manifest;
  const { account, profile } = await openSession(subject);
  expect({
    orders: account.orders !== undefined,
    webhooks: account.webhooks !== undefined,
    stock: account.stock !== undefined,
    stockRead: account.stock?.read !== undefined,
    fulfilments: account.fulfilments !== undefined,
    listings: account.listings !== undefined,
    rooms: account.rooms !== undefined,
  }).toEqual({
    orders: capabilities.orders,
    webhooks: capabilities.webhooks,
    stock: capabilities.stockWrites.length > 0 || capabilities.stockRead,
    stockRead: capabilities.stockRead,
    fulfilments: capabilities.fulfilments,
    listings: capabilities.listings,
    rooms: capabilities.rooms,
  });
  for (const kind of profile.stockWrites) expect(capabilities.stockWrites).toContain(kind);
}

async function checkNamesTheAccount(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const { account } = successOf(await finish(session.runtime, session.account.check(session.call())));
  expect(account.trim()).not.toBe("");
  expect(session.wire.calls(), "calls made by check(), which should be cheap").toBeLessThanOrEqual(2);
}

async function checkSaysAuth(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const stranger = session.reopen(subject.wrongSecrets);
  expect(failureOf(await finish(session.runtime, stranger.check(session.call()))).kind).toBe("auth");
}
