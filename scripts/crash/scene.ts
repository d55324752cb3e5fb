import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type HubProcess, runCli, startHub } from "./hub-process.ts";
import { type Journal, newJournal, type Operation, plan, type Shop, seeded, send } from "./load.ts";

/** One hub over one database, its callers and what they were promised. */

const opening = 1_000_000;
const skus = ["HOT", "WARM", "COOL", "红色-M", "0017"];
const callers = 16;
/** Looks, four a second, until the inbox must be worked off; a dead process keeps its claim on deliveries for a minute. */
const settleTries = 600;

export interface Scene {
  kills: number;
  operations(): number;
  /** Runs callers for a random while, breaks things in the middle of it, then checks that nothing acknowledged is missing or there twice. */
  round(breakIt: (scene: SceneHub) => Promise<void>): Promise<void>;
  /** Stops the hub, runs the doctor, and compares every single hold and order. */
  finish(): Promise<void>;
}

export interface SceneHub {
  killHub(): Promise<void>;
}

export interface SceneOptions {
  env: Record<string, string>;
  port: number;
  seed: number;
  /** Longest time between the start of the load and the break. */
  longestMs?: number;
}

export async function openScene(options: SceneOptions): Promise<Scene> {
  const random = seeded(options.seed);
  const journal = newJournal();
  let hub: HubProcess = await startHub(options);
  const shop = await setUp(
    options,
    async () => {
      await hub.stop();
      return runCli(["keys", "create", "--role", "owner", "--name", "crash"], options.env);
    },
    async () => {
      hub = await startHub(options);
      return hub.baseUrl;
    },
  );
  const killHub = async () => {
    await hub.kill();
    hub = await startHub(options);
  };
  const scene: Scene = {
    kills: 0,
    operations: () => journal.operations.length,
    async round(breakIt) {
      const stop = new AbortController();
      const load = Promise.all(
        Array.from({ length: callers }, () => keepCalling(hub.baseUrl, shop, journal, random, stop.signal)),
      );
      await sleep(50 + random() * (options.longestMs ?? 900));
      const broken = breakIt({ killHub });
      await sleep(random() * 100);
      stop.abort();
      await Promise.all([load, broken]);
      scene.kills += 1;
      await repeatUnacknowledged(hub.baseUrl, shop, journal);
      await figuresAgree(hub.baseUrl, shop, journal);
    },
    async finish() {
      await everythingSettles(hub.baseUrl, shop, journal);
      await everythingIsThere(hub.baseUrl, shop, journal);
      const code = await hub.stop();
      if (code !== 0) throw new Error(`The hub stopped with code ${code}:\n${hub.output()}`);
      const doctor = await runCli(["doctor", "--json"], options.env);
      if (doctor.code !== 0)
        throw new Error(`doctor found broken promises:\n${doctor.stdout}${doctor.stderr}`);
    },
  };
  return scene;
}

async function setUp(
  options: SceneOptions,
  makeKey: () => Promise<{ code: number; stdout: string; stderr: string }>,
  restart: () => Promise<string>,
): Promise<Shop> {
  const made = await makeKey();
  const key = made.stdout.trim();
  if (made.code !== 0 || key === "") throw new Error(`keys create failed: ${made.stderr}`);
  const baseUrl = await restart();
  const webhookSecret = `whsec_${Buffer.from(`crash test secret ${options.seed}`.padEnd(32, "x")).toString("base64")}`;
  for (const code of skus) await call(baseUrl, key, "POST", "/v1/skus", { code, name: code });
  const lines = skus.map((sku) => ({ sku, delta: opening, unitCostMinor: 500, reason: "opening" }));
  await call(baseUrl, key, "POST", "/v1/stock/adjustments", { reference: "opening", lines });
  const connection = await call(baseUrl, key, "POST", "/v1/connections", {
    connector: "generic",
    name: "crash shop",
    settings: { baseUrl: "http://127.0.0.1:9" },
    secrets: { webhookSecret },
  });
  return { key, connectionId: z.object({ id: z.string() }).parse(connection).id, webhookSecret, skus };
}

async function call(
  baseUrl: string,
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

async function keepCalling(
  baseUrl: string,
  shop: Shop,
  journal: Journal,
  random: () => number,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const operation = plan(journal, shop, random);
    const answered = await send(baseUrl, shop, operation);
    // Half of the callers that got no answer ask again at once, as real ones do.
    if (!answered && random() < 0.5) await send(baseUrl, shop, operation);
    if (!answered) await sleep(20);
  }
}

async function repeatUnacknowledged(baseUrl: string, shop: Shop, journal: Journal): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const open = journal.operations.filter((operation) => operation.acknowledged === false);
    if (open.length === 0) return;
    const reserveFirst = open.filter(
      (operation) => operation.kind !== "release" || operation.of.acknowledged !== false,
    );
    const answers = await Promise.all(reserveFirst.map((operation) => send(baseUrl, shop, operation)));
    if (answers.includes(false)) await sleep(100);
  }
  throw new Error("Operations were still not acknowledged 20 seconds after the restart.");
}

/**
 * Stock as it must be when every operation took effect exactly once. `pending`: units of webhooks, which are acknowledged
 * when stored and applied afterwards, by another process only once the dead one's claim on them has run out.
 */
function expectedStock(journal: Journal, sku: string): { onHand: number; reserved: number; pending: number } {
  let onHand = opening;
  let reserved = 0;
  let pending = 0;
  for (const operation of journal.operations) {
    if (operation.kind === "release") {
      if (operation.of.sku === sku) reserved -= operation.of.quantity;
    } else if (operation.sku !== sku) continue;
    else if (operation.kind === "adjust") onHand += operation.delta;
    else if (operation.kind === "webhook") pending += operation.quantity;
    else reserved += operation.quantity;
  }
  return { onHand, reserved, pending };
}

const stockPage = z.object({
  items: z.array(z.object({ sku: z.string(), onHand: z.number(), reserved: z.number() })),
});

/** What the figures of the hub are short of or beyond; empty when they agree. `settled`: every webhook must be applied too. */
async function differences(baseUrl: string, shop: Shop, journal: Journal, settled: boolean): Promise<string> {
  const { items } = stockPage.parse(await call(baseUrl, shop.key, "GET", "/v1/stock?limit=100"));
  return shop.skus
    .flatMap((sku) => {
      const { onHand, reserved, pending } = expectedStock(journal, sku);
      const found = items.find((item) => item.sku === sku);
      const lowest = settled ? reserved + pending : reserved;
      const agrees =
        found?.onHand === onHand && found.reserved >= lowest && found.reserved <= reserved + pending;
      return agrees
        ? []
        : [
            `${sku}: expected ${JSON.stringify({ onHand, reserved, pending })}, found ${JSON.stringify(found)}`,
          ];
    })
    .join("; ");
}

async function figuresAgree(baseUrl: string, shop: Shop, journal: Journal): Promise<void> {
  const found = await differences(baseUrl, shop, journal, false);
  if (found !== "") throw new Error(`After the restart the figures do not agree: ${found}`);
}

async function everythingSettles(baseUrl: string, shop: Shop, journal: Journal): Promise<void> {
  let found = "";
  for (let tries = 0; tries < settleTries; tries += 1) {
    found = await differences(baseUrl, shop, journal, true);
    if (found === "") return;
    await sleep(250);
  }
  throw new Error(`The inbox was not worked off ${settleTries / 4} seconds after the last restart: ${found}`);
}

const orderPage = z.object({
  items: z.array(z.object({ externalId: z.string() })),
  nextCursor: z.string().nullable(),
});

/** Every acknowledged hold has its units, every acknowledged order is there exactly once. */
async function everythingIsThere(baseUrl: string, shop: Shop, journal: Journal): Promise<void> {
  const counts = new Map<string, number>();
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: z.infer<typeof orderPage> = orderPage.parse(
      await call(baseUrl, shop.key, "GET", `/v1/orders?limit=100${query}`),
    );
    for (const order of page.items) counts.set(order.externalId, (counts.get(order.externalId) ?? 0) + 1);
    cursor = page.nextCursor;
  } while (cursor !== null);
  for (const operation of journal.operations) await oneIsThere(baseUrl, shop, journal, counts, operation);
}

const hold = z.object({
  status: z.string(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.number() })),
});

async function oneIsThere(
  baseUrl: string,
  shop: Shop,
  journal: Journal,
  orders: Map<string, number>,
  operation: Operation,
): Promise<void> {
  if (operation.kind === "order" || operation.kind === "webhook") {
    if (orders.get(operation.id) !== 1)
      throw new Error(`Order ${operation.id} is there ${orders.get(operation.id) ?? 0} times.`);
  }
  if (operation.kind !== "reserve" || operation.acknowledged === false) return;
  const found = hold.parse(
    await call(baseUrl, shop.key, "GET", `/v1/reservations/${operation.acknowledged.holdId}`),
  );
  const wasReleased = journal.operations.some((other) => other.kind === "release" && other.of === operation);
  const line = found.lines[0];
  const right =
    found.status === (wasReleased ? "released" : "held") &&
    line?.sku === operation.sku &&
    line.quantity === operation.quantity;
  if (!right)
    throw new Error(
      `Reservation ${operation.id} should be ${wasReleased ? "released" : "held"}, found ${JSON.stringify(found)}.`,
    );
}
