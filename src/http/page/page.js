import { drawAllocations } from "./allocations.js";
import { byId, clock } from "./draw.js";
import { drawFigures } from "./figures.js";
import { KeyRefused, openHub } from "./hub.js";
import { drawLive } from "./live.js";
import {
  drawBooks,
  drawFirst,
  drawMishap,
  drawOrders,
  drawPushes,
  drawShops,
  drawStock,
  drawTasks,
} from "./panels.js";
import { currentLanguage, switchLanguage, text } from "./texts.js";

/** The page: asks for a key, then shows the hub anew after every round of questions. */

const demoKey = document.querySelector('meta[name="sluice-key"]').content;
const storedKey = "sluice-key";
const restMs = demoKey ? 1000 : 2000;

let key = demoKey || sessionStorage.getItem(storedKey);
let newest = null;
let turn = 0;

/** Figures that shops confirmed, newest first, as far as this page has seen them. */
let pushes = [];
let publishedAt = null;
const shownPushes = 10;

/** Since when each listing shows another figure than it should. */
const behindSince = new Map();

function notePushes({ listings }) {
  const known = publishedAt;
  publishedAt = new Map(listings.map((listing) => [listing.id, listing.publishedAt]));
  if (known === null) return;
  const fresh = listings
    .filter((one) => one.publishedQuantity !== null && one.publishedAt !== (known.get(one.id) ?? null))
    .map((one) => ({
      at: one.publishedAt,
      connection: one.connection,
      sku: one.sku,
      quantity: one.publishedQuantity,
    }))
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  pushes = [...fresh, ...pushes].slice(0, shownPushes);
}

/** A listing is behind while the confirmed figure is not what our stock allows it to show. */
function noteBehind({ listings, stock, states, allocations, at }) {
  // Split units follow another rule: see their own card.
  const split = new Set(
    allocations
      .filter(({ state }) => state !== "shared")
      .flatMap((one) => one.listings.map(({ listing }) => listing)),
  );
  const active = new Set(
    states.filter(({ status }) => status === "active").map(({ connection }) => connection),
  );
  const available = new Map();
  for (const level of stock) available.set(level.sku, (available.get(level.sku) ?? 0) + level.available);
  for (const { id, connection, sku, unitsPer, buffer, cap, publishedQuantity } of listings) {
    if (split.has(id)) continue;
    const units = available.get(sku);
    const whole = Math.floor(((units ?? 0) - buffer) / unitsPer);
    const target = Math.max(0, cap === null ? whole : Math.min(cap, whole));
    const isBehind = units !== undefined && active.has(connection) && publishedQuantity !== target;
    if (!isBehind) behindSince.delete(id);
    else if (!behindSince.has(id)) behindSince.set(id, at);
  }
  const oldest = Math.min(...behindSince.values());
  return { count: behindSince.size, seconds: behindSince.size === 0 ? 0 : (at - oldest) / 1000 };
}

let behind = { count: 0, seconds: 0 };

function draw() {
  document.documentElement.lang = currentLanguage() === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-text]"))
    element.textContent = text(element.dataset.text);
  byId("language").textContent = text("otherLanguage");
  byId("leave").hidden = !key || Boolean(demoKey);
  byId("door").hidden = Boolean(key);
  byId("hub").hidden = !newest;
  byId("merchant").textContent = newest ? merchantLine() : "";
  if (!newest) return;
  drawFirst(newest);
  drawFigures(newest, behind);
  drawMishap(newest);
  drawLive(newest);
  drawStock(newest);
  drawOrders(newest);
  drawPushes(newest, pushes);
  drawShops(newest);
  drawAllocations(newest);
  drawTasks(newest);
  drawBooks(newest);
}

const merchantLine = () =>
  demoKey ? text("demo") : newest.merchant ? `${newest.merchant.name} (${newest.merchant.code})` : "";

function tellPulse(isLost) {
  const pulse = byId("pulse");
  pulse.className = isLost ? "lost" : "";
  pulse.textContent = isLost ? text("lost") : newest ? text("live", { time: clock(newest.at) }) : "";
  pulse.hidden = !key;
}

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Goes on until another turn begins: a page that was left and entered again has one loop, not two. */
async function follow() {
  turn += 1;
  const mine = turn;
  const snapshot = openHub(key, Boolean(demoKey));
  while (mine === turn) {
    const seen = await snapshot().catch((error) => (error instanceof KeyRefused ? "refused" : "lost"));
    if (mine !== turn) return;
    if (seen === "refused") return leave(text("refused"));
    if (seen !== "lost") {
      newest = seen;
      notePushes(seen);
      behind = noteBehind(seen);
      draw();
    }
    tellPulse(seen === "lost");
    await rest(restMs);
  }
}

function leave(reason = "") {
  turn += 1;
  key = null;
  newest = null;
  pushes = [];
  publishedAt = null;
  behindSince.clear();
  sessionStorage.removeItem(storedKey);
  draw();
  tellPulse(false);
  byId("refusal").textContent = reason;
  byId("key").focus();
}

byId("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = byId("key");
  key = field.value.trim();
  field.value = "";
  byId("refusal").textContent = "";
  sessionStorage.setItem(storedKey, key);
  draw();
  void follow();
});
byId("leave").addEventListener("click", () => leave());
byId("language").addEventListener("click", () => {
  switchLanguage();
  draw();
  tellPulse(false);
});

draw();
tellPulse(false);
if (key) void follow();
